"""Opening the database: ours or not, old or new, writable or not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from imgai.errors import StoreError
from imgai.store.header import (
    cannot,
    has_log,
    refuse_by_header,
    refuse_foreign,
    refuse_newer,
    size_of,
)
from imgai.store.schema import APPLICATION_ID, PAGE_SIZE_BYTES, SCHEMA_VERSION

_BUSY_TIMEOUT_S = 30.0


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection that may write, making or migrating the file as needed.

    The connection belongs to the caller's thread no more than to another: the store
    hands it to its writer thread.

    Raises:
        StoreError: the file is another program's, damaged, newer than this program,
            or cannot be written. It was not touched.
    """
    is_new = not size_of(path)
    if is_new:
        _make_folder(path)
    else:
        refuse_foreign(path)
        refuse_by_header(path)
    try:
        connection = _connect(path, "rwc")
    except sqlite3.Error as error:
        raise cannot("opened", path, error) from error
    try:
        if is_new:
            _lay_out(connection)
        _settle(connection)
        if _version(connection, path) < SCHEMA_VERSION:
            _migrate(connection, path, is_new=is_new)
        _refuse_read_only(connection)
    except sqlite3.Error as error:
        connection.close()
        raise cannot("written", path, error) from error
    except StoreError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads.

    Raises:
        StoreError: there is no database, or it is none of ours, or too new or old.
    """
    if size_of(path) is None:
        raise StoreError(
            f"There is no database at {path}.",
            hint="`imgai classify FOLDER` makes one; --db names another.",
        )
    refuse_foreign(path)
    refuse_by_header(path)
    try:
        connection = _open_read_only(path)
        try:
            version = _version(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise cannot("read", path, error) from error
    if version < SCHEMA_VERSION:
        connection.close()
        # Bring it up to date, which needs writing, then look again.
        open_for_writing(path).close()
        return open_for_reading(path)
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a database while the block runs. See `open_for_reading`.

    Raises:
        StoreError: as `open_for_reading`; and whatever SQLite cannot read in the
            block, such as a page that is damaged.
    """
    with closing(open_for_reading(path)) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise cannot("read", path, error) from error


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Write a database while the block runs. See `open_for_writing`.

    Raises:
        StoreError: as `open_for_writing`; and whatever SQLite cannot write in the
            block: the disk is full, another process holds the file.
    """
    with closing(open_for_writing(path)) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise cannot("written", path, error) from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,  # every BEGIN is written out
        check_same_thread=False,
    )


def _open_read_only(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        connection.close()
        # A WAL database in a folder that cannot be written: readable only as
        # immutable, which ignores the WAL. So only where no live one lies beside it.
        if not isinstance(error, sqlite3.OperationalError) or has_log(path):
            raise
        connection = _connect(path, "ro&immutable=1")
    connection.execute("PRAGMA query_only = 1")
    return connection


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot("made", path, error) from error


def _lay_out(connection: sqlite3.Connection) -> None:
    # In the file's own header before WAL takes over, or `refuse_foreign` misses it.
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE_BYTES}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _settle(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            "The database cannot be kept here: this file system has no shared memory.",
            hint="Put it on a local disk with --db or IMGAI_DB.",
        )
    # FULL: with NORMAL, 455 of 600 power cuts lost rows that had been acknowledged.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _refuse_read_only(connection: sqlite3.Connection) -> None:
    # Before the first paid call, not after it. BEGIN IMMEDIATE alone would not tell:
    # on a file that may not be written it begins a reading transaction.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    refuse_newer(version, path)
    return version


def _migrate(connection: sqlite3.Connection, path: Path, *, is_new: bool) -> None:
    from sqlite_utils import Database  # noqa: PLC0415  139 ms, only when needed

    from imgai.store.migrations import MIGRATIONS  # noqa: PLC0415

    if not is_new:
        _back_up(connection, path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        MIGRATIONS.apply(Database(connection))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    if is_new:
        # Without the pages of tables that migrations made and dropped again.
        connection.execute("VACUUM")


def _back_up(connection: sqlite3.Connection, path: Path) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.{stamp}.backup")
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
