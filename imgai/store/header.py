"""What can be told of a database file before SQLite opens it, and changes it."""

import stat
from pathlib import Path

from imgai.errors import StoreError
from imgai.store.schema import APPLICATION_ID, SCHEMA_VERSION

_HEADER = b"SQLite format 3\0"
# Where the file's first bytes hold what: https://www.sqlite.org/fileformat2.html#1.3
_PAGE_SIZE_AT = slice(16, 18)
_CHANGES_AT, _CHANGES_COUNTED_AT = slice(24, 28), slice(92, 96)
_PAGES_AT = slice(28, 32)
_USER_VERSION_AT = slice(60, 64)
_APPLICATION_ID_AT = slice(68, 72)
_HEADER_BYTES = 100


def size_of(path: Path) -> int | None:
    """Return a file's size in bytes; None if there is no file.

    Raises:
        StoreError: it is a folder, a device, a pipe, or cannot be looked at.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot("read", path, error) from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
        raise StoreError(
            f"{path} is {what}, not a database.",
            hint="Name a file; --db or IMGAI_DB names the database.",
        )
    return status.st_size


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


def refuse_by_header(path: Path) -> None:
    """Refuse what is newer than this program, or cut off, before SQLite opens it.

    Opening it would leave a log beside it, and might change how it is kept.

    Raises:
        StoreError: it is, or it cannot be read.
    """
    header = _header(path)
    refuse_newer(int.from_bytes(header[_USER_VERSION_AT], "big"), path)
    page_bytes = int.from_bytes(header[_PAGE_SIZE_AT], "big")
    pages = int.from_bytes(header[_PAGES_AT], "big")
    is_counted = header[_CHANGES_AT] == header[_CHANGES_COUNTED_AT]
    # A log that is still to be folded in may hold the pages that are missing.
    if not is_counted or has_log(path):
        return
    if path.stat().st_size < pages * page_bytes:
        raise StoreError(
            f"The database {path} is cut off: part of it is missing. "
            "It was left as it is.",
            hint="Bring back a copy: `imgai backup --restore` does.",
        )


def refuse_newer(version: int, path: Path) -> None:
    """Refuse a schema that this program does not know.

    Raises:
        StoreError: it is newer.
    """
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was made by a newer imgai (schema {version}, "
            f"this one knows {SCHEMA_VERSION}). It was left as it is.",
            hint="Upgrade imgai.",
        )


def has_log(path: Path) -> bool:
    """Return whether a log lies beside it that is still to be folded in."""
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0


def cannot(what: str, path: Path, error: Exception) -> StoreError:
    """Return the error of a database that cannot be opened, read or written."""
    return StoreError(
        f"The database {path} cannot be {what}: {error}.",
        hint="Check the path (--db, IMGAI_DB), its permissions and the free space.",
    )


def _header(path: Path) -> bytes:
    size_of(path)  # a pipe would be waited for, for ever
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_BYTES)
    except OSError as error:
        raise cannot("read", path, error) from error
