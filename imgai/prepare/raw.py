"""Camera raw files, with `imgai[raw]`: the full-size preview that cameras embed.

The preview is the picture as the camera developed it, and as its owner knows it; to
develop the sensor's data here would take seconds a picture and look worse. The
thumbnail of 160 pixels, which is also in there, is never taken.
"""

import io
import os
import re
from dataclasses import replace
from typing import NoReturn

from imgai.errors import NotAnImage, Reason, UnreadableImage
from imgai.prepare import jpeg
from imgai.prepare.anatomy import Anatomy, Format
from imgai.prepare.exif import read_tiff

# The longer side of what counts as the picture. Cameras embed 1,024 px and more, or
# thumbnails of 160 to 640.
_SMALLEST_PX = 1_000
_EXIF_BLOCK = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
_HEAD_BYTES = 1_000_000  # where EXIF is, in those that are no TIFF
# LibRaw's word for how the camera was held, in EXIF's.
_ORIENTATIONS = {3: 3, 5: 8, 6: 6}
_SIDEWAYS = {6, 8}


def dissect(content: bytes) -> Anatomy:
    """Return what is known of a raw file without opening it: little but its date.

    Its size is 0, unknown, which sends it to a child process: LibRaw reads the formats
    of a hundred cameras, in C++.
    """
    exif = read_tiff(content)
    if exif is None and (found := _EXIF_BLOCK.search(content, 0, _HEAD_BYTES)):
        exif = read_tiff(memoryview(content)[found.start() :])
    whole = ((0, len(content)),)
    return Anatomy(
        Format.RAW,
        0,
        0,
        bytes_per_px=0,
        picture=whole,
        decoded=whole,
        taken_at=exif.taken_at if exif else None,
    )


def embedded_picture(content: bytes) -> tuple[bytes, Anatomy]:
    """Return the preview in a raw file, a JPEG, and what it is made of.

    Its orientation is set so that it comes out upright. To be called in a child
    process only: see `dissect`.

    Raises:
        NotAnImage: there is no preview in it, or just a thumbnail.
        UnreadableImage: LibRaw cannot read it.
    """
    # A child's memory is limited, and numpy's threads would reserve most of it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import rawpy  # noqa: PLC0415  (100 ms; only with imgai[raw])

    try:
        with rawpy.imread(io.BytesIO(content)) as raw:
            thumb = raw.extract_thumb()
            turn = _ORIENTATIONS.get(raw.sizes.flip, 1)
    except rawpy.LibRawFileUnsupportedError:
        _refuse("what LibRaw does not read")  # such as a camera newer than it
    except rawpy.LibRawNoThumbnailError:
        _refuse("no preview")
    except rawpy.LibRawUnsupportedThumbnailError:
        _refuse("no preview that can be read")
    except rawpy.LibRawError as error:
        raise UnreadableImage(f"LibRaw says: {error}") from error
    if thumb.format is not rawpy.ThumbFormat.JPEG or not isinstance(thumb.data, bytes):
        _refuse("no preview but a bitmap")
    anatomy = jpeg.dissect(thumb.data)
    if max(anatomy.width_px, anatomy.height_px) < _SMALLEST_PX:
        _refuse(f"no preview but {anatomy.width_px} x {anatomy.height_px} px")
    return thumb.data, _turned(anatomy, turn)


def _turned(anatomy: Anatomy, turn: int) -> Anatomy:
    """Turn a preview as the camera was held, unless it says itself, or is turned."""
    is_turned = turn in _SIDEWAYS and anatomy.height_px > anatomy.width_px
    if anatomy.orientation != 1 or is_turned:
        return anatomy
    return replace(anatomy, orientation=turn)


def _refuse(what: str) -> NoReturn:
    message = f"a camera's raw file that holds {what}"
    raise NotAnImage(message, reason=Reason.CAMERA_RAW)
