"""Makes any of Pillow's modes small, then RGB: alpha on white, 16 bits scaled, sRGB."""

import io
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageCms

# What can be resized as it is stored. Palettes cannot (their numbers mean nothing),
# alpha must be multiplied first, and 16-bit numbers need scaling.
_RESIZABLE = {"L", "RGB", "RGBX", "CMYK", "YCbCr", "LAB"}
_WITH_ALPHA = {"RGBA", "LA", "PA", "RGBa", "La"}
_STRIP_PX = 1_000_000
_LARGEST_PROFILE_BYTES = 4_000_000
_SRGB = ImageCms.createProfile("sRGB")


def shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the image at a size, in L, RGB, RGBA, CMYK, YCbCr or LAB.

    Images that need converting first are shrunk strip by strip, so that there is never
    a second copy at full size: it would double the memory of a large PNG.

    Args:
        image: loaded; any mode.
        size: width and height in px, neither larger than the image's.
    """
    if image.mode in _RESIZABLE and not image.has_transparency_data:
        small = image
    else:
        factor = max(1, min(image.width // size[0], image.height // size[1]) // 2)
        small = _in_strips(image, factor, _conversion(image))
    if small.size == size:
        return small
    return small.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the image as sRGB on white, without any metadata.

    Args:
        image: small, as `shrink` returns it.
        profile: the ICC profile of its colours; one that is broken is passed over.
    """
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    # A profile is the file's and may be shared by thousands of files.
    is_sane = isinstance(profile, bytes) and len(profile) <= _LARGEST_PROFILE_BYTES
    transform = _transform(profile if is_sane else None, image.mode)
    if transform is not None:
        image = transform.apply(image)
    elif image.mode != "RGB":
        image = image.convert("RGB")
    image.info = {}
    return image


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the way from a profile to sRGB; None where there is none to go.

    Building one takes longer than applying it, and the photos of one camera share it.
    """
    try:
        if mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        else:
            return None
        return ImageCms.ImageCmsTransform(
            source, ImageCms.ImageCmsProfile(_SRGB), mode, "RGB"
        )
    except Exception:  # noqa: BLE001  (a broken or foreign profile is only metadata)
        return None


def _in_strips(
    image: Image.Image,
    factor: int,
    convert: Callable[[Image.Image], Image.Image],
) -> Image.Image:
    """Convert an image and reduce it by a whole factor, some rows at a time."""
    rows = factor * max(1, _STRIP_PX // (image.width * factor))
    out: Image.Image | None = None
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = convert(image.crop((0, top, image.width, bottom)))
        strip = strip.reduce(factor) if factor > 1 else strip
        if out is None:
            height = -(-image.height // factor)
            out = Image.new(strip.mode, (strip.width, height))
        out.paste(strip, (0, top // factor))
    assert out is not None  # noqa: S101  (an image has at least one row)
    return out


def _conversion(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Return what turns a piece of this image into L, RGB or RGBA."""
    if image.mode in _WITH_ALPHA or image.has_transparency_data:
        return lambda piece: piece.convert("RGBA")
    if image.mode in {"1", "P"}:
        mode = "L" if image.mode == "1" else "RGB"
        return lambda piece: piece.convert(mode)
    if image.mode.startswith("I;16"):
        return lambda piece: _stretched(piece.convert("I"), 0, 0xFFFF)
    if image.mode in {"I", "F"}:
        low, high = _range(image)
        return lambda piece: _stretched(piece, low, high)
    return lambda piece: piece.convert("RGB")


def _range(image: Image.Image) -> tuple[float, float]:
    """Return the numbers that are black and white in an image of large numbers.

    No format says what they are. Fractions, bytes and 16 bits are taken for what they
    look like; anything else goes from its darkest to its brightest.
    """
    low, high = image.getextrema()
    assert isinstance(low, int | float)  # noqa: S101  (one channel, one pair)
    assert isinstance(high, int | float)  # noqa: S101
    if low >= 0:
        for white in (1, 0xFF, 0xFFFF):
            if high <= white and (white > 1 or image.mode == "F"):
                return 0, white
    return low, high


def _stretched(image: Image.Image, black: float, white: float) -> Image.Image:
    """Return an image of numbers as L, from black to white."""
    scale = 255 / (white - black) if white > black else 1.0
    return image.point(lambda value: value * scale - black * scale).convert("L")
