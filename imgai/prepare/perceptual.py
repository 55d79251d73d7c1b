"""The perceptual hash: 64 bits of how a picture looks.

It is the pHash: the signs of the lowest frequencies against their median. Pictures
that differ in format, size, quality, or a little at the edges keep most bits.

Source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010, section 3.2.
"""

import math
from operator import mul
from statistics import median

from PIL import Image

_SIDE_PX = 32
_FREQUENCIES = 8
_COSINES = tuple(
    tuple(
        math.cos(math.pi * frequency * (2 * place + 1) / (2 * _SIDE_PX))
        for place in range(_SIDE_PX)
    )
    for frequency in range(1, _FREQUENCIES + 1)  # 0 is the brightness, which varies
)


def perceptual_hash(image: Image.Image) -> str:
    """Return 64 bits as 16 hexadecimal digits; alike pictures differ in few bits.

    Plain Python: numpy would take longer to import than a thousand of these.

    Args:
        image: RGB, upright, of any size.
    """
    grey = image.convert("L").resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX)
    raw = grey.tobytes()
    rows = [raw[at : at + _SIDE_PX] for at in range(0, len(raw), _SIDE_PX)]
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in _COSINES]
    both = [sum(map(mul, wave, line)) for line in across for wave in _COSINES]
    middle = median(both)
    bits = 0
    for value in both:
        bits = bits << 1 | (value > middle)
    return f"{bits:016x}"
