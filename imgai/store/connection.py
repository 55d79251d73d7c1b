"""Opening the database: ours or not, old or new, writable or not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from imgai.errors import StoreError
from imgai.store.schema import APPLICATION_ID, PAGE_SIZE_BYTES, SCHEMA_VERSION

_HEADER = b"SQLite format 3\0"
# Where the file's first bytes hold what: https://www.sqlite.org/fileformat2.html#1.3
_PAGE_SIZE_AT = slice(16, 18)
_CHANGES_AT, _CHANGES_COUNTED_AT = slice(24, 28), slice(92, 96)
_PAGES_AT = slice(28, 32)
_USER_VERSION_AT = slice(60, 64)
_APPLICATION_ID_AT = slice(68, 72)
_HEADER_BYTES = 100
_BUSY_TIMEOUT_S = 30.0


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection that may write, making or migrating the file as needed.

    The connection belongs to the caller's thread no more than to another: the store
    hands it to its writer thread.

    Raises:
        StoreError: the file is another program's, damaged, newer than this program,
            or cannot be written. It was not touched.
    """
    is_new = not _size_bytes(path)
    if is_new:
        _make_folder(path)
    else:
        refuse_foreign(path)
        _refuse_by_header(path)
    try:
        connection = _connect(path, "rwc")
    except sqlite3.Error as error:
        raise _cannot("opened", path, error) from error
    try:
        if is_new:
            _lay_out(connection)
        _settle(connection)
        if _version(connection, path) < SCHEMA_VERSION:
            _migrate(connection, path, is_new=is_new)
        _refuse_read_only(connection)
    except sqlite3.Error as error:
        connection.close()
        raise _cannot("written", path, error) from error
    except StoreError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads.

    Raises:
        StoreError: there is no database, or it is none of ours, or too new or old.
    """
    if _size_bytes(path) is None:
        raise StoreError(
            f"There is no database at {path}.",
            hint="`imgai classify FOLDER` makes one; --db names another.",
        )
    refuse_foreign(path)
    _refuse_by_header(path)
    try:
        connection = _open_read_only(path)
        try:
            version = _version(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise _cannot("read", path, error) from error
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
            raise _cannot("read", path, error) from error


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
            raise _cannot("written", path, error) from error


def refuse_foreign(path: Path) -> None:
    """Look at the file's first bytes, without opening it as a database.

    SQLite would replay a journal on opening, and so change a file that is not ours.

    Raises:
        StoreError: it is no SQLite file, or another program's.
    """
    if not is_ours(_header(path)):
        raise StoreError(
            f"{path} is not an imgai database. It was left as it is.",
            hint="Name another file; --db or IMGAI_DB names the database.",
        )


def is_ours(first_bytes: bytes) -> bool:
    """Return whether a file that begins so, 100 bytes or more, is an imgai database."""
    ours = APPLICATION_ID.to_bytes(4, "big")
    return (
        first_bytes[: len(_HEADER)] == _HEADER
        and first_bytes[_APPLICATION_ID_AT] == ours
    )


def _size_bytes(path: Path) -> int | None:
    """Return the file's size; None if there is no file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot("read", path, error) from error


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_BYTES)
    except OSError as error:
        if path.is_dir():
            raise StoreError(
                f"{path} is a folder, not a database.",
                hint="Name a file; --db or IMGAI_DB names the database.",
            ) from error
        raise _cannot("read", path, error) from error


def _refuse_by_header(path: Path) -> None:
    """Refuse what is newer than this program, or cut off, before SQLite opens it.

    Opening it would leave a log beside it, and might change how it is kept.
    """
    header = _header(path)
    _refuse_newer(int.from_bytes(header[_USER_VERSION_AT], "big"), path)
    page_bytes = int.from_bytes(header[_PAGE_SIZE_AT], "big")
    pages = int.from_bytes(header[_PAGES_AT], "big")
    is_counted = header[_CHANGES_AT] == header[_CHANGES_COUNTED_AT]
    # A log that is still to be folded in may hold the pages that are missing.
    if not is_counted or _has_log(path):
        return
    if path.stat().st_size < pages * page_bytes:
        raise StoreError(
            f"The database {path} is cut off: part of it is missing. "
            "It was left as it is.",
            hint="Bring back a copy: `imgai backup --restore` does.",
        )


def _has_log(path: Path) -> bool:
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0


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
        if not isinstance(error, sqlite3.OperationalError) or _has_log(path):
            raise
        connection = _connect(path, "ro&immutable=1")
    connection.execute("PRAGMA query_only = 1")
    return connection


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot("made", path, error) from error


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
    _refuse_newer(version, path)
    return version


def _refuse_newer(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was made by a newer imgai (schema {version}, "
            f"this one knows {SCHEMA_VERSION}). It was left as it is.",
            hint="Upgrade imgai.",
        )


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


def _cannot(what: str, path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The database {path} cannot be {what}: {error}.",
        hint="Check the path (--db, IMGAI_DB), its permissions and the free space.",
    )
