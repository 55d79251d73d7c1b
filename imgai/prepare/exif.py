"""Reads the few EXIF and TIFF tags imgai needs, and never raises over broken ones.

Pillow could read EXIF too, but only of an image it has opened: the identity of a
picture must not depend on what the installed decoder thinks of the rest of the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# Tags, by their names in the EXIF and TIFF specifications.
IMAGE_WIDTH = 0x0100
IMAGE_LENGTH = 0x0101
COMPRESSION = 0x0103
PHOTOMETRIC = 0x0106
ORIENTATION = 0x0112
SUB_IFDS = 0x014A
_EXIF_IFD = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_DATE_TIME_DIGITIZED = 0x9004
DNG_VERSION = 0xC612

_MOST_ENTRIES = 1024  # of one directory; a camera writes some dozens
_MOST_VALUES = 16  # of one tag that are read
_ENTRY_BYTES = 12
_INLINE_BYTES = 4
_ASCII = 2
_INTEGER_BYTES = {1: 1, 3: 2, 4: 4, 13: 4}  # BYTE, SHORT, LONG, IFD
_UPRIGHT, _LAST_ORIENTATION = 1, 8


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry of a directory: its type, its count and where its value lies."""

    kind: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF structure: a TIFF file, or the EXIF block of another format."""

    content: memoryview
    order: Literal["little", "big"]

    def directory(self, at: int) -> dict[int, Tag]:
        """Return the tags of the directory at an offset; what is broken is left out."""
        entries = min(self._integer(at, 2), _MOST_ENTRIES)
        tags: dict[int, Tag] = {}
        for start in range(at + 2, at + 2 + entries * _ENTRY_BYTES, _ENTRY_BYTES):
            if start + _ENTRY_BYTES > len(self.content):
                break
            kind, count = self._integer(start + 2, 2), self._integer(start + 4, 4)
            width = _INTEGER_BYTES.get(kind, 1)
            fits = count * width <= _INLINE_BYTES
            value_at = start + 8 if fits else self._integer(start + 8, 4)
            tags.setdefault(self._integer(start, 2), Tag(kind, count, value_at))
        return tags

    @property
    def first(self) -> dict[int, Tag]:
        """The tags of the first directory."""
        return self.directory(self._integer(4, 4))

    def integers(self, tag: Tag | None) -> list[int]:
        """Return a tag's values; empty if there are none or they are no integers."""
        width = _INTEGER_BYTES.get(tag.kind) if tag else None
        if tag is None or width is None:
            return []
        end = min(tag.at + min(tag.count, _MOST_VALUES) * width, len(self.content))
        return [self._integer(at, width) for at in range(tag.at, end, width)]

    def text(self, tag: Tag | None) -> str:
        """Return a tag's text, up to 64 characters; empty if it has none."""
        if tag is None or tag.kind != _ASCII:
            return ""
        raw = bytes(self.content[tag.at : tag.at + min(tag.count, 64)])
        return raw.partition(b"\0")[0].decode("ascii", "replace").strip()

    @property
    def orientation(self) -> int:
        """EXIF's orientation, 1 to 8; 1 where it says nothing sensible."""
        values = self.integers(self.first.get(ORIENTATION))
        if values and _UPRIGHT <= values[0] <= _LAST_ORIENTATION:
            return values[0]
        return _UPRIGHT

    @property
    def taken_at(self) -> datetime | None:
        """When the camera says the photo was taken, in its own local time.

        The date of the last change (DateTime) is not asked: editors set it.
        """
        for at in self.integers(self.first.get(_EXIF_IFD))[:1]:
            tags = self.directory(at)
            for name in (_DATE_TIME_ORIGINAL, _DATE_TIME_DIGITIZED):
                if when := _moment(self.text(tags.get(name))):
                    return when
        return None

    def directories(self) -> Iterator[dict[int, Tag]]:
        """Yield the first directory and those of its sub-images."""
        first = self.first
        yield first
        for at in self.integers(first.get(SUB_IFDS)):
            yield self.directory(at)

    def _integer(self, at: int, width: int) -> int:
        """Read an unsigned integer; past the end counts as zeros."""
        return int.from_bytes(self.content[at : at + width], self.order)


def read_tiff(content: bytes | memoryview) -> Tiff | None:
    """Return a TIFF structure to ask for tags; None if it does not begin like one.

    Args:
        content: begins with the byte order, or with the `Exif` mark before it.
    """
    view = memoryview(content)
    if bytes(view[:6]) in {b"Exif\0\0", b"Exif\0\xff"}:
        view = view[6:]
    match bytes(view[:4]):
        case b"II*\0":
            return Tiff(view, "little")
        case b"MM\0*":
            return Tiff(view, "big")
        case _:
            return None


def _moment(text: str) -> datetime | None:
    """Read EXIF's "2024:06:30 12:00:00"; some writers use dashes or a T."""
    try:
        return datetime.strptime(  # noqa: DTZ007  (EXIF's local time has no zone)
            text[:19].replace("-", ":").replace("T", " "), "%Y:%m:%d %H:%M:%S"
        )
    except ValueError:  # "0000:00:00 00:00:00", blanks, anything
        return None
