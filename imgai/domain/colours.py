"""Colours by name: what to call an sRGB value, and how far apart two colours look."""

from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

RGB: TypeAlias = tuple[int, int, int]  # sRGB, each 0 to 255


class Lab(NamedTuple):
    """A colour in CIELAB under D65, where distances follow the eye."""

    lightness: float  # 0 black to 100 white
    a: float  # green (negative) to red
    b: float  # blue (negative) to yellow


# Words people search by; compound ones contain their plain colour where English
# allows it, so that a search for "red" finds "dark red" as well. One value a name:
# the middle of what the word covers, not its purest form.
COLOURS: Mapping[str, RGB] = MappingProxyType(
    {
        "black": (10, 10, 10),
        "dark grey": (72, 72, 72),
        "grey": (128, 128, 128),
        "light grey": (200, 200, 200),
        "white": (252, 252, 252),
        "cream": (250, 241, 214),
        "beige": (226, 208, 176),
        "tan": (203, 168, 124),
        "light brown": (166, 120, 78),
        "brown": (118, 72, 36),
        "dark brown": (62, 38, 22),
        "grey brown": (118, 104, 90),
        "dark red": (130, 14, 20),
        "red": (212, 28, 32),
        "salmon": (244, 130, 112),
        "peach": (252, 204, 170),
        "orange": (250, 142, 12),
        "dark orange": (190, 84, 20),
        "light orange": (252, 178, 92),
        "gold": (212, 165, 44),
        "yellow": (250, 220, 40),
        "light yellow": (252, 242, 152),
        "mustard yellow": (168, 138, 20),
        "khaki": (160, 144, 102),
        "olive green": (142, 150, 80),
        "olive": (104, 102, 34),
        "dark olive": (58, 58, 26),
        "yellow green": (176, 208, 56),
        "lime green": (104, 222, 46),
        "light green": (154, 216, 138),
        "green": (44, 150, 52),
        "dark green": (18, 72, 30),
        "grey green": (120, 138, 112),
        "mint green": (180, 236, 204),
        "sea green": (46, 164, 118),
        "teal": (10, 124, 124),
        "dark teal": (12, 68, 72),
        "turquoise": (56, 206, 196),
        "cyan": (20, 228, 250),
        "pale blue": (208, 228, 244),
        "light blue": (150, 196, 236),
        "sky blue": (92, 172, 232),
        "blue": (32, 92, 212),
        "bright blue": (24, 36, 246),
        "dark blue": (8, 20, 128),
        "navy blue": (14, 22, 62),
        "steel blue": (70, 118, 164),
        "blue grey": (112, 130, 150),
        "dark blue grey": (56, 70, 88),
        "indigo": (74, 32, 158),
        "violet": (140, 80, 226),
        "lavender": (198, 186, 238),
        "light purple": (214, 140, 226),
        "purple": (134, 46, 152),
        "dark purple": (62, 22, 78),
        "mauve": (158, 118, 158),
        "magenta": (232, 30, 200),
        "bright pink": (244, 44, 138),
        "pink": (248, 152, 186),
        "light pink": (250, 208, 218),
        "dusty pink": (196, 136, 136),
        "crimson": (188, 20, 72),
        "maroon": (92, 14, 40),
    }
)

_WHITE_X, _WHITE_Z = 0.95047, 1.08883  # D65, the white of sRGB; its Y is 1
_STRAIGHT_UP_TO = 0.04045  # where sRGB's curve leaves its straight foot
_LINEAR = tuple(
    level / 12.92 if level <= _STRAIGHT_UP_TO else ((level + 0.055) / 1.055) ** 2.4
    for level in (byte / 255 for byte in range(256))
)


def lab_of(red: int, green: int, blue: int) -> Lab:
    """Return an sRGB colour in CIELAB.

    Args:
        red: 0 to 255, as are the others.
        green: see red.
        blue: see red.

    Source: IEC 61966-2-1 (sRGB) and CIE 15 (CIELAB), white D65.
    """
    r, g, b = _LINEAR[red], _LINEAR[green], _LINEAR[blue]
    # Written out: a loop over the matrix takes three times as long.
    x = _lightness((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / _WHITE_X)
    y = _lightness(0.2126729 * r + 0.7151522 * g + 0.0721750 * b)
    z = _lightness((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / _WHITE_Z)
    return Lab(116 * y - 16, 500 * (x - y), 200 * (y - z))


def _lightness(ratio: float) -> float:
    """CIELAB's cube root, with its straight foot that keeps near-blacks apart."""
    if ratio > 216 / 24389:
        return float(ratio ** (1 / 3))
    return ratio * 841 / 108 + 4 / 29


def colour_distance(one: Lab, other: Lab) -> float:
    """Return how different two colours look: 0 the same, 100 black and white.

    HyAB, the sum of the difference in lightness and the distance in a and b. It
    follows the eye better than CIEDE2000 where colours are far apart, and names are
    given over just such distances; a just visible difference is about 2.

    Source: Abasi, Amani Tehran and Fairchild, "Distance metrics for very large
    color differences", Color Research and Application 45 (2020).
    """
    a, b = one.a - other.a, one.b - other.b
    return float(abs(one.lightness - other.lightness) + (a * a + b * b) ** 0.5)


_BY_LIGHTNESS = sorted((lab_of(*rgb), name) for name, rgb in COLOURS.items())


# Photos share their skies and skins, so many names are asked for again and again.
@lru_cache(maxsize=16_384)
def colour_name(red: int, green: int, blue: int) -> str:
    """Return the plain English name of an sRGB colour: "orange", "dark brown".

    It is the name in `COLOURS` whose value looks nearest.

    Args:
        red: 0 to 255, as are the others.
        green: see red.
        blue: see red.
    """
    lab = lab_of(red, green, blue)
    at = bisect_left(_BY_LIGHTNESS, (lab, ""))
    nearest, found = float("inf"), ""
    # Two colours are at least as far apart as their lightness, so a few names above
    # and below it are all that need comparing.
    for side in (_BY_LIGHTNESS[at:], reversed(_BY_LIGHTNESS[:at])):
        for other, name in side:
            if abs(other.lightness - lab.lightness) > nearest:
                break
            distance = colour_distance(lab, other)
            if distance < nearest:
                nearest, found = distance, name
    return found
