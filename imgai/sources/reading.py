"""Reads one file whole: a regular one, of bounded size, that holds still meanwhile."""

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from imgai.domain.images import ImageFile, SourceImage
from imgai.errors import (
    ImageError,
    NotAnImage,
    OversizedImage,
    Reason,
    SourceNotFound,
    UnavailableImage,
    UnreadableImage,
)
from imgai.sources.location import uri_to_path
from imgai.sources.names import is_image_name
from imgai.sources.opening import mtime_ns_of, open_file, reason_for

# Looks at a file's first bytes, at most `HEAD_BYTES`, and raises NotAnImage if they
# are not those of an image, so that the rest need not be read.
CheckHead: TypeAlias = Callable[[bytes], object]
HEAD_BYTES = 4096

# Smaller files are read whole at once: what comes after can tell more about them.
_WORTH_A_LOOK_BYTES = 2**20

# A whole file is held in memory while it is looked at, by several workers at once.
# The largest JPEGs of cameras have 80 MB; what is larger is a scan or no photo.
LARGEST_FILE_BYTES = 256 * 1024 * 1024

# File systems keep times in steps of up to 2 s (FAT): a file that was written again
# within such a step would look unchanged for ever.
_UNTRUSTED_NS = 2_000_000_000
_TRIES = 2


def accept_any(head: bytes) -> None:
    """Accept a file whatever it begins with; a `CheckHead`."""
    del head


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How files are read.

    Attributes:
        largest_bytes: larger ones are not read.
        check_head: looks at the beginning of a large file before the rest is read.
        worth_a_look_bytes: what is larger than this is large in that sense.
        now_ns: the clock, since 1970.
    """

    largest_bytes: int = LARGEST_FILE_BYTES
    check_head: CheckHead = accept_any
    worth_a_look_bytes: int = _WORTH_A_LOOK_BYTES
    now_ns: Callable[[], int] = time.time_ns


class _ChangedError(Exception):
    """The file was written to while it was read."""


def read_file(image: SourceImage, rules: ReadingRules) -> ImageFile:
    """Return a file's bytes, size and time, all of the same moment.

    The time is None when the file was written within 2 s of the reading.

    Raises:
        ImageError: as `Source.read` says.
    """
    try:
        path = uri_to_path(image.uri)
    except SourceNotFound as error:
        raise UnavailableImage(str(error), reason=Reason.VANISHED) from error
    try:
        for _ in range(_TRIES):
            try:
                return _read_once(image.uri, path, rules)
            except _ChangedError:
                continue
    except OSError as error:
        raise _translated(error) from error
    raise UnavailableImage("It was being written to.", reason=Reason.CHANGED)


def _read_once(uri: str, path: str, rules: ReadingRules) -> ImageFile:
    file = open_file(path)
    try:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            raise NotAnImage("It is no regular file.", reason=Reason.NOT_REGULAR)
        is_too_large = before.st_size > rules.largest_bytes
        # A film of 4 GB is no image, and a .jpg of 4 GB is an image too large.
        if is_too_large and is_image_name(path):
            raise too_large(before.st_size, rules)
        if before.st_size > rules.worth_a_look_bytes:
            rules.check_head(os.read(file, HEAD_BYTES))
            # From its beginning again: to join the two takes 0.5 ms for 4 MB.
            os.lseek(file, 0, os.SEEK_SET)
        if is_too_large:
            raise too_large(before.st_size, rules)
        # One byte more than there should be shows a file that is growing.
        content = _read_up_to(file, before.st_size + 1)
        after = os.fstat(file)
    finally:
        os.close(file)
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not is_same or len(content) != after.st_size:
        raise _ChangedError
    age_ns = rules.now_ns() - after.st_mtime_ns
    mtime_ns = None if abs(age_ns) <= _UNTRUSTED_NS else mtime_ns_of(after)
    return ImageFile(SourceImage(uri, after.st_size, mtime_ns, None), content)


def too_large(size_bytes: int, rules: ReadingRules) -> OversizedImage:
    """Return the error that says how large a file is, and how large it may be."""
    return OversizedImage(
        f"It has {size_bytes:,} bytes; imgai reads at most {rules.largest_bytes:,}."
    )


def _read_up_to(file: int, most_bytes: int) -> bytes:
    parts = []
    missing = most_bytes
    while missing > 0 and (part := os.read(file, missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _translated(error: OSError) -> ImageError:
    reason = reason_for(error)
    match reason:
        case Reason.NOT_REGULAR:
            return NotAnImage("It is no regular file.", reason=reason)
        case Reason.VANISHED:
            return UnavailableImage("It is no longer there.", reason=reason)
        case _:
            refused = UnreadableImage(
                f"It cannot be read: {error.strerror}.", reason=reason
            )
            # A permission or a cable is mended without the file's time changing.
            refused.is_permanent = False
            return refused
