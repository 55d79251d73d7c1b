"""A folder for copies of a database that are on their way, gone when they are."""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from imgai.errors import StoreError
from imgai.store.lock import try_lock

_PREFIX = "imgai-copy-"
_LOCK = "in-use.lock"
# A folder is made before it can be locked; none that is being made is so old.
_STALE_S = 3600.0


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that only this user may enter, for as long as the block runs.

    It is in the system's folder for such (TMPDIR). What a killed process has left
    there, an hour ago or more, is removed.

    Raises:
        StoreError: it cannot be made.
    """
    with ExitStack() as stack:
        try:
            remove_leftovers(Path(tempfile.gettempdir()))
            held = tempfile.TemporaryDirectory(
                prefix=_PREFIX,
                # A thread that is left behind may hold a file in it, as Windows minds.
                ignore_cleanup_errors=True,
            )
            folder = Path(stack.enter_context(held))
            lock = stack.enter_context((folder / _LOCK).open("w", encoding="ascii"))
        except OSError as error:
            raise StoreError(
                f"No temporary folder can be made: {error}.",
                hint="Check the free space; TMPDIR names another folder.",
            ) from error
        with suppress(OSError):  # no locks there: then nobody takes it for stale
            try_lock(lock)
        yield folder


def remove_leftovers(parent: Path, now_s: float | None = None) -> None:
    """Remove folders that `temporary_folder` made for processes since killed.

    A process holds a lock in its folder, and a dead one holds none. What belongs to
    another user is left alone, and so is what cannot be looked at or removed.

    Args:
        parent: the folder they are in.
        now_s: the time, in seconds since 1970; the clock's if None.
    """
    now_s = time.time() if now_s is None else now_s
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            is_recent = now_s - status.st_mtime < _STALE_S
            if is_recent or not stat.S_ISDIR(status.st_mode) or not _is_own(status):
                continue
            with (folder / _LOCK).open("r+", encoding="ascii") as lock:
                is_abandoned = try_lock(lock)
            if is_abandoned:
                shutil.rmtree(folder, ignore_errors=True)


def _is_own(status: os.stat_result) -> bool:
    # Windows tells no owner; each user has a temporary folder there.
    return os.name == "nt" or status.st_uid == os.getuid()
