"""A model's floor, chosen by searches that were judged by hand."""

import random
from array import array
from collections.abc import Sequence
from itertools import product
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.predictions import Vector
from imgai.domain.relevance import NO_FLOOR, Floor
from imgai.errors import BadAnswer, ModelUnavailable
from imgai.models.base import EmbeddedText
from imgai.models.gathered import MOST_TEXTS
from imgai.search.calibration import (
    ask_calibration,
    calibrate,
    choose_floor,
    judged_texts,
    tally,
)
from tests.search.searching import Embedder
from tests.stubs.word_vectors import text_vector

JUDGED = judged_texts()


def unit(values: Sequence[float]) -> Vector:
    length = hypot(*values)
    return array("f", [value / length for value in values])


class BagOfWords(Embedder):
    """An embedder to which texts are alike that share words."""

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        assert 1 <= len(texts) <= MOST_TEXTS
        await super().embed(texts, picture_hashes)
        vectors = [unit(text_vector(text, "cls")) for text in texts]
        return [EmbeddedText(one, self.space) for one in vectors]


class Speechless(Embedder):
    """An embedder that makes nothing of anything."""

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        await super().embed(texts, picture_hashes)
        return [EmbeddedText(None, self.space) for _ in texts]


def test_half_of_the_searches_are_for_what_is_not_there() -> None:
    """Else a floor that lets everything pass would look good."""
    assert len(JUDGED.pictures) > 150
    assert len(JUDGED.searches) == len(JUDGED.meant) > 200
    assert 0.4 < sum(not one for one in JUDGED.meant) / len(JUDGED.meant) < 0.6
    assert max(max(one, default=0) for one in JUDGED.meant) < len(JUDGED.pictures)


@pytest.mark.anyio
async def test_a_model_is_asked_about_each_text_once() -> None:
    """Pictures and searches alike, and it tells them apart by their words."""
    embedder = BagOfWords({})

    measured = await ask_calibration(embedder)

    assert embedder.asked == [*JUDGED.pictures, *JUDGED.searches]
    assert 0.1 < measured.floor.least < 0.5
    assert -1 < measured.floor.between_pictures < 0.5
    assert measured.precision > 0.3
    assert 0.1 < measured.recall < 0.5  # cats are no kittens to it


@pytest.mark.anyio
async def test_a_model_that_does_not_answer_is_not_measured() -> None:
    """Whoever asked hears why."""
    with pytest.raises(ModelUnavailable):
        await ask_calibration(Embedder({}, error=ModelUnavailable("down")))
    with pytest.raises(BadAnswer):
        await ask_calibration(Speechless({}))


def test_a_model_that_tells_nothing_apart_has_no_floor() -> None:
    """Any would leave out at random."""
    chance = random.Random(7)  # noqa: S311  no secret

    def vectors(count: int) -> list[Vector]:
        return [unit([chance.gauss() for _ in range(64)]) for _ in range(count)]

    pictures = vectors(len(JUDGED.pictures))
    searches = vectors(len(JUDGED.searches))

    measured = calibrate(pictures, searches, JUDGED.meant)

    assert measured.floor == NO_FLOOR
    # Every search finds every picture.
    pairs = len(pictures) * len(searches)
    assert measured.precision == sum(map(len, JUDGED.meant)) / pairs
    assert measured.recall == 1.0


def test_pictures_that_one_search_means_are_of_one_subject() -> None:
    """Their similarity is 0.8; the next two pictures have 0.6, and are not."""
    pictures = [unit([1, 0]), unit([0.8, 0.6]), unit([0, 1])]
    searches = [unit([1, 0.3]), unit([0, 1])]

    measured = calibrate(pictures, searches, [frozenset({1, 0}), frozenset({2})])

    assert 0.6 <= measured.floor.between_pictures <= 0.8


def test_the_local_text_model_comes_out_as_it_was_measured() -> None:
    """The figures of `imgai.search.relevance`, by the real model."""
    pytest.importorskip("onnxruntime", reason="only imgai[local] brings it")
    from imgai.models.local.text_encoder import TextEncoder  # noqa: PLC0415

    rows = TextEncoder().encode([*JUDGED.pictures, *JUDGED.searches])
    vectors = [array("f", map(float, row)) for row in rows]
    count = len(JUDGED.pictures)

    measured = calibrate(vectors[:count], vectors[count:], JUDGED.meant)

    assert measured.floor.least == pytest.approx(0.36, abs=0.02)
    assert measured.precision == pytest.approx(0.54, abs=0.03)
    assert measured.recall == pytest.approx(0.52, abs=0.03)


@given(
    st.integers(1, 5).flatmap(
        lambda columns: st.lists(
            st.tuples(
                st.lists(st.floats(-1, 1), min_size=columns, max_size=columns),
                st.frozensets(st.integers(0, columns - 1)),
            ),
            min_size=1,
            max_size=5,
        )
    )
)
def test_no_other_floor_finds_better(
    searches: list[tuple[list[float], frozenset[int]]],
) -> None:
    """Of all that are tried, counted one by one."""
    # Where a similarity lies on a step itself, either side of it may be meant.
    rows = [[round(one, 3) + 0.0005 for one in row] for row, _ in searches]
    meant = [columns for _, columns in searches]
    every = product(range(101), (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 2.0))

    chosen = tally(rows, meant, choose_floor(rows, meant)).f1

    best = max(tally(rows, meant, Floor(step / 100, wide)).f1 for step, wide in every)
    assert chosen == pytest.approx(best)


def test_precision_and_recall_count_pairs() -> None:
    """Of a search and a picture; a search that finds nothing counts for neither."""
    rows = [[0.9, 0.4, 0.1], [0.2, 0.7, 0.6], [0.5, 0.3, 0.1]]
    meant = [frozenset({0}), frozenset({1}), frozenset[int]()]

    found = tally(rows, meant, Floor(0.6))
    nothing = tally(rows, meant, Floor(0.95))

    assert (found.found, found.meant, found.both) == (3, 2, 2)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == 1.0
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 0.0, 0.0)
