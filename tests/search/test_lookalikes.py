"""Pictures compared by the thousand, and when two are one photo."""

import io
import random
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imgai.domain.colours import Lab
from imgai.domain.images import Picture
from imgai.domain.resemblance import (
    Sketch,
    hamming_distance,
    is_sure,
    may_be_cropped,
    sketch,
)
from imgai.prepare.copy import make_copy
from imgai.prepare.identity import dissect
from imgai.search.lookalikes import at_most, lookalikes
from imgai.store.codes import plane_of, positions, tally
from tests.commands.running import PHOTOS
from tests.pictures import encoded

BASES = st.sampled_from([0, 2**64 - 1, 0x0F0F0F0F0F0F0F0F])
BITS = st.builds(
    lambda base, flipped: base ^ sum(1 << bit for bit in flipped),
    BASES,
    st.sets(st.integers(0, 63), max_size=14),
)
PROPORTIONS = st.one_of(
    st.sampled_from([0.75, 4 / 3, 1.5, 1.15, 1 / 1.15]), st.floats(0.01, 100)
)


def rows(colours: st.SearchStrategy[Lab]) -> st.SearchStrategy[list[Sketch]]:
    """Return a strategy of libraries whose pictures have such colours."""
    row = st.tuples(BITS, colours, PROPORTIONS)
    return st.lists(row, max_size=40).map(
        lambda rows: [Sketch(number, *row) for number, row in enumerate(rows)]
    )


FAR_AND_WIDE = rows(
    st.builds(Lab, st.floats(0, 60), st.floats(-20, 20), st.floats(-20, 20))
)
CROWDED = rows(st.builds(Lab, st.floats(10, 24), st.just(4.0), st.floats(-9, 0)))

Pairs = list[tuple[int, int]]


def one_photo(sketches: Sequence[Sketch]) -> Pairs:
    """Return what is found by comparing each with each."""
    return sorted(
        (one.picture_id, two.picture_id)
        for one, two in combinations(sketches, 2)
        if is_sure(one, two) or may_be_cropped(one, two)
    )


def found(sketches: Sequence[Sketch]) -> Pairs:
    pairs = ((one.picture_id, two.picture_id) for one, two in lookalikes(sketches))
    return sorted((min(pair), max(pair)) for pair in pairs)


@given(st.one_of(FAR_AND_WIDE, CROWDED))
def test_no_pair_is_missed_and_none_comes_twice(sketches: list[Sketch]) -> None:
    """It finds what comparing each with each finds: alone in a cell, or in a crowd."""
    assert found(sketches) == one_photo(sketches)


def test_a_library_is_compared_as_if_each_with_each() -> None:
    """Of many pictures, some versions of others, with colours as photos have them."""
    rng = random.Random(7)  # noqa: S311  not secret
    sketches: list[Sketch] = []
    for number in range(1200):
        bits = rng.getrandbits(64)
        mean = Lab(rng.gauss(50, 10), rng.gauss(2, 4), rng.gauss(6, 5))
        if number % 3 == 0 and sketches:
            original = rng.choice(sketches)
            turned = rng.sample(range(64), rng.randrange(28))
            bits = original.bits ^ sum(1 << bit for bit in turned)
            mean = original.mean._replace(a=original.mean.a + rng.gauss(0, 3))
        sketches.append(Sketch(number, bits, mean, rng.choice([0.75, 4 / 3, 1.5])))

    pairs = found(sketches)

    assert len(pairs) > 100
    assert pairs == one_photo(sketches)


@given(
    st.lists(st.sets(st.integers(0, 15)), min_size=1, max_size=40), st.integers(0, 70)
)
def test_counts_are_told_from_larger_ones(planes: list[set[int]], most: int) -> None:
    """As if each position were counted by itself."""
    counts = tally(plane_of(plane, 16) for plane in planes)

    few = positions(at_most(counts, most, (1 << 16) - 1))

    assert few == [
        position
        for position in range(16)
        if sum(position in plane for plane in planes) <= most
    ]


def seen(image: Image.Image, quality: int = 75) -> Sketch:
    """Return what imgai compares an image by, once it is saved as a JPEG."""
    content = encoded(image.convert("RGB"), quality=quality)
    picture: Picture = make_copy(content, dissect(content), "p1-", 384).picture
    return sketch(
        1,
        picture.perceptual_hash,
        (picture.width_px, picture.height_px),
        picture.colours,
    )


def photos() -> dict[str, Image.Image]:
    """Return the example photos, small enough to be quick."""
    shown: dict[str, Image.Image] = {}
    for path in sorted(PHOTOS.iterdir()):
        if path.suffix != ".md":
            image = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
            image.thumbnail((640, 640))
            shown[path.name] = image
    return shown


def scaled(image: Image.Image, share: float) -> Image.Image:
    size = round(image.width * share), round(image.height * share)
    return image.resize(size, Image.Resampling.BICUBIC)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Cut a share of both sides away, around the middle."""
    across, down = image.width * share / 2, image.height * share / 2
    right, bottom = image.width - across, image.height - down
    return image.crop((round(across), round(down), round(right), round(bottom)))


def test_versions_of_a_photo_are_one_photo() -> None:
    """Every quality and size; and a small crop, which nothing else confirms here."""
    for name, image in photos().items():
        original = seen(image, quality=92)
        for quality in (30, 50, 75, 95):
            assert is_sure(original, seen(image, quality=quality)), (name, quality)
        for share in (0.25, 0.5, 2.0):
            assert is_sure(original, seen(scaled(image, share))), (name, share)
        assert may_be_cropped(original, seen(cropped(image, 0.02))), name


def test_most_crops_by_a_twentieth_may_be_one_photo() -> None:
    """Their embeddings decide; what is lost already at the hash is one in twenty."""
    pairs = [(seen(image), seen(cropped(image, 0.05))) for image in photos().values()]

    assert sum(may_be_cropped(*pair) for pair in pairs) >= len(pairs) - 1


def test_different_pictures_are_not_one_photo() -> None:
    """Quarters of the same photos among them: one scene, the same light."""
    pictures = []
    for image in photos().values():
        pictures.append(seen(image))
        for left, top in ((0, 0), (1, 0), (0, 1), (1, 1)):
            half = image.width // 2, image.height // 2
            box = left * half[0], top * half[1]
            quarter = image.crop((*box, box[0] + half[0], box[1] + half[1]))
            pictures.append(seen(quarter))

    taken_for_one = [
        hamming_distance(one.bits, two.bits)
        for place, one in enumerate(pictures)
        for two in pictures[place + 1 :]
        if is_sure(one, two)
    ]

    assert taken_for_one == []


@pytest.mark.parametrize("other", [(0, 0, 255), (255, 255, 255)])
def test_plain_pictures_of_two_colours_are_two(other: tuple[int, int, int]) -> None:
    """A perceptual hash knows no colour: all plain pictures have one."""
    red = seen(Image.new("RGB", (60, 40), (255, 0, 0)))

    assert is_sure(red, seen(Image.new("RGB", (600, 400), (255, 0, 0))))
    assert not is_sure(red, seen(Image.new("RGB", (60, 40), other)))
