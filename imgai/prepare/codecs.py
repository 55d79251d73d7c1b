"""What the image libraries on this machine can decode."""

from collections.abc import Mapping

import PIL
from PIL import features

# What a format is called, and Pillow's name for the codec it takes.
_CODECS = {
    "JPEG": "jpg",
    "PNG": "zlib",
    "WebP": "webp",
    "TIFF": "libtiff",
    "AVIF": "avif",
}


def pillow_version() -> str:
    """Return the version of Pillow."""
    return PIL.__version__


def readable_formats() -> Mapping[str, bool]:
    """Return the formats whose codecs come and go with a build, and which are there.

    GIF and BMP need none.
    """
    formats = {name: features.check(codec) for name, codec in _CODECS.items()}
    return {name: bool(there) for name, there in formats.items()} | {
        "HEIC": _reads_heic()
    }


def _reads_heic() -> bool:
    try:
        import pillow_heif  # noqa: PLC0415  4 MB, and perhaps broken
    except (ImportError, OSError):
        return False
    return bool(pillow_heif.libheif_version())
