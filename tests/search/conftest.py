"""A database to search."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imgai.store.connection import open_for_writing


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an open, empty database."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        yield connection
