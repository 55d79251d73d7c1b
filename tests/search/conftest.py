"""A database to search."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imgai.store.connection import open_for_writing
from tests.search.library import Said, add
from tests.search.searching import CAT, DOG, SEA


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database, in a transaction that is never committed."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


@pytest.fixture
def pets(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a database with a cat, a dog and the sea."""
    add(connection, "file:///cat.jpg", Said(["cat"], "a cat", CAT), colours=["orange"])
    add(connection, "file:///dog.jpg", Said(["dog"], "a dog", DOG), colours=["grey"])
    add(connection, "file:///sea.jpg", Said([], "waves", SEA), colours=["blue"])
    return connection
