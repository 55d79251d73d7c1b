"""Which pictures of many may be one photo: found without comparing each with each.

Pictures of one photo have about the same colours and proportions. So they are laid
out on a grid of both, one for each way to be one photo, and only neighbours on it are
compared. As in `imgai.store.codes` hashes are kept as planes, bit by bit, so that one
operation on integers compares one bit of thousands of hashes.

Nothing is missed, as it is by bands of bits, which find distances of 25 only by luck.
The work still grows with the square of how many are so coloured, if slowly: 20,000
pictures take 1.6 s on one core, 40,000 take 4 s, 100,000 take 16 s. An index of parts
of hashes (Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with
Multi-Index Hashing", 2014) would not: but for a distance of 10 alone, four parts and
548 looks a picture, it took 5.5 s at 40,000, and for 25 it would look everywhere.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from imgai.domain.resemblance import (
    COLOUR_STEP,
    FAR_APART,
    FAR_COLOURS,
    HASH_BITS,
    MOST_STRETCHED,
    SURE_COLOURS,
    SURE_DISTANCE,
    Sketch,
    hamming_distance,
    is_sure,
    may_be_cropped,
)
from imgai.store.codes import from_bytes, positions, tally, to_planes

# In a cell of the grid with fewer pictures planes take longer to make than they spare.
_FEW = 6

# A hair more, so that rounding puts nobody two cells away.
_LOG_STRETCHED = math.log(MOST_STRETCHED) * (1 + 1e-9)

_Cell = tuple[int, int, int, int]

# Each pair of neighbouring cells is met from one of the two.
_STEPS = (-1, 0, 1)
_AHEAD: tuple[_Cell, ...] = tuple(
    step for step in product(_STEPS, _STEPS, _STEPS, _STEPS) if step > (0, 0, 0, 0)
)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Finds pictures that are no farther apart than this."""

    distance: int  # of their hashes
    colours: float  # a cell's side in lightness, a and b
    bits: int  # that are looked at first; the more, the fewer are looked at closely


_SURE = _Grid(SURE_DISTANCE, SURE_COLOURS, 40)  # one of 900 others gets through

# Hashes may be farther apart where colours are nearer. So many are so far apart that
# these are looked for among fewer.
_FAR_DISTANCE = 19
_FAR = _Grid(_FAR_DISTANCE, FAR_COLOURS, HASH_BITS)
_FARTHEST = _Grid(
    math.floor(FAR_APART), (FAR_APART - _FAR_DISTANCE - 1) / COLOUR_STEP, HASH_BITS
)


def lookalikes(sketches: Iterable[Sketch]) -> Iterator[tuple[Sketch, Sketch]]:
    """Yield each pair of pictures that is, or may be, one photo; once.

    A pair is `is_sure` or `may_be_cropped`.
    """
    every = list(sketches)
    for one, other in _near(every, _SURE):
        if is_sure(one, other):
            yield one, other
    for one, other in _near(every, _FAR):
        if may_be_cropped(one, other) and not is_sure(one, other):
            yield one, other
    for one, other in _near(every, _FARTHEST):
        distance = hamming_distance(one.bits, other.bits)
        if distance > _FAR_DISTANCE and may_be_cropped(one, other):
            yield one, other


def _near(sketches: Sequence[Sketch], grid: _Grid) -> Iterator[tuple[Sketch, Sketch]]:
    """Yield each pair that may be near enough, and surely all that are; once."""
    cells: defaultdict[_Cell, list[Sketch]] = defaultdict(list)
    for one in sketches:
        cells[_cell(one, grid.colours)].append(one)
    for cell, members in cells.items():
        around = list(members)
        for step in _AHEAD:
            around += cells.get(_beside(cell, step), ())
        yield from _each_with(members, around, grid)


def _cell(one: Sketch, side: float) -> _Cell:
    """Return a cell: what is near enough lies in it or right beside it."""
    lightness, a, b = one.mean
    stretched = math.log(one.proportions) / _LOG_STRETCHED
    return int(lightness // side), int(a // side), int(b // side), int(stretched // 1)


def _beside(cell: _Cell, step: _Cell) -> _Cell:
    lightness, a, b, stretched = cell
    return lightness + step[0], a + step[1], b + step[2], stretched + step[3]


def _each_with(
    members: Sequence[Sketch], around: Sequence[Sketch], grid: _Grid
) -> Iterator[tuple[Sketch, Sketch]]:
    """Yield the members paired with what is behind them, where hashes are near.

    Args:
        members: at least one.
        around: the members, then the others.
        grid: how near.
    """
    if len(members) < _FEW:
        for place, one in enumerate(members, start=1):
            for other in around[place:]:
                if hamming_distance(one.bits, other.bits) <= grid.distance:
                    yield one, other
        return
    planes = _planes(around)[: grid.bits]
    every = (1 << len(around)) - 1
    differing = planes, [plane ^ every for plane in planes]  # from a bit that is 0, 1
    for place, one in enumerate(members, start=1):
        counts = tally(differing[one.bits >> bit & 1][bit] for bit in range(grid.bits))
        behind = every >> place << place
        for position in positions(at_most(counts, grid.distance, behind)):
            yield one, around[position]


def _planes(sketches: Sequence[Sketch]) -> list[int]:
    """Return 64 planes, one a bit of the hashes, lowest first."""
    width = HASH_BITS // 8
    codes = b"".join(one.bits.to_bytes(width, "little") for one in sketches)
    return [from_bytes(plane) for plane in to_planes(codes, width)]


def at_most(counts: Sequence[int], most: int, among: int) -> int:
    """Return a plane of the positions whose count is at most this.

    Args:
        counts: from `imgai.store.codes.tally`: the lowest bits first.
        most: the largest count to take.
        among: a plane of the positions to consider.
    """
    smaller, tied = 0, among
    for weight in range(max(len(counts), most.bit_length()) - 1, -1, -1):
        bits = counts[weight] if weight < len(counts) else 0
        if most >> weight & 1:
            smaller |= tied & ~bits
            tied &= bits
        else:
            tied &= ~bits
    return smaller | tied
