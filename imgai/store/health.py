"""How a database file is, found out without changing a byte of it or beside it."""

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

from imgai.domain.predictions import Backend
from imgai.errors import StoreError
from imgai.store.fulltext import check_fulltext
from imgai.store.header import refuse_foreign
from imgai.store.predictions import holds_backend
from imgai.store.schema import SCHEMA_VERSION

# Up to this size it is copied into memory and looked at through and through.
_SMALL_BYTES = 64 * 2**20
_LOOK_EVERY = 10_000  # SQLite's instructions between two looks at the clock: 1 ms or so
_MOST_PROBLEMS = 3


class Condition(Enum):
    """What a database file is to this program."""

    ABSENT = auto()  # not there, or empty: the first `classify` makes it
    USABLE = auto()
    OLDER = auto()  # the next `classify` brings it up to date
    REFUSED = auto()  # another program's, from a newer imgai, or unreadable
    DAMAGED = auto()
    MISINDEXED = auto()  # only the full text's index, which can be made anew


class Depth(Enum):
    """How much of a file was looked at."""

    WHOLE = auto()  # every page, every index, the full text
    PAGES = auto()  # every page, but not whether indexes agree with their tables
    PART = auto()  # as far as the time allowed


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """How a database file is.

    Attributes:
        condition: what it is to this program.
        size_bytes: of the file; 0 when it is absent.
        schema: its version; None when that could not be read.
        problems: what SQLite complains of, or why it is refused; a few at most.
        depth: how much was looked at.
        is_writable: whether the file and its folder, or the folder that is to hold
            it, may be written.
        holds_workers_ai: whether it has answers of Workers AI.
    """

    condition: Condition
    size_bytes: int = 0
    schema: int | None = None
    problems: tuple[str, ...] = ()
    depth: Depth = Depth.WHOLE
    is_writable: bool = True
    holds_workers_ai: bool = False

    @property
    def complaint(self) -> str:
        """The problems in one sentence, without its full stop; empty if it is well."""
        return "; ".join(problem.rstrip(".") for problem in self.problems)


def examine_database(path: Path, patience_s: float = 2.0) -> DatabaseHealth:
    """Return how a database file is. Nothing is written, migrated or locked.

    Args:
        path: where it is, or is to be.
        patience_s: how long a large file may be looked at.
    """
    try:
        size_bytes = path.stat().st_size if path.exists() else 0
        if size_bytes == 0 and (path.is_file() or not path.exists()):
            return DatabaseHealth(Condition.ABSENT, is_writable=may_write(path))
        refuse_foreign(path)
    except (OSError, StoreError) as error:
        return DatabaseHealth(Condition.REFUSED, problems=(str(error),))
    health = DatabaseHealth(
        Condition.USABLE, size_bytes=size_bytes, is_writable=may_write(path)
    )
    try:
        with closing(open_unchanged(path)) as connection:
            return _examined(connection, health, patience_s)
    except sqlite3.DatabaseError as error:
        is_out_of_reach = isinstance(error, sqlite3.OperationalError)
        condition = Condition.REFUSED if is_out_of_reach else Condition.DAMAGED
        return replace(health, condition=condition, problems=(str(error),))


def open_unchanged(path: Path) -> sqlite3.Connection:
    """Open a file so that nothing appears beside it.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    return sqlite3.connect(unchanged_uri(path), uri=True, timeout=1.0)


def unchanged_uri(path: Path) -> str:
    """Return the URI by which SQLite opens a file so that nothing appears beside it.

    Read-only alone makes a WAL database's side files, and leaves them lying there.
    Without a live WAL all there is is in the file, and nobody has it open.
    """
    wal = Path(f"{path}-wal")
    is_live = wal.exists() and wal.stat().st_size > 0
    mode = "ro" if is_live else "ro&immutable=1"
    return f"{path.absolute().as_uri()}?mode={mode}"


def may_write(path: Path) -> bool:
    """Return whether a file, and the journals beside it, may be written or made.

    Of a file that is not there, the nearest folder that is decides.
    """
    if path.exists() and not os.access(path, os.W_OK):
        return False
    return os.access(nearest_folder(path), os.W_OK | os.X_OK)


def nearest_folder(path: Path) -> Path:
    """Return the folder that holds a file, or would once the missing ones are made."""
    folders = path.absolute().parents
    return next((one for one in folders if is_folder(one)), folders[-1])


def is_folder(path: Path) -> bool:
    """Return whether there is a folder, as far as one can see."""
    try:
        return path.is_dir()
    except OSError:  # it may not be looked at, or no path can be so long
        return False


def _examined(
    connection: sqlite3.Connection, health: DatabaseHealth, patience_s: float
) -> DatabaseHealth:
    schema: int = connection.execute("PRAGMA user_version").fetchone()[0]
    health = replace(health, schema=schema)
    if schema > SCHEMA_VERSION:
        newer = f"it was made by a newer imgai (schema {schema})"
        return replace(health, condition=Condition.REFUSED, problems=(newer,))
    if schema < SCHEMA_VERSION:
        health = replace(health, condition=Condition.OLDER)
    if health.size_bytes <= _SMALL_BYTES:
        health = _looked_through(connection, health)
    else:
        health = _looked_at(connection, health, patience_s)
    is_damaged = health.condition in {Condition.DAMAGED, Condition.MISINDEXED}
    if is_damaged or schema == 0:
        return health
    held = holds_backend(connection, Backend.WORKERS_AI)
    return replace(health, holds_workers_ai=held)


def _looked_through(
    connection: sqlite3.Connection, health: DatabaseHealth
) -> DatabaseHealth:
    """Return a small database's health, from a copy in memory.

    To check the full text is a write to SQLite, and a copy may be written.
    """
    with closing(sqlite3.connect(":memory:")) as copy:
        connection.backup(copy)
        if problems := _complaints(copy, "integrity_check"):
            return replace(health, condition=Condition.DAMAGED, problems=problems)
        if _has_full_text(copy) and (problem := check_fulltext(copy)):
            said = f"the full text does not agree with its index: {problem}"
            return replace(health, condition=Condition.MISINDEXED, problems=(said,))
    return health


def _looked_at(
    connection: sqlite3.Connection, health: DatabaseHealth, patience_s: float
) -> DatabaseHealth:
    """Return a large database's health, as far as the time allows to see."""
    end = time.monotonic() + patience_s
    connection.set_progress_handler(lambda: time.monotonic() > end, _LOOK_EVERY)
    try:
        problems = _complaints(connection, "quick_check")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return replace(health, depth=Depth.PART)
    finally:
        connection.set_progress_handler(None, 0)
    condition = Condition.DAMAGED if problems else health.condition
    return replace(health, condition=condition, problems=problems, depth=Depth.PAGES)


def _complaints(connection: sqlite3.Connection, pragma: str) -> tuple[str, ...]:
    rows = connection.execute(f"PRAGMA {pragma}({_MOST_PROBLEMS})").fetchall()
    said = tuple(str(row[0]) for row in rows)
    return () if said == ("ok",) else said


def _has_full_text(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'image_fts'")
    return found.fetchone() is not None
