"""A database to search."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imgai.store.connection import open_for_writing


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database, in a transaction that is never committed."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
