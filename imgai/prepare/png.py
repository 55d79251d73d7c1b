"""Takes a PNG apart by its chunks, without decoding it.

What makes the picture: header, palette, transparency, image data, the frames of an
animation, and whatever says which colours the numbers mean. Text, times, EXIF and
private chunks are metadata; only the orientation in EXIF counts.
"""

from collections.abc import Iterator

from imgai.errors import NotAnImage, Reason, UnreadableImage
from imgai.prepare.anatomy import MOST_SEGMENTS, Anatomy, Format, Spans
from imgai.prepare.exif import Tiff, read_tiff

_SIGNATURE_BYTES = 8
_TYPE_BYTES = 4
_FRAME_BYTES = 12  # of a chunk besides its body: length, type, CRC
_COLOUR = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"}
_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
_PICTURE = _COLOUR | _PIXELS | _ANIMATION
# The first frame is what models see, and Pillow stumbles over broken later ones.
_DECODED = _COLOUR | _PIXELS | {b"IEND"}
_COLOUR_BYTES = 5
_BYTES_PER_PX = {b"\0": 2, b"\3": 2}  # by colour type: grey and palette are smaller


def dissect(content: bytes) -> Anatomy:
    """Take a PNG apart.

    Args:
        content: begins with PNG's signature.

    Raises:
        NotAnImage: the header does not follow the signature.
        UnreadableImage: no image data.
    """
    if content[12:16] != b"IHDR":
        raise NotAnImage("a PNG's signature, and no PNG behind it")
    picture, decoded = Spans(), Spans()
    picture.add(0, _SIGNATURE_BYTES)
    decoded.add(0, _SIGNATURE_BYTES)
    exif: Tiff | None = None
    kinds: set[bytes] = set()
    for kind, start, end in _chunks(content):
        kinds.add(kind)
        if kind in _PICTURE:
            picture.add(start, end)
        if kind in _DECODED:
            decoded.add(start, end)
        if kind == b"eXIf" and exif is None:
            exif = read_tiff(memoryview(content)[start + 8 : end - 4])
    if b"IDAT" not in kinds:
        raise UnreadableImage("the PNG holds no image data", reason=Reason.CORRUPT)
    return Anatomy(
        Format.PNG,
        int.from_bytes(content[16:20], "big"),
        int.from_bytes(content[20:24], "big"),
        bytes_per_px=_BYTES_PER_PX.get(content[25:26], _COLOUR_BYTES),
        picture=picture.all(),
        decoded=decoded.all(),
        orientation=exif.orientation if exif else 1,
        taken_at=exif.taken_at if exif else None,
        is_complete=b"IEND" in kinds,
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's type, first byte and end, up to IEND or the file's end."""
    start = _SIGNATURE_BYTES
    for _ in range(MOST_SEGMENTS):
        kind = content[start + 4 : start + 8]
        if len(kind) < _TYPE_BYTES:
            return
        end = start + _FRAME_BYTES + int.from_bytes(content[start : start + 4], "big")
        yield kind, start, min(end, len(content))
        if kind == b"IEND":
            return
        start = end
