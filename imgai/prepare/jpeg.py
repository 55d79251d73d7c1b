"""Takes a JPEG apart by its segments, without decoding it.

What makes the picture: the frame, tables and scans, the ICC profile, and Adobe's
marker, which says how colours are coded. Everything else an application may write,
change or drop is metadata: EXIF and XMP (APP1), the multi-picture index and other
users of APP2, IPTC (APP13), comments, and whatever follows the picture's end
(a second image, a gain map, a phone's short film). JFIF's marker counts as metadata
too, since tools add and drop it; but the decoder is given it, for it can settle what
the three channels are.
"""

import re
from dataclasses import dataclass, field

from imgai.errors import NotAnImage, Reason, UnreadableImage
from imgai.prepare.anatomy import MOST_SEGMENTS, Anatomy, Format, Spans
from imgai.prepare.exif import Tiff, read_tiff

_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # passes over restarts

_APP0, _APP1, _APP2, _APP14, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_METADATA = {*range(_APP0, _APP0 + 16), _COMMENT}
_NO_METADATA = {_APP2: b"ICC_PROFILE\0", _APP14: b"Adobe"}  # by how they begin
_NOTHING = b"\xff" * 15  # longer than what it is compared with
_START_OF_SCAN, _END = 0xDA, 0xD9
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_FRAME_BYTES = 10  # marker, length, precision, height, width, channels

# The decoder keeps every coefficient, 2 bytes each, if it has to come back to them.
_COEFFICIENT_BYTES = 2
_PIXEL_BYTES = 4  # Pillow pads colour to four bytes a pixel


@dataclass(slots=True)
class _Reading:
    """What has been met so far."""

    picture: Spans = field(default_factory=Spans)
    decoded: Spans = field(default_factory=Spans)
    segments: int = 0
    exif: Tiff | None = None
    width_px: int = 0
    height_px: int = 0
    channels: int = 0
    samples_per_px: float = 0.0  # of all channels together: 1.5 where colour is halved
    is_progressive: bool = False
    scans: int = 0
    first_scan_channels: int = 0
    coded_bytes: int = 0
    is_complete: bool = False

    def keep(self, start: int, end: int) -> None:
        """Count bytes as the picture's."""
        self.picture.add(start, end)
        self.decoded.add(start, end)


def dissect(content: bytes) -> Anatomy:
    """Take a JPEG apart.

    Args:
        content: begins with JPEG's first marker.

    Raises:
        NotAnImage: no segment follows the first marker, or the frame has no width.
        UnreadableImage: no frame, or no image data.
    """
    reading = _read(content)
    if not reading.segments or (reading.channels and not reading.width_px):
        raise NotAnImage("a JPEG's first bytes, and no JPEG behind them")
    if not (reading.channels and reading.coded_bytes):
        raise UnreadableImage("the JPEG holds no image data", reason=Reason.CORRUPT)
    in_one_pass = (
        not reading.is_progressive and reading.first_scan_channels >= reading.channels
    )
    kept = 0 if in_one_pass else reading.samples_per_px * _COEFFICIENT_BYTES
    return Anatomy(
        Format.JPEG,
        reading.width_px,
        reading.height_px,
        bytes_per_px=_PIXEL_BYTES + kept,
        kept_bytes_per_px=kept,
        picture=reading.picture.all(),
        decoded=reading.decoded.all(),
        orientation=reading.exif.orientation if reading.exif else 1,
        taken_at=reading.exif.taken_at if reading.exif else None,
        passes=1 if in_one_pass else reading.scans + 1,
        is_complete=reading.is_complete,
    )


def _read(content: bytes) -> _Reading:
    """Walk the segments, up to the picture's end or the file's."""
    reading = _Reading()
    reading.keep(0, 2)
    at = 2
    for _ in range(MOST_SEGMENTS):
        marker = _MARKER.search(content, at)
        if marker is None:
            return reading
        start, kind = marker.start(), content[marker.start() + 1]
        at = start + 2
        if kind == _END:
            reading.keep(start, at)
            reading.is_complete = True
            return reading
        if kind in _ALONE:
            continue
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2 or at + length > len(content):  # noqa: PLR2004  (its own two bytes)
            return reading
        at += length
        reading.segments += 1
        _take(reading, content, kind, (start, at))
        if kind == _START_OF_SCAN:
            at = _scan(reading, content, start, at)
    reading.keep(at, len(content))
    return reading


def _take(
    reading: _Reading, content: bytes, kind: int, segment: tuple[int, int]
) -> None:
    """File one segment under what it is good for."""
    start, end = segment
    body = content[start + 4 : min(end, start + 18)]
    if kind == _APP1 and reading.exif is None and body.startswith(b"Exif\0"):
        reading.exif = read_tiff(memoryview(content)[start + 4 : end])
    elif kind == _APP0 and body.startswith(b"JFIF\0"):
        reading.decoded.add(start, end)
    elif kind not in _METADATA or body.startswith(_NO_METADATA.get(kind, _NOTHING)):
        reading.keep(start, end)
    if kind in _FRAMES and end - start >= _FRAME_BYTES:
        reading.height_px = int.from_bytes(body[1:3], "big")
        reading.width_px = int.from_bytes(body[3:5], "big")
        reading.channels = body[5]
        reading.samples_per_px = _samples_per_px(content[start + 10 : end])
        reading.is_progressive = kind in _PROGRESSIVE


def _samples_per_px(channels: bytes) -> float:
    """Return how many samples a pixel has, from a frame's list of its channels."""
    factors = [(packed >> 4) * (packed & 15) for packed in channels[1::3]]
    return sum(factors) / max(1, *factors, 1)


def _scan(reading: _Reading, content: bytes, header: int, at: int) -> int:
    """Take in the coded data of a scan and return where it ends."""
    marker = _MARKER_IN_SCAN.search(content, at)
    end = marker.start() if marker else len(content)
    reading.keep(at, end)
    reading.coded_bytes += end - at
    if reading.scans == 0:
        reading.first_scan_channels = int.from_bytes(content[header + 4 : header + 5])
    reading.scans += 1
    return end
