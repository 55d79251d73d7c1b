"""Vectors: what is kept, what is nearest, and that the codes are only ever a hint."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imgai.domain.predictions import Backend, Vector, VectorSpace
from imgai.store import codes, vectors
from imgai.store import nearest as sifting
from imgai.store.connection import open_for_writing
from imgai.store.images import mark_gone
from imgai.store.nearest import nearest
from imgai.store.retirement import retire_space
from imgai.store.vectors import (
    delete_vectors,
    keep_query,
    known_query,
    known_spaces,
    put_vector,
    rebuild_codes,
    space_id,
)
from tests.search.library import NOW, SPACE, Said, add, unit

WIDE = VectorSpace("wide", "mean", 160)
LOCAL = VectorSpace("local", "conse", 8)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database, in a transaction that is never committed."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few hundred vectors fill many blocks."""
    monkeypatch.setattr(vectors, "FEWEST_FOR_CODES", 40)
    for module in (vectors, sifting):
        monkeypatch.setattr(module, "BLOCK_SLOTS", 64)
    monkeypatch.setattr(sifting, "_FEWEST_COMPARED", 60)
    monkeypatch.setattr(sifting, "_FEW", 10)


def some_vectors(count: int) -> list[Vector]:
    """Return vectors in a few clusters off the centre: always the same."""
    rng = random.Random(1)  # noqa: S311  not secret
    centres = [[rng.gauss(0.3, 1) for _ in range(WIDE.dims)] for _ in range(8)]
    return [
        unit(*(value + rng.gauss(0, 0.7) for value in rng.choice(centres)), dims=0)
        for _ in range(count)
    ]


def fill(connection: sqlite3.Connection, count: int) -> dict[int, Vector]:
    """Add pictures with vectors; return the vectors by picture."""
    return {
        add(connection, f"file:///{n}.jpg", Said(vector=vector, space=WIDE)): vector
        for n, vector in enumerate(some_vectors(count))
    }


def exact(query: Vector, among: dict[int, Vector], limit: int) -> list[int]:
    by_similarity = sorted(among, key=lambda one: -codes.similarity(query, among[one]))
    return by_similarity[:limit]


def ids(ranked: list[tuple[int, float]]) -> list[int]:
    return [picture_id for picture_id, _ in ranked]


def test_the_nearest_come_first_with_their_similarity(
    connection: sqlite3.Connection,
) -> None:
    """Similarity is the cosine: 1 for the same direction, −1 for the opposite."""
    same = add(connection, "file:///a.jpg", Said(vector=unit(1.0, 0.0)))
    other = add(connection, "file:///b.jpg", Said(vector=unit(-1.0, 0.0)))
    near = add(connection, "file:///c.jpg", Said(vector=unit(1.0, 1.0)))

    ranked = nearest(connection, 1, unit(1.0, 0.0), limit=3)

    assert ids(ranked) == [same, near, other]
    assert [one for _, one in ranked] == pytest.approx([1, 0.5**0.5, -1], abs=1e-3)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("count", [39, 40, 63, 64, 65, 300])
def test_sifting_finds_what_comparing_all_finds(
    connection: sqlite3.Connection, count: int
) -> None:
    """With and without codes, in blocks and in the tail."""
    held = fill(connection, count)

    for query in some_vectors(count + 10)[count:]:  # like the others, but not held
        ranked = nearest(connection, 1, query, limit=10)
        assert len(set(ids(ranked)) & set(exact(query, held, 10))) >= 9
        assert ids(ranked)[0] == exact(query, held, 1)[0]


@pytest.mark.usefixtures("_small_blocks")
def test_every_vector_is_its_own_nearest(connection: sqlite3.Connection) -> None:
    """No position is lost between the codes' rows, the planes and the slots."""
    held = fill(connection, 200)

    for picture_id, vector in held.items():
        ((found, similarity),) = nearest(connection, 1, vector, limit=1)
        assert found == picture_id
        assert similarity == pytest.approx(1, abs=1e-3)


@pytest.mark.usefixtures("_small_blocks")
def test_a_new_vector_takes_the_place_of_the_old(
    connection: sqlite3.Connection,
) -> None:
    """A picture that was analysed anew is found by what is said of it now."""
    held = fill(connection, 200)
    old = dict(held)
    for picture_id in (3, 70, 199):  # in an old block, in another, in the tail
        held[picture_id] = unit(*(-value for value in held[picture_id]), dims=0)
        put_vector(connection, picture_id, "x", 1, held[picture_id])

    for picture_id in (3, 70, 199):
        assert ids(nearest(connection, 1, held[picture_id], 1)) == [picture_id]
        assert picture_id not in ids(nearest(connection, 1, old[picture_id], 10))
    assert count(connection, "embedding") == 200


@pytest.mark.usefixtures("_small_blocks")
def test_a_forgotten_vector_is_gone_for_good(connection: sqlite3.Connection) -> None:
    """Its slot is not given to another, whose code would then be wrong."""
    held = fill(connection, 128)
    delete_vectors(connection, 128)
    delete_vectors(connection, 5)
    add(connection, "file:///new.jpg", Said(vector=held[7], space=WIDE))

    assert 5 not in ids(nearest(connection, 1, held[5], 128))
    assert ids(nearest(connection, 1, held[7], 2)) == [7, 129]
    assert set(ids(nearest(connection, 1, held[5], 200))) == {*held, 129} - {5, 128}


