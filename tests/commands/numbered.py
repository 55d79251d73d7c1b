"""Many small pictures, each with a number that a stub can read off it again."""

import os
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from tests.stubs.hosted_models import Seen

_BITS = 12
_SIDE_PX = 8  # of a JPEG's block: it survives any quality
_OLD_S = 1_700_000_000  # a file younger than two seconds is not trusted


def make_numbered(folder: Path, numbers: Iterable[int]) -> Path:
    """Fill a folder with one JPEG a number, all of them old."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        bits = Image.new("L", (_BITS, 2))
        row = [255 * (number >> place & 1) for place in range(_BITS)]
        bits.putdata([*row, *(255 - bit for bit in row)])
        size = (_BITS * _SIDE_PX, 2 * _SIDE_PX)
        path = folder / f"{number:04}.jpg"
        bits.resize(size, Image.Resampling.NEAREST).convert("RGB").save(path)
        os.utime(path, (_OLD_S, _OLD_S))
    return folder


def read_number(picture: Image.Image) -> int:
    """Return the number that a picture bears."""
    bits = picture.convert("L").resize((_BITS, 2), Image.Resampling.BOX).tobytes()
    return sum(1 << place for place in range(_BITS) if bits[place] > 127)


def look_at_number(picture: Image.Image) -> Seen:
    """See a picture's number, in its label and in its caption."""
    number = read_number(picture)
    return Seen({f"thing {number}": 0.9}, f"This is picture number {number}.")
