"""Opening a database that is there, alone with it or just to look."""

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
