"""Which pictures of many may be one photo: their hashes compared, thousands at once.

Pictures are laid out by brightness, since those of one photo are about equally bright,
and each is compared with those up to that much brighter. As in `imgai.store.codes`
their hashes are kept as planes, bit by bit, so that one operation on integers compares
one bit of thousands of hashes. Nothing is missed, as it is by bands of bits, which
find distances of 20 only by luck. The work grows with the square of how many are so
bright, if slowly: 20,000 pictures take 1.2 s on one core, 100,000 take 25 s.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imgai.domain.resemblance import (
    FAR_COLOURS,
    FAR_DISTANCE,
    HASH_BITS,
    SURE_COLOURS,
    SURE_DISTANCE,
    Sketch,
    is_sure,
    may_be_cropped,
)
from imgai.store.codes import from_bytes, plane_of, positions, tally, to_planes

# Pictures that are compared with one and the same stretch: cutting it out of the
# planes takes as long as comparing a few.
_BLOCK = 256


def lookalikes(sketches: Iterable[Sketch]) -> Iterator[tuple[Sketch, Sketch]]:
    """Yield each pair of pictures that is, or may be, one photo; once.

    A pair is `is_sure` or `may_be_cropped`.
    """
    ordered = sorted(sketches, key=lambda one: (one.mean.lightness, one.picture_id))
    planes = _planes(ordered)
    lightness = [one.mean.lightness for one in ordered]
    for start in range(0, len(ordered), _BLOCK):
        block = ordered[start : start + _BLOCK]
        end = bisect_right(lightness, block[-1].mean.lightness + SURE_COLOURS)
        stretch = _Stretch.cut(planes, ordered[start:end], start)
        for offset, one in enumerate(block):
            for position in stretch.near(one, offset):
                other = ordered[start + position]
                if is_sure(one, other) or may_be_cropped(one, other):
                    yield one, other


def _planes(ordered: Sequence[Sketch]) -> list[int]:
    """Return 64 planes, one a bit of the hashes, lowest first."""
    width = HASH_BITS // 8
    codes = b"".join(one.bits.to_bytes(width, "little") for one in ordered)
    return [from_bytes(plane) for plane in to_planes(codes, width)]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Pictures of about one brightness, and planes about them."""

    length: int
    differing: tuple[Sequence[int], Sequence[int]]  # by a query's bit: 0, 1
    lightness: Sequence[float]
    greens: dict[int, int]  # by eights of a: a plane of those that far or one farther
    blues: dict[int, int]  # of b

    @classmethod
    def cut(
        cls, planes: Sequence[int], pictures: Sequence[Sketch], start: int
    ) -> "_Stretch":
        every = (1 << len(pictures)) - 1
        zeros = [plane >> start & every for plane in planes]
        return cls(
            len(pictures),
            (zeros, [plane ^ every for plane in zeros]),
            [one.mean.lightness for one in pictures],
            _neighbours([one.mean.a for one in pictures]),
            _neighbours([one.mean.b for one in pictures]),
        )

    def near(self, one: Sketch, offset: int) -> list[int]:
        """Return positions behind `offset` that may be one photo with this one."""
        behind = (1 << self.length) - (1 << offset + 1)
        if not behind:
            return []
        counts = tally(
            self.differing[one.bits >> bit & 1][bit] for bit in range(HASH_BITS)
        )
        far = at_most(counts, FAR_DISTANCE, behind)
        sure = at_most(counts, SURE_DISTANCE, far)
        brightest = bisect_right(self.lightness, one.mean.lightness + FAR_COLOURS)
        far &= (1 << brightest) - 1
        far &= self.greens[_eighth(one.mean.a)] & self.blues[_eighth(one.mean.b)]
        return positions(sure | far)


def _eighth(value: float) -> int:
    return int(value // FAR_COLOURS)


def _neighbours(values: Sequence[float]) -> dict[int, int]:
    """Return planes of the values in each eighth and those on both sides of it."""
    held: dict[int, list[int]] = {}
    for position, value in enumerate(values):
        held.setdefault(_eighth(value), []).append(position)
    planes = {key: plane_of(at, len(values)) for key, at in held.items()}
    return {
        key: planes.get(key - 1, 0) | plane | planes.get(key + 1, 0)
        for key, plane in planes.items()
    }


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
