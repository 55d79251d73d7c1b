"""A database read as it is at one moment, while a `classify` writes to it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from imgai.domain.duplicates import DuplicateKind
from imgai.search.duplicates import find_duplicates
from imgai.search.similar import find_similar
from imgai.store.holding import reading_one_moment
from imgai.store.images import mark_gone
from imgai.store.looks import look_of_image
from tests.store.library import (
    AT,
    add_image,
    changing,
    classify,
    cloud_answers,
)

FIRST, SECOND = "file:///0.jpg", "file:///1.jpg"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database of two pictures that look the same."""
    path = tmp_path / "imgai.db"
    with changing(path) as connection:
        add_image(connection, FIRST, 0)
        classify(connection, SECOND, 1, cloud_answers("A cat.", "cat"))
    return path


def before_reading(
    connection: sqlite3.Connection, what: str, change: Callable[[], None]
) -> None:
    """Let somebody change the database just before a statement reads from it."""
    changes = [change]

    def look(statement: str) -> None:
        if what in statement and changes:
            changes.pop()()

    connection.set_trace_callback(look)


def test_pictures_may_go_while_duplicates_are_looked_for(database: Path) -> None:
    """A run marks as gone what has been compared, and is not told of yet."""

    def lose_both() -> None:
        with changing(database) as writing:
            mark_gone(writing, [1, 2], AT)

    with reading_one_moment(database) as connection:
        before_reading(connection, "AND image.picture_id IN", lose_both)
        (group,) = find_duplicates(connection, [DuplicateKind.NEAR_DUPLICATE])

    assert len(group.members) == 2


def test_pictures_may_come_while_those_like_one_are_looked_for(database: Path) -> None:
    """One that was not there when hashes were compared has its vector by now."""

    def find_another() -> None:
        with changing(database) as writing:
            classify(writing, "file:///2.jpg", 2, cloud_answers("A cat.", "cat"))

    with reading_one_moment(database) as connection:
        look = look_of_image(connection, SECOND)
        assert look is not None
        before_reading(connection, "SELECT dims, mean", find_another)
        like = find_similar(connection, look, SECOND, 10, min_similarity=0.5)

    assert [one.match.uri for one in like.found] == [FIRST]
