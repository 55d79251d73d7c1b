"""Opens files and folders by paths of any length, and never waits for a FIFO."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from imgai.errors import Reason

# Windows has none of these: there, nothing but a regular file can be opened so.
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FILE_FLAGS = (
    os.O_RDONLY
    | _NONBLOCK
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER_FLAGS = os.O_RDONLY | _DIRECTORY | getattr(os, "O_CLOEXEC", 0)

CAN_OPEN_FOLDERS = os.scandir in os.supports_fd and os.stat in os.supports_dir_fd

# A path longer than PATH_MAX (4,096 bytes on Linux, 1,024 on macOS) is opened in
# pieces of at most this many names, each at most 255 bytes.
_NAMES_A_STEP = 3

_MOST_NS = 2**63 - 1  # what SQLite holds


def open_file(path: str) -> int:
    """Return a descriptor to read a file from; opening a FIFO does not block.

    Raises:
        OSError: as from `os.open`, but not for the length of the path.
    """
    try:
        return os.open(path, _FILE_FLAGS)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG or not CAN_OPEN_FOLDERS:
            raise
    folder, _, name = path.rpartition("/")
    with _opened(_open_stepwise(folder)) as above:
        return os.open(name, _FILE_FLAGS, dir_fd=above)


def open_folder(path: str, *, follows_link: bool) -> int:
    """Return a descriptor of a folder, for `os.scandir` and ``dir_fd``.

    Args:
        path: only where `CAN_OPEN_FOLDERS`.
        follows_link: whether the last name may be a link.

    Raises:
        OSError: as from `os.open`, but not for the length of the path.
    """
    flags = _FOLDER_FLAGS if follows_link else _FOLDER_FLAGS | _NOFOLLOW
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    return _open_stepwise(path)


def status_of(path: str) -> os.stat_result:
    """Return `os.stat` of a path of any length, links followed.

    Raises:
        OSError: as from `os.stat`, but not for the length of the path.
    """
    try:
        return os.stat(path)  # noqa: PTH116  strings: a million paths pass here
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG or not CAN_OPEN_FOLDERS:
            raise
    folder, _, name = path.rpartition("/")
    with _opened(_open_stepwise(folder)) as above:
        return os.stat(name, dir_fd=above)


def mtime_ns_of(status: os.stat_result) -> int:
    """Return when a file was last written, in ns since 1970, to at most 64 bits.

    Wrong clocks write times beyond the years 1677 to 2262. The database holds no such
    number, and the nearest one tells an unchanged file as well.
    """
    return min(max(status.st_mtime_ns, -_MOST_NS - 1), _MOST_NS)


def reason_for(error: OSError) -> Reason:
    """Return why something cannot be read, in the word that is kept for it."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return Reason.VANISHED
        case errno.ELOOP | errno.ENXIO | errno.ENODEV | errno.EOPNOTSUPP:
            return Reason.NOT_REGULAR  # a link to itself; a socket, a dead device
        case _:
            return Reason.UNREADABLE


def _open_stepwise(path: str) -> int:
    names = [name for name in path.split("/") if name]
    here = os.open("/" if path.startswith("/") else ".", _FOLDER_FLAGS)
    for start in range(0, len(names), _NAMES_A_STEP):
        step = "/".join(names[start : start + _NAMES_A_STEP])
        with _opened(here) as above:
            here = os.open(step, _FOLDER_FLAGS, dir_fd=above)
    return here


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
