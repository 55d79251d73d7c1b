"""What a file's or object's name promises: an image, a raw file, something hidden."""

import re
from enum import Enum
from functools import lru_cache

from imgai.domain.extras import reads_camera_raw


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IMAGE_EXTENSIONS = _words(
    "jpg jpeg jpe jfif jif mpo png apng webp gif tif tiff bmp dib avif avifs"
    " heic heics heif heifs hif"
)

# A raw file's pixels need a raw converter. With imgai[raw], the preview in full size
# that cameras put into it is the picture.
RAW_EXTENSIONS = _words(
    "3fr ari arw bay cr2 cr3 crw dcr dcs dng erf fff gpr iiq k25 kdc mdc mef mos mrw"
    " nef nrw orf pef ptx pxn r3d raf raw rw2 rwl rwz sr2 srf srw x3f"
)

# Pictures that imgai does not read. They are read all the same, since a wrong name is
# common ("photo.ico" that is a PNG); their first bytes decide.
_OTHER_PICTURE_EXTENSIONS = _words(
    "cur dds eps exr fli flc hdr icns ico im j2c j2k jp2 jpc jpf jpx jxl msp pbm pcx"
    " pfm pgm pnm ppm psd qoi rgb sgi tga xbm xpm"
)
_CANDIDATE_EXTENSIONS = IMAGE_EXTENSIONS | _OTHER_PICTURE_EXTENSIONS

# What follows the last dot is an extension if it looks like one: the end of
# "2024.05.01 at the beach" does not, and such a file may be anything.
_EXTENSION = re.compile(r"(?=.*[a-z])[a-z0-9_~-]{1,12}")

# Folders and files that systems keep beside photos: thumbnails, waste, indexes.
_SYSTEM_NAMES = frozenset(
    {
        "@eadir",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "__macosx",
        "lost+found",
        "recycler",
        "system volume information",
        "thumbs.db",
    }
)


class NameKind(Enum):
    """What a name promises."""

    CANDIDATE = "may be an image"
    RAW = "a camera's raw file"
    OTHER = "something else"


# To Python 3.11 a member of an enum is a property: 0.1 µs, a million times.
_CANDIDATE, _RAW = NameKind.CANDIDATE, NameKind.RAW


def kind_of_name(name: str) -> NameKind:
    """Return what a file's name promises; a name without extension may be an image.

    Args:
        name: the last part of a path or key.
    """
    _, dot, extension = name.rpartition(".")
    kind = _kind_of_ending(dot + extension)
    return _CANDIDATE if kind is _RAW and reads_camera_raw() else kind


# A library has few extensions, and a million names.
@lru_cache(maxsize=1024)
def _kind_of_ending(ending: str) -> NameKind:
    extension = ending.removeprefix(".").lower()
    if extension in _CANDIDATE_EXTENSIONS:
        return NameKind.CANDIDATE
    if extension in RAW_EXTENSIONS:
        return NameKind.RAW
    if not ending.startswith(".") or _EXTENSION.fullmatch(extension) is None:
        return NameKind.CANDIDATE
    return NameKind.OTHER


def is_image_name(name: str) -> bool:
    """Return whether a name ends like an image's that imgai reads."""
    return name.rpartition(".")[2].lower() in IMAGE_EXTENSIONS


def is_raw_name(name: str) -> bool:
    """Return whether a name ends like a camera's raw file, and imgai reads none."""
    extension = name.rpartition(".")[2].lower()
    return extension in RAW_EXTENSIONS and not reads_camera_raw()


def is_hidden_name(name: str) -> bool:
    """Return whether a file or folder is hidden, or a system's and no photographer's.

    Names that begin with a dot (also AppleDouble "._a.jpg", ".thumbnails"), and
    names such as "@eaDir", "$RECYCLE.BIN" and "lost+found".
    """
    return name[:1] == "." or name.lower() in _SYSTEM_NAMES
