"""Says which file and which picture some bytes are, without decoding them.

The picture hash is the SHA-256 of what makes the pixels: the image data as it is
compressed, with all that changes how it looks (orientation, ICC profile, the channels'
meaning), and nothing else. So a picture keeps its hash when it is renamed, copied, or
given other EXIF, XMP, IPTC or comments, and the hash depends on no decoder or setting.
JPEG, PNG and WebP are told apart like that; of other formats the whole file counts.
"""

import hashlib
from collections.abc import Callable

from imgai.domain.extras import reads_camera_raw
from imgai.domain.images import Identity
from imgai.errors import NotAnImage, Reason
from imgai.prepare import boxes, jpeg, png, rasters, raw, webp
from imgai.prepare.anatomy import Anatomy, Format
from imgai.prepare.formats import recognise
from imgai.prepare.keywords import read_words

# Hashes of two versions never meet, should it ever change what is hashed.
_VERSION = "p1-"


def identify(content: bytes, anatomy: Anatomy | None = None) -> Identity:
    """Return what identifies a file's bytes and the picture in them.

    It may take some ms for a large file: call it in a thread.

    Args:
        content: the file.
        anatomy: what `dissect` says about it, where that is known already.

    Raises:
        NotAnImage: it is no image, or none that imgai reads.
        UnreadableImage: it begins like an image and holds no image data.
    """
    anatomy = anatomy or dissect(content)
    return Identity(
        file_hash=hashlib.sha256(content).hexdigest(),
        picture_hash=_picture_hash(content, anatomy),
        format=anatomy.format.value,
        taken_at=anatomy.taken_at,
        words=read_words(content, anatomy),
    )


def dissect(content: bytes) -> Anatomy:
    """Take a file apart.

    Raises:
        NotAnImage: it is no image, or none that imgai reads.
        UnreadableImage: it begins like an image and holds no image data.
    """
    try:
        return _dissect(content)
    except NotAnImage as error:
        if error.reason is Reason.CAMERA_RAW and reads_camera_raw():
            return raw.dissect(content)
        raise


def check_head(head: bytes) -> None:
    """Look at the first bytes of a file of which the rest may be worth reading.

    Raises:
        NotAnImage: it is no image, or none that imgai reads.
    """
    try:
        recognise(head)
    except NotAnImage as error:
        if error.reason is not Reason.CAMERA_RAW or not reads_camera_raw():
            raise


def _dissect(content: bytes) -> Anatomy:
    file_format = recognise(content)
    if file_format in {Format.AVIF, Format.HEIC}:
        return boxes.dissect(content, file_format)
    return _DISSECT[file_format](content)


_DISSECT: dict[Format, Callable[[bytes], Anatomy]] = {
    Format.JPEG: jpeg.dissect,
    Format.PNG: png.dissect,
    Format.WEBP: webp.dissect,
    Format.GIF: rasters.dissect_gif,
    Format.TIFF: rasters.dissect_tiff,
    Format.BMP: rasters.dissect_bmp,
}


def _picture_hash(content: bytes, anatomy: Anatomy) -> str:
    """Hash what makes the pixels."""
    digest = hashlib.sha256(f"{anatomy.format} {anatomy.orientation}\n".encode())
    view = memoryview(content)
    for start, end in anatomy.picture:
        digest.update(view[start:end])
    return _VERSION + digest.hexdigest()