@pytest.mark.usefixtures("_small_blocks")
def test_gone_pictures_are_left_out_however_near(
    connection: sqlite3.Connection,
) -> None:
    """Those that remain are found, though most of the nearest are gone."""
    held = fill(connection, 300)
    mark_gone(connection, [one for one in held if one % 30], NOW)
    remaining = [one for one in held if one % 30 == 0]

    assert set(ids(nearest(connection, 1, held[1], 10))) == set(remaining)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("wanted", [3, 90])
def test_pictures_are_chosen_before_they_are_ranked(
    connection: sqlite3.Connection, wanted: int
) -> None:
    """Few are compared one by one, of many the codes are sifted: both find all."""
    held = fill(connection, 300)
    chosen = set(random.Random(3).sample(sorted(held), wanted))  # noqa: S311

    ranked = nearest(connection, 1, held[1], 300, among=chosen)

    assert set(ids(ranked)) == chosen
    assert nearest(connection, 1, held[1], 10, among=()) == []


def test_a_filter_works_before_there_are_codes(connection: sqlite3.Connection) -> None:
    """A young database has no mean to make codes with."""
    held = fill(connection, 20)

    assert ids(nearest(connection, 1, held[1], 10, among={2})) == [2]


@pytest.mark.usefixtures("_small_blocks")
def test_codes_can_be_made_anew(connection: sqlite3.Connection) -> None:
    """`reindex` does, when the vectors have changed; nothing is found otherwise."""
    held = fill(connection, 200)
    before = {one: nearest(connection, 1, held[one], 5) for one in (1, 100, 200)}
    delete_vectors(connection, 50)

    rebuild_codes(connection, 1)

    for one, ranked in before.items():
        assert nearest(connection, 1, held[one], 5) == ranked
    assert count(connection, "vector_code") < 64


@pytest.mark.usefixtures("_small_blocks")
def test_spaces_are_never_mixed(connection: sqlite3.Connection) -> None:
    """Two spaces take turns in the slots, and neither sees the other's vectors."""
    local = VectorSpace("other", "mean", WIDE.dims)
    here: dict[int, Vector] = {}
    for n, vector in enumerate(some_vectors(300)):
        space = (WIDE, local)[n % 2]
        picture = add(connection, f"file:///{n}.jpg", Said(vector=vector, space=space))
        if space is WIDE:
            here[picture] = vector
    spaces = known_spaces(connection)

    assert set(spaces) == {WIDE, local}
    for vector in list(here.values())[:20]:
        found = ids(nearest(connection, spaces[WIDE], vector, 10))
        assert set(found) <= set(here)
        assert found[0] == exact(vector, here, 1)[0]


def test_a_picture_is_known_by_its_better_backend(
    connection: sqlite3.Connection,
) -> None:
    """Its local vector gives way to a Workers AI one, and never the other way round."""
    local = Said(vector=unit(1.0), space=LOCAL, backend=Backend.LOCAL)
    hosted = Said(vector=unit(1.0))
    add(connection, "file:///a.jpg", local)
    add(connection, "file:///b.jpg", local)

    add(connection, "file:///a.jpg", hosted)
    add(connection, "file:///a.jpg", local)

    spaces = known_spaces(connection)
    assert ids(nearest(connection, spaces[SPACE], unit(1.0), 10)) == [1]
    assert ids(nearest(connection, spaces[LOCAL], unit(1.0), 10)) == [2]


def test_a_vector_that_no_query_reaches_keeps_no_local_one_out(
    connection: sqlite3.Connection,
) -> None:
    """Its model is retired, and who asks the local models now wants to find it."""
    add(connection, "file:///a.jpg", Said(vector=unit(1.0)))
    retire_space(connection, SPACE, NOW)

    local = Said(vector=unit(1.0), space=LOCAL, backend=Backend.LOCAL)
    add(connection, "file:///a.jpg", local)

    spaces = known_spaces(connection)
    assert ids(nearest(connection, spaces[LOCAL], unit(1.0), 10)) == [1]


def test_a_space_is_one_model_pooling_and_width(
    connection: sqlite3.Connection,
) -> None:
    """The same is the same, any difference is another; empty ones are not listed."""
    first = space_id(connection, SPACE, Backend.LOCAL)

    assert space_id(connection, SPACE, Backend.LOCAL) == first
    assert space_id(connection, WIDE, Backend.LOCAL) != first
    assert known_spaces(connection) == {}


def test_a_vector_of_another_width_is_refused(connection: sqlite3.Connection) -> None:
    """Before it is stored, and before it is compared."""
    picture = add(connection, "file:///a.jpg", Said(vector=unit(1.0)))

    with pytest.raises(ValueError, match="3 dimensions in a space of 8"):
        put_vector(connection, picture, "x", 1, unit(1.0, dims=3))
    with pytest.raises(ValueError, match="3 dimensions in a space of 8"):
        nearest(connection, 1, unit(1.0, dims=3), 1)


def test_a_query_is_remembered_exactly(connection: sqlite3.Connection) -> None:
    """In its space only, and the newest embedding of it."""
    vector = unit(0.1, 0.7, 0.2)
    space = space_id(connection, SPACE, Backend.LOCAL)
    for kept in (unit(1.0), vector):
        keep_query(connection, "ginger cat", space, kept, neurons=0.1, asked_at=NOW)

    assert known_query(connection, "ginger cat", space) == vector
    assert known_query(connection, "ginger", space) is None
    assert known_query(connection, "ginger cat", space + 1) is None


def count(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    number: int = row[0]
    return number
