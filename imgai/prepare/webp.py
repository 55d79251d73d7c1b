"""Takes a WebP apart by its chunks, without decoding it.

What makes the picture: the frames, their alpha, and the ICC profile. The extended
header is left out of that, since it appears as soon as metadata does; its size of the
canvas matters for animations only, and lies before their ANIM chunk.
"""

from collections.abc import Iterator
from typing import TypeAlias

from imgai.errors import NotAnImage, Reason, UnreadableImage
from imgai.prepare.anatomy import MOST_SEGMENTS, Anatomy, Format, Spans
from imgai.prepare.exif import Tiff, read_tiff

_RIFF_BYTES = 12
_HEADER_BYTES = 8  # of a chunk: its name and size
_FRAMES = {b"VP8 ", b"VP8L", b"ANMF"}
_PICTURE = _FRAMES | {b"ALPH", b"ANIM", b"ICCP"}
# libwebp's animation decoder, the one Pillow uses, holds two canvases, and Pillow a
# copy and the image: 17 bytes a pixel measured.
_BYTES_PER_PX = 17

Chunk: TypeAlias = tuple[int, int]  # first byte and end, in the file


def dissect(content: bytes) -> Anatomy:
    """Take a WebP apart.

    Args:
        content: begins with a RIFF header that says WEBP.

    Raises:
        NotAnImage: nothing follows the header.
        UnreadableImage: no frame.
    """
    if len(content) < _RIFF_BYTES + _HEADER_BYTES:
        raise NotAnImage("a WebP's first bytes, and nothing behind them")
    picture = Spans()
    exif: Tiff | None = None
    first: dict[bytes, Chunk] = {}
    for kind, start, end in _chunks(content):
        first.setdefault(kind, (start, end))
        if kind == b"ANIM" and b"VP8X" in first:
            picture.add(first[b"VP8X"][0] + 12, first[b"VP8X"][0] + 18)
        if kind in _PICTURE:
            picture.add(start, end)
        if kind == b"EXIF" and exif is None:
            exif = read_tiff(memoryview(content)[start + _HEADER_BYTES : end])
    if not _FRAMES & first.keys():
        raise UnreadableImage("the WebP holds no frame", reason=Reason.CORRUPT)
    width_px, height_px = _size(content, first)
    return Anatomy(
        Format.WEBP,
        width_px,
        height_px,
        bytes_per_px=_BYTES_PER_PX,
        picture=picture.all(),
        decoded=((0, len(content)),),
        orientation=exif.orientation if exif else 1,
        taken_at=exif.taken_at if exif else None,
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's name, first byte and end, padding included."""
    start = _RIFF_BYTES
    for _ in range(MOST_SEGMENTS):
        if start + _HEADER_BYTES > len(content):
            return
        length = int.from_bytes(content[start + 4 : start + 8], "little")
        end = start + _HEADER_BYTES + length + length % 2
        yield content[start : start + 4], start, min(end, len(content))
        start = end


def _size(content: bytes, first: dict[bytes, Chunk]) -> tuple[int, int]:
    """Return the canvas's width and height in px, from the chunk that tells it.

    Source: RFC 9649, sections 2.7 and 3.4; RFC 6386, section 9.1.

    Raises:
        UnreadableImage: the frame does not begin as it must.
    """
    for kind in (b"VP8X", b"VP8L", b"VP8 "):
        if kind not in first:
            continue
        start = first[kind][0] + _HEADER_BYTES
        body = content[start : start + 10]
        if kind == b"VP8X":
            width = int.from_bytes(body[4:7], "little") + 1
            return width, int.from_bytes(body[7:10], "little") + 1
        mark = b"\x2f" if kind == b"VP8L" else b"\x9d\x01\x2a"
        if not body[0 if kind == b"VP8L" else 3 :].startswith(mark):
            raise UnreadableImage("the WebP's frame is broken", reason=Reason.CORRUPT)
        if kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        width = int.from_bytes(body[6:8], "little") & 0x3FFF
        return width, int.from_bytes(body[8:10], "little") & 0x3FFF
    return 0, 0
