"""Sidecars on the disk: how they are called, read, replaced whole, and taken away."""

import os
import stat
import tempfile
from pathlib import Path

from imgai.domain.tags import Naming
from imgai.xmp.document import LARGEST_BYTES

# Not on Windows, which has neither such links nor such waiting.
_CAREFULLY = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe named like a sidecar would be waited for
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_HIDDEN = ".imgai-"  # a file that is being written is no image to anybody


class SidecarError(Exception):
    """This one sidecar cannot be read or written; it is as it was."""


def sidecar_path(image: Path, naming: Naming) -> Path:
    """Return where an image's sidecar is, or would be."""
    match naming:
        case Naming.ADOBE:
            return image.with_suffix(".xmp")
        case Naming.DARKTABLE:
            return image.with_name(image.name + ".xmp")


def read_sidecar(path: Path) -> bytes | None:
    """Return a sidecar's bytes; None if there is none.

    Raises:
        SidecarError: it is there and cannot be read, or is no regular file.
    """
    try:
        file = os.open(path, _CAREFULLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot("read", error) from error
    with os.fdopen(file, "rb") as opened:
        held = os.fstat(file)
        if not stat.S_ISREG(held.st_mode):
            raise SidecarError("It is no regular file.")
        if held.st_size > LARGEST_BYTES:
            raise SidecarError(f"It has {held.st_size:,} bytes: that is no sidecar.")
        try:
            return opened.read(LARGEST_BYTES + 1)
        except OSError as error:
            raise _cannot("read", error) from error


def replace_sidecar(path: Path, before: bytes | None, content: bytes) -> None:
    """Put a sidecar in the place of what was read there, all of it or nothing.

    It keeps the permissions of the one it replaces.

    Args:
        path: of the sidecar.
        before: what was read there; None: there was none.
        content: what is to be there.

    Raises:
        SidecarError: it cannot be written, or was changed meanwhile.
    """
    try:
        file, name = tempfile.mkstemp(prefix=_HIDDEN, suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise _cannot("written", error) from error
    new = Path(name)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(file)
        new.chmod(_mode(path))
        if read_sidecar(path) != before:
            raise SidecarError("Another program changed it just now.")
        new.replace(path)
    except OSError as error:
        raise _cannot("written", error) from error
    finally:
        new.unlink(missing_ok=True)


def remove_sidecar(path: Path, before: bytes) -> None:
    """Take a sidecar away that holds just these bytes.

    Raises:
        SidecarError: it cannot be removed, or was changed meanwhile.
    """
    if read_sidecar(path) != before:
        raise SidecarError("Another program changed it just now.")
    try:
        path.unlink()
    except OSError as error:
        raise _cannot("removed", error) from error


def _mode(path: Path) -> int:
    """Return the permissions of the file that is there, or those of any new one."""
    try:
        return stat.S_IMODE(path.stat(follow_symlinks=False).st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _cannot(what: str, error: OSError) -> SidecarError:
    return SidecarError(f"It cannot be {what}: {error.strerror or error}.")
