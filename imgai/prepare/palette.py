"""Finds a picture's dominant colours and names them."""

from PIL import Image

from imgai.domain.colours import RGB, colour_distance, colour_name, lab_of
from imgai.domain.images import Swatch

_MOST_COLOURS = 6
_SAMPLE_PX = 96  # the longer side: 9,000 pixels are plenty for shares
_CANDIDATES = 24
_ALIKE = 14.0  # nearer than this, two colours would pass for one (see `lab_of`)
_SMALLEST_SHARE = 0.01


def dominant_colours(image: Image.Image) -> tuple[Swatch, ...]:
    """Return up to six colours that make a picture, largest share first.

    Candidates come from an octree, which takes a tenth of the time of a median cut;
    those that look alike or share a name are counted together.

    Args:
        image: RGB, on white, of any size.
    """
    sample = image.copy()
    sample.thumbnail((_SAMPLE_PX, _SAMPLE_PX), Image.Resampling.BOX)
    indexed = sample.quantize(_CANDIDATES, Image.Quantize.FASTOCTREE)
    palette = indexed.getpalette("RGB") or []
    counted = sorted(
        ((count, index) for index, count in enumerate(indexed.histogram()) if count),
        reverse=True,
    )
    groups: list[tuple[RGB, int]] = []
    for count, index in counted:
        red, green, blue = palette[3 * index : 3 * index + 3]
        _count(groups, (red, green, blue), count)
    pixels = sample.width * sample.height
    groups.sort(key=lambda group: group[1], reverse=True)
    return tuple(
        Swatch(_hex(rgb), colour_name(*rgb), int(10_000 * count / pixels) / 10_000)
        for rgb, count in groups[:_MOST_COLOURS]
        if count >= _SMALLEST_SHARE * pixels
    )


def _count(groups: list[tuple[RGB, int]], rgb: RGB, count: int) -> None:
    """Add pixels to the first, larger group they look like, or start a new one."""
    name, lab = colour_name(*rgb), lab_of(*rgb)
    for place, (leader, so_far) in enumerate(groups):
        if (
            colour_name(*leader) == name
            or colour_distance(lab_of(*leader), lab) < _ALIKE
        ):
            groups[place] = (leader, so_far + count)
            return
    groups.append((rgb, count))


def _hex(rgb: RGB) -> str:
    """Write a colour as "#rrggbb"."""
    return "#" + bytes(rgb).hex()
