"""Copies of the database, made while it is in use, and put back."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from imgai.errors import StoreError
from imgai.store.connection import open_for_reading, open_for_writing
from imgai.store.header import is_ours, refuse_foreign, size_of
from imgai.store.health import (
    Condition,
    examine_database,
    open_unchanged,
)
from imgai.store.lock import hold_database

_SIDE_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied.

    Attributes:
        place: of the copy, a path or a URI; when a backup was put back, of the
            database.
        size_bytes: of the copy.
        restored_from: the backup that was put back; None: one was made.
        replaced: where the database is that was there before; None: there was none.
    """

    place: str
    size_bytes: int
    restored_from: str | None = None
    replaced: Path | None = None


def back_up(database: Path, target: Path) -> Copied:
    """Copy a database as it is at one moment, whoever writes to it meanwhile.

    The copy takes its place only when it is whole and has been checked; an older
    backup of that name is then replaced.

    Args:
        database: may be in use.
        target: the copy; a file. Its folder must be there.

    Raises:
        StoreError: the database cannot be read, or the target is something else's or
            cannot be written. Nothing is left behind.
    """
    # Not the link would be replaced, /dev/stdout for one, but what it leads to.
    place = Path(os.path.realpath(target))
    if size_of(place) is not None:
        if size_of(database) is not None and place.samefile(database):
            raise StoreError(f"{target} is the database itself.")
        if place.stat().st_size:
            refuse_foreign(place)
    with closing(open_for_reading(database)) as source:
        _copy(source, place)
    return Copied(str(target), place.stat().st_size)


def refuse_foreign_start(first_bytes: bytes, name: str) -> None:
    """Look at the first bytes of what is not a file here.

    Args:
        first_bytes: 100 or more.
        name: what to call it.

    Raises:
        StoreError: it is no imgai database.
    """
    if not is_ours(first_bytes):
        raise StoreError(f"{name} is not an imgai database. It was left as it is.")


def restore(backup: Path, database: Path, name: str = "") -> Copied:
    """Put a backup in the place of the database; what was there is kept beside it.

    Searches may go on meanwhile, and see either the one or the other.

    Args:
        backup: made by `back_up`, or any database of imgai's that is not in use.
        database: where it is to be.
        name: what to call the backup, if not by its path.

    Raises:
        StoreError: the backup is not imgai's, damaged, or from a newer imgai; or what
            is at the database's place is not imgai's. Nothing was changed.
        DatabaseBusy: a `classify` holds the database.
    """
    name = name or str(backup)
    _refuse_unfit(backup, name)
    if size_of(database) is not None and backup.samefile(database):
        raise StoreError(f"{backup} is the database itself.")
    with hold_database(database):
        aside = _aside(database)
        health = examine_database(database)
        match health.condition:
            case Condition.USABLE | Condition.OLDER:
                with closing(open_for_reading(database)) as current:
                    _copy(current, aside)
                _overwrite(backup, database)
            case Condition.DAMAGED | Condition.MISINDEXED | Condition.ABSENT:
                _set_aside(database, aside)
                _fill(backup, database)
            case Condition.REFUSED:
                raise StoreError(
                    f"{database} was left as it is: {health.complaint}.",
                    hint="Move it away, or name another with --db or IMGAI_DB.",
                )
    replaced = aside if aside.exists() else None
    return Copied(str(database), database.stat().st_size, name, replaced)


def _refuse_unfit(backup: Path, name: str) -> None:
    """Raise StoreError unless a file can be a database of this program."""
    health = examine_database(backup)
    match health.condition:
        case Condition.USABLE | Condition.OLDER | Condition.MISINDEXED:
            return
        case Condition.ABSENT:
            what = "is empty" if backup.exists() else "is not there"
            raise StoreError(
                f"The backup {name} {what}. The database was left as it is.",
                hint="Check the path; `imgai backup FILE` makes a backup.",
            )
        case Condition.REFUSED | Condition.DAMAGED:
            raise StoreError(
                f"The backup {name} is of no use: {health.complaint}. The database was"
                " left as it is.",
                hint="`imgai doctor --db FILE` says more about a file.",
            )


def _fill(backup: Path, database: Path) -> None:
    """Make a database that is not there from a backup."""
    with _translated(backup, "read"), closing(open_unchanged(backup)) as source:
        _copy(source, database)


def _overwrite(backup: Path, database: Path) -> None:
    """Write a backup over a database in one transaction, under its readers' eyes."""
    with (
        _translated(database),
        closing(open_unchanged(backup)) as source,
        closing(open_for_writing(database)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database to a file that appears whole, or not at all."""
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with _translated(target):
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                # In one step: a copy in several begins anew with each write beside it.
                source.backup(copy)
                found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreError(
                    f"The copy for {target} is damaged: {found}",
                    hint="`imgai doctor` says whether the database is.",
                )
            _keep(part, target)
    finally:
        for ending in _SIDE_FILES:
            Path(f"{part}{ending}").unlink(missing_ok=True)


def _keep(part: Path, target: Path) -> None:
    """Put a finished file in its place, so that a power cut cannot take it back."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    if os.name != "nt":  # where folders cannot be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _aside(database: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return database.with_name(f"{database.name}.{stamp}.replaced")


def _set_aside(database: Path, place: Path) -> None:
    """Move a database away that cannot be copied, with whatever belongs to it.

    A WAL left behind would be taken for the next database's own.
    """
    with _translated(database):
        for ending in _SIDE_FILES:
            path = Path(f"{database}{ending}")
            if path.exists():
                path.replace(f"{place}{ending}")


@contextmanager
def _translated(path: Path, what: str = "written") -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{path} cannot be {what}: {error}.",
            hint="Check the path, its permissions and the free space.",
        ) from error
