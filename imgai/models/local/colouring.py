"""The plain colours of a part of a picture, as a caption would name them.

Fourteen words, not the finer ones of a palette: a caption says "a brown dog", and
the embedding of each word beside each label is made beforehand.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgai.domain.predictions import Box
from imgai.models.local.coco import ANIMALS
from imgai.models.local.session import Floats

GINGER = "ginger"
COLOURS = (
    "black",
    "white",
    "grey",
    "red",
    "orange",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
    "brown",
    "beige",
    GINGER,
)
_WARM = frozenset({"orange", "beige", "brown"})
# Fur has these colours only; any other is light from the sky or the lawn.
_FUR = frozenset({"black", "white", "grey", "orange", "beige", "brown"})

# Hue in degrees at which each colour ends, on a circle that starts at red.
_HUE_ENDS = np.array([14, 40, 68, 165, 200, 255, 290, 340, 361])
_HUES = np.array(
    ["red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "red"]
)

_BLACK_BELOW = 0.18  # value
_WHITE_ABOVE = 0.7
_GREY_BELOW = 0.14  # saturation
_BEIGE_BELOW = 0.38  # saturation
_BROWN_BELOW = 0.62  # value
_BEIGE_HUES = (18, 60)
_BROWN_HUES = (12, 45)

_SIDE_PX = 48  # enough to tell colours; more only takes longer
_LEAST_SHARE = 0.2
_MONOCHROME_BELOW = 0.08  # saturation of nearly all pixels of a grey picture
_NEARLY_ALL = 95  # percent
_SMALLEST_PX = 12  # a box with shorter sides shows too little to tell


def is_monochrome(image: Image.Image) -> bool:
    """Return whether the picture is black and white."""
    _, saturation, value = _hsv(_pixels(image, (0, 0, *image.size))).T
    visible = saturation[value >= _BLACK_BELOW]  # in the dark any noise is a hue
    return not len(visible) or bool(
        np.percentile(visible, _NEARLY_ALL) < _MONOCHROME_BELOW
    )


def picture_colours(image: Image.Image) -> tuple[str, ...]:
    """Return the one or two colours that most of the picture has, largest first."""
    return _leading(_pixels(image, (0, 0, *image.size)))


def colours_of(image: Image.Image, box: Box, label: str) -> tuple[str, ...]:
    """Return the one or two colours of the thing in a box, largest first.

    Only the middle of the box is looked at: its edges show what is behind. Empty
    where the box is too small to tell.

    Args:
        image: RGB.
        box: where the thing is.
        label: what it is, as COCO spells it; an orange cat is called ginger.
    """
    width, height = image.size
    left, right = box.x_min * width, box.x_max * width
    top, bottom = box.y_min * height, box.y_max * height
    if min(right - left, bottom - top) < _SMALLEST_PX:
        return ()
    inset_x, inset_y = (right - left) / 4, (bottom - top) / 4
    middle = (left + inset_x, top + inset_y, right - inset_x, bottom - inset_y)
    pixels = _pixels(image, middle)
    if label not in ANIMALS - {"bird"}:
        return _leading(pixels)
    colours = _leading(pixels, _FUR)
    if label == "cat" and set(colours) <= _WARM and {"orange", "beige"} & set(colours):
        return (GINGER,)
    return colours


def _pixels(image: Image.Image, edges: tuple[float, float, float, float]) -> Floats:
    """Return a rectangle's pixels, shape (n, 3), 0 to 1."""
    size = (_SIDE_PX, _SIDE_PX)
    part = image.resize(size, Image.Resampling.BOX, box=edges)
    pixels = np.asarray(part, np.float32).reshape(-1, 3)
    return pixels / np.float32(255)


def _leading(
    pixels: Floats, among: frozenset[str] = frozenset(COLOURS)
) -> tuple[str, ...]:
    """Return the leading colour, and the next if it is not much less of it.

    Empty where none of them fills a fifth of the pixels.
    """
    names, counts = np.unique(_names(pixels), return_counts=True)
    shares = {
        str(name): int(count) / len(pixels)
        for name, count in zip(names, counts, strict=True)
        if name in among and count / len(pixels) >= _LEAST_SHARE
    }
    first_two = sorted(shares, key=lambda name: -shares[name])[:2]
    return tuple(name for name in first_two if shares[name] >= shares[first_two[0]] / 2)


def _names(pixels: Floats) -> NDArray[np.str_]:
    """Return each pixel's colour, shape (n,)."""
    hue, saturation, value = _hsv(pixels).T
    names = _HUES[np.searchsorted(_HUE_ENDS, hue, side="right")]
    is_light = value >= _BROWN_BELOW
    is_pale = saturation < _BEIGE_BELOW
    is_beige = _within(hue, _BEIGE_HUES) & is_light & is_pale
    is_brown = _within(hue, _BROWN_HUES) & ~is_light
    names = np.where(is_beige, "beige", np.where(is_brown, "brown", names))
    pale = np.where(value > _WHITE_ABOVE, "white", "grey")
    names = np.where(saturation < _GREY_BELOW, pale, names)
    return np.where(value < _BLACK_BELOW, "black", names)


def _within(hue: Floats, degrees: tuple[int, int]) -> NDArray[np.bool_]:
    """Return for each hue whether it lies in a range, its end not included."""
    first, end = degrees
    return (hue >= first) & (hue < end)


def _hsv(pixels: Floats) -> Floats:
    """Return hue in degrees, saturation and value (0 to 1) of RGB pixels, (n, 3)."""
    red, green, blue = pixels.T
    value = pixels.max(axis=1)
    spread = value - pixels.min(axis=1)
    safe = np.maximum(spread, 1e-6)
    sextant = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    saturation = spread / np.maximum(value, 1e-6)
    return np.stack([sextant * 60, saturation, value], axis=1)
