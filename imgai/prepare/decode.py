"""Bytes to a small upright sRGB image: the door through which Pillow's errors come.

Pillow is given no metadata where it can be cut away, and only the format that the
content was recognised as. Work is done in the cheap order: the decoder shrinks
(`draft`), pixels are resized as they are stored, and only the small image is converted
and turned.
"""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from imgai.errors import ImageError, NotAnImage, OversizedImage, UnreadableImage
from imgai.prepare.anatomy import Anatomy, Format
from imgai.prepare.pixels import shrink, to_rgb

# Measured against 512 MB for a whole run: a larger picture does not fit beside others.
LARGEST_PX = 50_000_000
# A JPEG decoded in one pass, at an eighth of its size, takes a 64th of the memory.
LARGEST_DRAFTED_PX = 200_000_000
TALLEST = 4  # times the width setting: a long screenshot is not a strip of one pixel

_PLUGINS = {
    Format.JPEG: "JPEG",
    Format.PNG: "PNG",
    Format.WEBP: "WEBP",
    Format.GIF: "GIF",
    Format.TIFF: "TIFF",
    Format.BMP: "BMP",
    Format.AVIF: "AVIF",
    Format.HEIC: "HEIF",
}
# What the decoder is given at a time. Pillow's own 64 KB make it wait for Python's lock
# sixty times for a photo of 12 megapixels; a few MB more of memory are not felt.
_PIECE_BYTES = 4 * 2**20
_LEAST_SEEN = 0.05  # of the rows of a truncated picture
_SIDEWAYS = {5, 6, 7, 8}  # orientations that swap width and height
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ENDS = {  # what a truncated file lacks, so that the decoder gives what is there
    Format.JPEG: b"\xff\xd9",
    Format.PNG: b"\0\0\0\0IEND\xaeB`\x82",
}
_ORIENTATION = 0x0112
_LONGEST_SAYING = 280  # of a decoder, in characters

# Pillow's own guard would warn far below our limit; ours is checked in `decode`.
Image.MAX_IMAGE_PIXELS = LARGEST_DRAFTED_PX


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, upright, small, RGB, and what it was."""

    image: Image.Image
    width_px: int  # upright, before downscaling
    height_px: int
    is_truncated: bool


def decode(content: bytes, anatomy: Anatomy, width_px: int) -> Decoded:
    """Decode a file to at most `width_px` pixels across, and four times that down.

    Raises:
        NotAnImage: the decoder does not know the format after all.
        UnreadableImage: it is broken.
        OversizedImage: it has more pixels than imgai decodes, or memory ran out.
    """
    try:
        return _decode(content, anatomy, width_px)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise NotAnImage(
            f"its first bytes are a {anatomy.format}'s, its header is none"
        ) from error
    except (MemoryError, Image.DecompressionBombError) as error:
        raise OversizedImage("decoding it takes too much memory") from error
    # Pillow and the plugins raise ten different types for broken files, from
    # SyntaxError to struct.error; whatever one image causes, it is that image's fault.
    except Exception as error:
        raise UnreadableImage(f"the decoder says: {_on_one_line(error)}") from error


def _on_one_line(error: Exception) -> str:
    """Return what a decoder says, which may end lines or quote bytes of the file."""
    said = str(error)[:_LONGEST_SAYING]
    visible = (letter if letter.isprintable() else " " for letter in said)
    return " ".join("".join(visible).split())


def fitting(width_px: int, height_px: int, limit_px: int) -> tuple[int, int]:
    """Return the size after downscaling, in px: never larger, each side at least 1.

    Args:
        width_px: of the upright picture.
        height_px: of the upright picture.
        limit_px: the width setting.
    """
    scale = min(1.0, limit_px / width_px, TALLEST * limit_px / height_px)
    return max(1, round(width_px * scale)), max(1, round(height_px * scale))


def _decode(content: bytes, anatomy: Anatomy, limit_px: int) -> Decoded:
    pure = _without_metadata(content, anatomy)
    image = Image.open(io.BytesIO(pure), formats=[_PLUGINS[anatomy.format]])
    image.decodermaxblock = _PIECE_BYTES
    _check_size(image, anatomy)
    stored = image.size
    if anatomy.format is Format.JPEG:
        # Sideways pictures are shrunk before they are turned.
        image.draft(None, _stored_target(stored, anatomy.orientation, limit_px))
    is_cut = _load(image, anatomy)
    # A TIFF is upright by now, and its size swapped with it.
    stored = image.size if anatomy.format is Format.TIFF else stored
    orientation = _orientation(image, anatomy)
    small = shrink(image, _stored_target(stored, orientation, limit_px))
    small = to_rgb(small, image.info.get("icc_profile"))
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    width, height = reversed(stored) if orientation in _SIDEWAYS else stored
    return Decoded(small, width, height, is_cut)


def _without_metadata(content: bytes, anatomy: Anatomy) -> bytes:
    """Return what the decoder needs: broken metadata never costs the picture."""
    end = b"" if anatomy.is_complete else _ENDS.get(anatomy.format, b"")
    if anatomy.decoded == ((0, len(content)),) and not end:
        return content
    return b"".join([*(content[start:stop] for start, stop in anatomy.decoded), end])


def _check_size(image: Image.Image, anatomy: Anatomy) -> None:
    """Look once more at the size, as the decoder understood it, before any pixel."""
    width, height = image.size
    is_drafted = anatomy.format is Format.JPEG and anatomy.passes == 1
    largest = LARGEST_DRAFTED_PX if is_drafted else LARGEST_PX
    if width * height > largest:
        raise OversizedImage(f"{width} x {height} px are more than imgai decodes")


def _stored_target(
    stored: tuple[int, int], orientation: int, limit_px: int
) -> tuple[int, int]:
    """Return the size to shrink to, as the pixels lie before they are turned."""
    if orientation not in _SIDEWAYS:
        return fitting(*stored, limit_px)
    height, width = fitting(stored[1], stored[0], limit_px)
    return width, height


def _load(image: Image.Image, anatomy: Anatomy) -> bool:
    """Decode the pixels; return whether part of them is missing.

    A truncated PNG or GIF keeps the rows that could be read. Pillow would do the same
    under LOAD_TRUNCATED_IMAGES, but that switch is for the whole process, and makes
    it take damage for truncation.
    """
    try:
        image.load()
    except OSError:
        if anatomy.is_complete or anatomy.format not in {Format.PNG, Format.GIF}:
            raise
    else:
        return not anatomy.is_complete and anatomy.format is not Format.GIF
    image.tile = []  # type: ignore[attr-defined]  # of ImageFile; nothing left to read
    seen = image.getbbox(alpha_only=False)
    if seen is None or seen[3] < _LEAST_SEEN * image.height:
        raise UnreadableImage("it breaks off before there is anything to see")
    return True


def _orientation(image: Image.Image, anatomy: Anatomy) -> int:
    """Return how to turn the image: EXIF's value, 1 to 8."""
    if anatomy.format not in {Format.AVIF, Format.HEIC}:
        return anatomy.orientation
    try:
        # Their plugins put their own rotation in EXIF's terms, or have applied it.
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  (broken EXIF never costs the picture)
        return 1
    return value if value in _TURNS else 1
