"""One `classify` a database: an operating-system lock, held for the whole run."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from imgai.errors import DatabaseBusy, StoreError
from imgai.store.header import size_of

if sys.platform == "win32":
    import msvcrt

    _LOCKED_AT = 1 << 30  # beyond what is written, so that others can still read it

    def try_lock(file: IO[str]) -> bool:
        """Lock an open file for this process; False: another one holds it.

        Raises:
            OSError: the file system has no locks.
        """
        file.seek(_LOCKED_AT)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True
else:
    import fcntl

    def try_lock(file: IO[str]) -> bool:
        """Lock an open file for this process; False: another one holds it.

        Raises:
            OSError: the file system has no locks.
        """
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def hold_database(path: Path) -> Iterator[None]:
    """Hold the database's lock while the block runs.

    The lock belongs to the process: when it dies, however it dies, it is free.

    Raises:
        DatabaseBusy: another process holds it; the message says which, since when.
        StoreError: there is no file at its path, but something else; or the lock file
            cannot be made, locked or written.
    """
    size_of(path)  # no lock beside a folder or a device
    lock_path = path.with_name(path.name + ".lock")
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        file = lock_path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"The lock beside the database, {lock_path}, cannot be made: {error}.",
            hint="Check that the folder may be written, or name another with --db.",
        ) from error
    with file:
        try:
            is_ours = try_lock(file)
        except OSError as error:  # such as a network file system without locks
            raise StoreError(
                f"The database {path} cannot be locked: {error}.",
                hint="Put it on a local disk with --db or IMGAI_DB.",
            ) from error
        if not is_ours:
            raise _busy(path, file)
        try:
            _sign(file)
        except OSError as error:
            raise StoreError(
                f"Nothing can be written beside the database {path}: {error}.",
                hint="Check the free space and the disk, then run again.",
            ) from error
        yield
        # Left in place: removing it would let two processes lock two files.


def _sign(file: IO[str]) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    file.truncate(0)
    # Past Python's buffer: closing the file would try again what failed, and raise.
    os.write(file.fileno(), json.dumps(holder).encode("ascii"))


def _busy(path: Path, file: IO[str]) -> DatabaseBusy:
    file.seek(0)
    try:
        holder = json.loads(file.read())
        who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return DatabaseBusy(
        f"Another classify holds the database {path}: {who}.",
        hint="Wait for it with --wait, or use another database with --db.",
    )
