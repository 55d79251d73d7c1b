"""Reads the headers of the simple formats: GIF, TIFF and BMP.

Their picture hash is that of the file. TIFF could be told apart like JPEG, but its
pixels lie at addresses that its directories hold, and few editors touch them.
"""

from imgai.errors import NotAnImage, Reason
from imgai.prepare import exif as tags
from imgai.prepare.anatomy import Anatomy, Format
from imgai.prepare.exif import Tiff, read_tiff

_GIF_TRAILER = 0x3B
_CFA, _LINEAR_RAW = 32803, 34892  # photometric interpretations of sensor data
# Compressions that only cameras write: Sony, Nikon, Pentax, Samsung, Kodak.
_RAW_COMPRESSIONS = {32767, 32769, 32770, 32772, 34713, 65000, 65535}
# Canon's CR2, and Phase One's IIQ in both byte orders.
_RAW_MARKS = {b"CR": 8, b"IIII": 8, b"MMMM": 8}


def dissect_gif(content: bytes) -> Anatomy:
    """Read a GIF's header; width and height are the canvas's."""
    return Anatomy(
        Format.GIF,
        int.from_bytes(content[6:8], "little"),
        int.from_bytes(content[8:10], "little"),
        bytes_per_px=2,
        picture=((0, len(content)),),
        decoded=((0, len(content)),),
        is_complete=content.rstrip(b"\0")[-1:] == bytes([_GIF_TRAILER]),
    )


def dissect_bmp(content: bytes) -> Anatomy:
    """Read a BMP's header; a negative height means that rows run downwards."""
    if int.from_bytes(content[14:18], "little") == 12:  # noqa: PLR2004  (OS/2's header)
        width = int.from_bytes(content[18:20], "little")
        height = int.from_bytes(content[20:22], "little")
    else:
        width = int.from_bytes(content[18:22], "little", signed=True)
        height = int.from_bytes(content[22:26], "little", signed=True)
    whole = ((0, len(content)),)
    return Anatomy(Format.BMP, abs(width), abs(height), 6, picture=whole, decoded=whole)


def dissect_tiff(content: bytes) -> Anatomy:
    """Read a TIFF's first directory.

    Raises:
        NotAnImage: it is a camera's raw file. Pillow would read the small preview
            in it, and models would judge the photo by a thumbnail.
    """
    tiff = read_tiff(content)
    if tiff and _is_camera_raw(content, tiff):
        raise NotAnImage("a camera's raw file", reason=Reason.CAMERA_RAW)
    first = tiff.first if tiff else {}
    width = tiff.integers(first.get(tags.IMAGE_WIDTH)) if tiff else []
    height = tiff.integers(first.get(tags.IMAGE_LENGTH)) if tiff else []
    whole = ((0, len(content)),)
    return Anatomy(
        Format.TIFF,
        width[0] if width else 0,
        height[0] if height else 0,
        bytes_per_px=6,
        picture=whole,
        decoded=whole,
        taken_at=tiff.taken_at if tiff else None,
    )


def _is_camera_raw(content: bytes, tiff: Tiff) -> bool:
    """Whether the file, or a sub-image of it, holds what a sensor saw."""
    if any(content.startswith(mark, at) for mark, at in _RAW_MARKS.items()):
        return True
    if tags.DNG_VERSION in tiff.first:
        return True
    for directory in tiff.directories():
        kinds = tiff.integers(directory.get(tags.PHOTOMETRIC))
        packings = tiff.integers(directory.get(tags.COMPRESSION))
        if {_CFA, _LINEAR_RAW} & set(kinds) or _RAW_COMPRESSIONS & set(packings):
            return True
    return False
