"""Ranking by meaning: examples added and subtracted, floors of relevance."""

import sqlite3
from dataclasses import replace
from datetime import date
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.matches import Example, Search, SearchMode
from imgai.domain.predictions import Task, Vector, VectorSpace
from imgai.domain.relevance import NO_FLOOR, Calibration, Floor
from imgai.models.profiles import living
from imgai.search.find import find_known
from imgai.search.meaning import blend, rank_by_meaning
from imgai.search.relevance import FLOORS, floor_of
from imgai.store.floors import keep_calibration
from imgai.store.vectors import keep_query, known_spaces
from tests.search.library import NOW, SPACE, Said, add, unit

LOCAL = VectorSpace("all-MiniLM-L6-v2", "conse", 8)


def example(*values: float, weight: float = 1.0, space: VectorSpace = SPACE) -> Example:
    return Example("pool.jpg", weight, {space: unit(*values)})


def names(connection: sqlite3.Connection, search: Search) -> list[str]:
    """Return the names of what is found, best first."""
    found = find_known(connection, search)
    assert found is not None
    return [one.uri.removeprefix("file:///") for one in found.matches]


@pytest.fixture
def shores(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a database of a beach, a crowd, and a crowded beach."""
    add(connection, "file:///beach", Said([], "sand", unit(1.0, 0.1)))
    add(connection, "file:///both", Said([], "sand", unit(1.0, 1.0)))
    add(connection, "file:///crowd", Said([], "people", unit(0.1, 1.0)))
    return connection


def test_what_is_like_an_example_is_found(shores: sqlite3.Connection) -> None:
    """And what is unlike another one comes first."""
    liked = Search("", examples=(example(1.0, 0.8),))
    both = replace(liked, examples=(*liked.examples, example(0.0, 1.0, weight=-0.8)))

    assert names(shores, liked) == ["both", "beach", "crowd"]
    assert names(shores, both) == ["beach", "both", "crowd"]


def test_an_example_is_not_found_itself(shores: sqlite3.Connection) -> None:
    """Whoever names it knows it."""
    own = replace(example(1.0, 0.1), picture_id=1)

    assert names(shores, Search("", limit=2, examples=(own,))) == ["both", "crowd"]


def test_words_and_examples_are_added(shores: sqlite3.Connection) -> None:
    """Words weigh 1; both rankings, by words and by meaning, are fused."""
    ((_, space_id),) = known_spaces(shores).items()
    keep_query(shores, "sand", space_id, unit(1.0), neurons=0, asked_at=NOW)
    search = Search("sand", SearchMode.SEMANTIC, examples=(example(0.0, 1.0),))

    assert names(shores, search)[0] == "both"
    hybrid = names(shores, replace(search, mode=SearchMode.HYBRID))
    assert (set(hybrid[:2]), hybrid[2]) == ({"beach", "both"}, "crowd")


def test_a_space_that_an_example_is_not_in_is_left_out_and_named(
    shores: sqlite3.Connection,
) -> None:
    """Vectors of two models are never compared."""
    search = Search("", examples=(example(1.0, space=LOCAL),))

    found = find_known(shores, search)

    assert found is not None
    assert found.matches == ()
    assert "pool.jpg" in found.notes[0]
    assert SPACE.model in found.notes[0]


def test_a_space_that_the_words_are_not_in_is_left_out(
    shores: sqlite3.Connection,
) -> None:
    """Its model could not be asked: the example alone is not what is looked for."""
    ((_, space_id),) = known_spaces(shores).items()
    add(shores, "file:///else", Said([], "a tree", unit(1.0), LOCAL))
    both = Example("pool.jpg", 1.0, {SPACE: unit(1.0), LOCAL: unit(1.0)})
    search = Search("sand", SearchMode.SEMANTIC, 10, -1.0, examples=(both,))

    found = rank_by_meaning(shores, search, {space_id: unit(1.0)}, 10, None)

    assert found.rankings == [[1, 2, 3]]


def test_of_two_spaces_the_greater_similarity_is_told(
    connection: sqlite3.Connection,
) -> None:
    """And each has a ranking of its own."""
    other = VectorSpace("other", "cls", 8)
    add(connection, "file:///a", Said([], None, unit(1.0)), picture_hash="p")
    add(connection, "file:///a", Said([], None, unit(0.6, 0.8), other), (), "p")
    aims = dict.fromkeys(known_spaces(connection).values(), unit(1.0))
    search = Search("bird", SearchMode.SEMANTIC, min_similarity=0.5)

    found = rank_by_meaning(connection, search, aims, 10, None)

    assert found.rankings == [[1], [1]]
    assert found.similarities == {1: pytest.approx(1.0)}


def test_what_cancels_out_is_said(shores: sqlite3.Connection) -> None:
    """Nothing is left to look for."""
    search = Search("", examples=(example(1.0), example(1.0, weight=-1.0)))

    found = find_known(shores, search)

    assert found is not None
    assert (found.matches, len(found.notes)) == ((), 1)


PARTS = st.lists(
    st.tuples(st.floats(-2, 2), st.lists(st.floats(-1, 1), min_size=3, max_size=3)),
    min_size=1,
    max_size=4,
).map(lambda parts: [(w, unit(*v, dims=3)) for w, v in parts if any(v)])


@given(PARTS.filter(bool))
def test_a_blend_points_somewhere_or_is_nothing(
    parts: list[tuple[float, Vector]],
) -> None:
    """Its length is 1, so similarities stay in -1 to 1."""
    blended = blend(parts)

    assert blended is None or hypot(*blended) == pytest.approx(1, abs=1e-5)


def test_models_have_a_floor_or_none_until_they_are_measured(
    connection: sqlite3.Connection,
) -> None:
    """The local one was, on photos; the first hosted one has a guess until then."""
    assert set(FLOORS) == {LOCAL.model, living(Task.EMBEDDING, date.max)[0].model}
    assert floor_of(connection, LOCAL, 1).least > 0
    assert floor_of(connection, VectorSpace("unheard of", "cls", 3), 2) == NO_FLOOR


@pytest.mark.parametrize(
    ("query", "mode", "least", "wanted"),
    [
        ("boat", SearchMode.HYBRID, None, ["near"]),
        ("boat", SearchMode.HYBRID, -1.0, ["near", "word", "far"]),
        ("boat people", SearchMode.HYBRID, None, ["near", "word"]),
        ("boat people", SearchMode.SEMANTIC, None, ["near"]),
        ("nothing", SearchMode.HYBRID, None, []),
    ],
)
def test_what_is_not_similar_enough_is_not_found(
    connection: sqlite3.Connection,
    query: str,
    mode: SearchMode,
    least: float | None,
    wanted: list[str],
) -> None:
    """A word that a model said of a picture is reason enough; a floor can be moved."""
    for name, words, vector in (
        ("near", "a ship", unit(1.0, 0.3)),
        ("word", "people", unit(0.5, 1.0)),
        ("far", "a tree", unit(0.0, 1.0)),
    ):
        add(connection, f"file:///{name}", Said([], words, vector, LOCAL))
    ((_, space_id),) = known_spaces(connection).items()
    for asked, vector in (
        ("boat", unit(1.0)),
        ("boat people", unit(1.0)),
        ("nothing", unit(0.0, 0.0, 1.0)),
    ):
        keep_query(connection, asked, space_id, vector, neurons=0, asked_at=NOW)

    assert names(connection, Search(query, mode, 20, least)) == wanted


def test_far_below_a_clear_best_is_not_found(connection: sqlite3.Connection) -> None:
    """Where there is a bird, what is only a little like a bird is not one."""
    add(connection, "file:///bird", Said([], None, unit(1.0), LOCAL))
    add(connection, "file:///plane", Said([], None, unit(0.6, 0.8), LOCAL))
    ((_, space_id),) = known_spaces(connection).items()
    search = Search("bird", SearchMode.SEMANTIC)

    found = rank_by_meaning(connection, search, {space_id: unit(1.0)}, 10, None)

    assert found.rankings == [[1]]


def test_what_was_measured_of_a_model_goes_before_what_is_known_of_it(
    connection: sqlite3.Connection,
) -> None:
    """Also when it says that the model tells nothing apart."""
    add(connection, "file:///near", Said([], None, unit(1.0), LOCAL))
    add(connection, "file:///far", Said([], None, unit(0.5, 1.0), LOCAL))
    ((_, space_id),) = known_spaces(connection).items()
    search = Search("bird", SearchMode.SEMANTIC)

    def found() -> list[int]:
        aims = {space_id: unit(1.0)}
        (ranking,) = rank_by_meaning(connection, search, aims, 10, None).rankings
        return list(ranking)

    assert found() == [1]
    keep_calibration(connection, space_id, Calibration(Floor(0.4), 0.5, 0.5), NOW)
    assert found() == [1, 2]
    keep_calibration(connection, space_id, Calibration(Floor(0.9), 0.5, 0.5), NOW)
    assert found() == [1]
    keep_calibration(connection, space_id, Calibration(NO_FLOOR, 0.01, 1.0), NOW)
    assert found() == [1, 2]


def test_what_is_like_nothing_of_an_example_is_not_found(
    connection: sqlite3.Connection,
) -> None:
    """By what two pictures of one subject have; with words nobody has measured it."""
    add(connection, "file:///near", Said([], None, unit(1.0, 0.2), LOCAL))
    add(connection, "file:///far", Said([], None, unit(0.2, 1.0), LOCAL))
    ((_, space_id),) = known_spaces(connection).items()
    keep_query(connection, "sea", space_id, unit(1.0), neurons=0, asked_at=NOW)
    liked = Search("", examples=(example(1.0, space=LOCAL),))
    unlike = replace(liked, examples=(example(0.0, 1.0, space=LOCAL, weight=-1.0),))

    assert names(connection, liked) == ["near"]
    assert names(connection, replace(liked, min_similarity=-1.0)) == ["near", "far"]
    assert names(connection, replace(liked, query="sea")) == ["near", "far"]
    assert names(connection, unlike) == ["near", "far"]
