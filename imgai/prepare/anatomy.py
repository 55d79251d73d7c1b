"""What a file is made of, as far as that shows without decoding it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]  # first byte, and the one after the last

# A hostile file may hold a segment every four bytes. No honest one has this many;
# what follows is then taken as it stands.
MOST_SEGMENTS = 100_000


class Format(StrEnum):
    """The formats that imgai reads."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    TIFF = "tiff"
    BMP = "bmp"
    AVIF = "avif"
    HEIC = "heic"
    RAW = "raw"  # a camera's, of any make; only with imgai[raw]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Where a file keeps what, and what decoding it would take.

    Sizes are those of the pixels as stored, before any orientation is applied; 0
    means that the header does not say.
    """

    format: Format
    width_px: int
    height_px: int
    bytes_per_px: float  # at the peak of a full-size decode
    picture: tuple[Span, ...]  # what makes the pixels: the picture hash is of these
    decoded: tuple[Span, ...]  # what the decoder is given: no metadata to trip over
    orientation: int = 1  # EXIF, 1 to 8; 1 where the decoder applies it by itself
    taken_at: datetime | None = None
    kept_bytes_per_px: float = 0.0  # of that, what a decode at a smaller size needs too
    passes: int = 1  # how often the decoder goes over the whole picture
    is_complete: bool = True  # False: the end of the file is missing

    @property
    def pixels(self) -> int:
        """How many pixels a full-size decode makes."""
        return self.width_px * self.height_px


class Spans:
    """Collects spans in order, joining those that touch."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def add(self, start: int, end: int) -> None:
        """Append bytes from `start` up to `end`; nothing if there are none."""
        if start >= end:
            return
        if self._spans and self._spans[-1][1] == start:
            self._spans[-1] = (self._spans[-1][0], end)
        else:
            self._spans.append((start, end))

    def all(self) -> tuple[Span, ...]:
        """Return what was collected."""
        return tuple(self._spans)
