"""Opening a database: alone with it, for one change, or just to look."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imgai.store.connection import reading, writing
from imgai.store.lock import hold_database


@contextmanager
def open_existing(path: Path, *, writes: bool) -> Iterator[sqlite3.Connection]:
    """Open a database while the block runs; a path mistyped makes none.

    Args:
        path: of the database.
        writes: holds its lock, and lets it be written.

    Raises:
        DatabaseBusy: another process holds it.
        StoreError: it is not there, or cannot be read or written, now or in the block.
    """
    if not writes:
        with reading(path) as connection:
            yield connection
        return
    with reading(path):
        pass  # it is there, and ours
    with hold_database(path), writing(path) as connection:
        yield connection


@contextmanager
def reading_one_moment(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a database while the block runs, as it is when the block first looks.

    For what is put together from several statements: a `classify` that writes between
    them would have one speak of pictures that another knows nothing of.

    Raises:
        StoreError: see `imgai.store.connection.reading`.
    """
    with reading(path) as connection:
        connection.execute("BEGIN")  # ended, with nothing written, when it is closed
        yield connection


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Change a database in one transaction, which the block's success commits.

    Its lock is not needed: a `classify` may write before and after.

    Raises:
        StoreError: see `imgai.store.connection.writing`.
    """
    with writing(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection  # closed without the commit, nothing has been written
        connection.execute("COMMIT")
