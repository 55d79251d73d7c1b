"""When two pictures are the same photo: other size, format, quality, or a small crop.

Measured by `imgai classify` and what `imgai dupes` finds with, on versions of 300
made-up pictures that the rules were not chosen on (`python -m
tests.benchmarks.duplicates --photos 0 --made 300 --first 1000`; 14 million pairs of
files that show different pictures): no such pair is taken for one photo. Of versions
saved at quality 30 to 95, scaled to 25 to 400 % or turned by EXIF all are known again;
of crops

    by                   2 %    5 %    8 %    10 %
    around the middle    1.00   1.00   0.99   0.93
    at a corner          1.00   0.92   0.69   0.33

On the 364 that they were chosen on, 64 of them photos, no pair is false either, and
the lowest row is 1.00, 0.93, 0.62, 0.29. Crops depend on the embedding: without it
the rows are 1.00, 0.98, 0.77, 0.45, and 0.99, 0.42, 0.01, 0.00.
"""

from collections.abc import Sequence
from typing import NamedTuple

from imgai.domain.colours import Lab, colour_distance, lab_of
from imgai.domain.images import Swatch

HASH_BITS = 64

# Different photos differ in 32 bits, give or take 4; versions of one in 0 to 6.
SURE_DISTANCE = 10
SURE_COLOURS = 15.0  # a hash knows no colour: a plain red and a plain blue have one

# Crops shift what the hash looks at. Then colours and meaning have to agree: the more,
# the farther apart the hashes are.
FAR_COLOURS = 8.0
FAR_APART = 25.0  # distance, and so much more for each step of colour:
COLOUR_STEP = 1.5
FAR_SIMILARITY = 0.9

# A crop by a tenth of one side changes the proportions by a ninth.
MOST_STRETCHED = 1.15


class Sketch(NamedTuple):
    """What pictures are compared by. A tuple: a hundred thousand are made."""

    picture_id: int
    bits: int  # the perceptual hash
    mean: Lab  # of the dominant colours, by their shares
    proportions: float  # width by height, upright


def sketch(
    picture_id: int,
    perceptual_hash: str,
    size_px: tuple[int, int],
    colours: Sequence[Swatch],
) -> Sketch:
    """Return what a picture is compared by."""
    width_px, height_px = size_px
    bits = int(perceptual_hash, 16)
    proportions = max(width_px, 1) / max(height_px, 1)
    return Sketch(picture_id, bits, mean_colour(colours), proportions)


def mean_colour(colours: Sequence[Swatch]) -> Lab:
    """Return the mean of swatches by their shares; mid-grey if there are none."""
    total = sum(one.share for one in colours)
    if total <= 0:
        return Lab(50.0, 0.0, 0.0)
    lightness = a = b = 0.0
    for one in colours:
        red, green, blue = bytes.fromhex(one.hex[1:])
        lab = lab_of(red, green, blue)
        weight = one.share / total
        lightness += weight * lab.lightness
        a += weight * lab.a
        b += weight * lab.b
    return Lab(lightness, a, b)


def hamming_distance(one: int, other: int) -> int:
    """Return in how many bits two perceptual hashes differ, 0 to 64."""
    return (one ^ other).bit_count()


def is_sure(one: Sketch, other: Sketch) -> bool:
    """Return whether two pictures are one photo by hash and colours alone."""
    return (
        hamming_distance(one.bits, other.bits) <= SURE_DISTANCE
        and colour_distance(one.mean, other.mean) <= SURE_COLOURS
        and _has_alike_proportions(one, other)
    )


def may_be_cropped(one: Sketch, other: Sketch) -> bool:
    """Return whether they are one photo if their embeddings agree as well.

    That is, if their similarity is `FAR_SIMILARITY` or more.
    """
    colours = colour_distance(one.mean, other.mean)
    apart = hamming_distance(one.bits, other.bits) + COLOUR_STEP * colours
    return (
        apart <= FAR_APART
        and colours <= FAR_COLOURS
        and _has_alike_proportions(one, other)
    )


def _has_alike_proportions(one: Sketch, other: Sketch) -> bool:
    wider, narrower = one.proportions, other.proportions
    if wider < narrower:
        wider, narrower = narrower, wider
    return wider <= narrower * MOST_STRETCHED
