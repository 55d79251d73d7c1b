"""Dominant colours and the perceptual hash."""

import io

from PIL import Image

from imgai.prepare.palette import dominant_colours
from imgai.prepare.perceptual import perceptual_hash
from tests import pictures


def distance(one: Image.Image, other: Image.Image) -> int:
    """Return the Hamming distance of two images' perceptual hashes."""
    hashes = [int(perceptual_hash(image), 16) for image in (one, other)]
    return (hashes[0] ^ hashes[1]).bit_count()


def test_colours_come_largest_first_with_their_shares() -> None:
    """Half red, a third white, a sixth blue."""
    image = Image.new("RGB", (300, 200), (200, 20, 30))
    image.paste("white", (150, 0, 250, 200))
    image.paste((32, 92, 212), (250, 0, 300, 200))
    found = dominant_colours(image)
    assert [swatch.name for swatch in found] == ["red", "white", "blue"]
    assert [round(swatch.share, 2) for swatch in found] == [0.5, 0.33, 0.17]


def test_shares_never_sum_to_more_than_the_picture() -> None:
    """At most six, each named once, in falling order."""
    for shift in range(5):
        found = dominant_colours(pictures.scene(shift=shift))
        shares = [swatch.share for swatch in found]
        assert 1 <= len(found) <= 6
        assert sum(shares) <= 1
        assert shares == sorted(shares, reverse=True)
        assert len({swatch.name for swatch in found}) == len(found)


def test_a_single_pixel_has_one_colour() -> None:
    """The smallest picture there is."""
    (swatch,) = dominant_colours(Image.new("RGB", (1, 1), (250, 142, 12)))
    assert (swatch.hex, swatch.name, swatch.share) == ("#fa8e0c", "orange", 1.0)


def test_near_duplicates_keep_most_bits_and_other_pictures_do_not() -> None:
    """Another format, size, quality or a small crop: at most 10 of 64 bits."""
    scene = pictures.scene()
    poor = Image.open(io.BytesIO(pictures.encoded(scene, quality=20)))
    versions = [
        poor.convert("RGB"),
        scene.resize((120, 80)),
        scene.resize((960, 640)),
        scene.crop((8, 5, 472, 315)),
        scene.point([min(255, value + 12) for value in range(256)] * 3),
    ]
    assert max(distance(scene, version) for version in versions) <= 10
    others = [pictures.scene(shift=shift) for shift in range(1, 6)]
    assert min(distance(scene, other) for other in others) > 10


def test_the_hash_is_sixteen_digits_even_of_a_plain_wall() -> None:
    """Leading zeros are kept, so that the column sorts and compares as text."""
    for colour in ("black", "white", (12, 200, 7)):
        digits = perceptual_hash(Image.new("RGB", (40, 30), colour))
        assert len(digits) == 16
        assert int(digits, 16) >= 0
