"""Vectors as bits: enough of each vector to leave out nearly all of them unread.

A code has one bit for each dimension: whether the vector lies above the mean of its
space there. A query asks the codes of all vectors at once, without numpy, whose
import alone would take longer: they are kept as planes, and a plane holds one
dimension's bits of many vectors. Python's integers work on a plane as a whole, so a
million vectors are sifted with a few thousand operations.

Bit i of a plane belongs to the vector at position i. Bytes are little-endian.
"""

import struct
from array import array
from collections.abc import Iterable, Sequence
from math import dist
from operator import gt

from imgai.domain.predictions import Vector

_AS_DIGITS = bytes.maketrans(b"\0\1", b"01")

# Swapping these bits turns an 8 by 8 square of bits, a row in each byte, over its
# diagonal. Source: Warren, "Hacker's Delight", 2nd edition, section 7-3.
_SWAPS = (
    (7, 0x00AA00AA00AA00AA),
    (14, 0x0000CCCC0000CCCC),
    (28, 0x00000000F0F0F0F0),
)
_SQUARE_BYTES = 8


def to_half(vector: Sequence[float]) -> bytes:
    """Return a vector as float16, 2 bytes a dimension.

    No ranking suffers: recall@10 against float32 is 1.000 (`tests/benchmarks`).
    """
    return struct.pack(f"<{len(vector)}e", *vector)


def from_half(half: bytes) -> tuple[float, ...]:
    """Return the vector that `to_half` wrote."""
    return struct.unpack(f"<{len(half) // 2}e", half)


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine similarity of two vectors of unit length, -1 to 1.

    It comes from their distance, since `math.dist` takes a quarter of the time that
    a sum of products does: |a - b|² = 2 - 2 a·b.
    """
    return max(-1.0, 1 - dist(one, other) ** 2 / 2)


def mean_of(vectors: Sequence[Sequence[float]]) -> Vector:
    """Return the mean of vectors of one width; there must be at least one."""
    count = len(vectors)
    return array("f", [sum(column) / count for column in zip(*vectors, strict=True)])


def sign_code(vector: Iterable[float], mean: Sequence[float]) -> bytes:
    """Return a vector's code: bit d is set where it lies above the mean.

    It has ceil(dims / 8) bytes.
    """
    above = bytes(map(gt, vector, mean)).translate(_AS_DIGITS)
    return int(above[::-1], 2).to_bytes(code_bytes(len(mean)), "little")


def code_bytes(dims: int) -> int:
    """Return the width of a code."""
    return -(-dims // 8)


def to_planes(codes: bytes, width: int) -> list[bytes]:
    """Turn codes over: from one a vector to one plane a dimension.

    Args:
        codes: one after the other.
        width: of a code, in bytes.

    Returns:
        8 * width planes, of as many positions as codes, rounded up to a multiple of 8
        with bits that are not set.
    """
    squares = -(-len(codes) // (width * _SQUARE_BYTES))
    padded = codes.ljust(squares * _SQUARE_BYTES * width, b"\0")
    swaps = [
        (
            shift,
            int.from_bytes(mask.to_bytes(_SQUARE_BYTES, "little") * squares, "little"),
        )
        for shift, mask in _SWAPS
    ]
    planes: list[bytes] = []
    for column in range(width):
        bits = int.from_bytes(padded[column::width], "little")
        for shift, mask in swaps:
            differing = (bits ^ (bits >> shift)) & mask
            bits ^= differing ^ (differing << shift)
        turned = bits.to_bytes(squares * _SQUARE_BYTES, "little")
        planes += [turned[row::_SQUARE_BYTES] for row in range(_SQUARE_BYTES)]
    return planes


def tally(planes: Iterable[int]) -> list[int]:
    """Count, for each position, in how many planes its bit is set.

    Returns:
        The counts, turned over like the planes: bit i of the k-th number is bit k of
        the count at position i. Lowest first.

    Planes of one weight are added three at a time, which leaves one of that weight
    and one of twice that: five operations a plane, however many positions it has.
    """
    waiting: list[list[int]] = [[]]
    for plane in planes:
        _add(waiting, 0, plane)
    for weight, held in enumerate(waiting):  # grows while it is walked
        if len(held) > 1:
            _add(waiting, weight, 0)
    return [held[0] if held else 0 for held in waiting]


def _add(waiting: list[list[int]], weight: int, plane: int) -> None:
    while True:
        held = waiting[weight]
        held.append(plane)
        if len(held) < 3:  # noqa: PLR2004  a full adder takes three
            return
        a, b, c = held
        either = a ^ b
        held[:] = [either ^ c]
        plane = a & b | either & c
        weight += 1
        if weight == len(waiting):
            waiting.append([])


def largest(counts: Sequence[int], among: int, wanted: int) -> int:
    """Return a plane of the positions with the largest counts.

    Args:
        counts: from `tally`.
        among: a plane of the positions to consider.
        wanted: how many, at least; all those that tie with the last come along.
    """
    taken, tied = 0, among
    for bits in reversed(counts):
        higher = taken | tied & bits
        if higher.bit_count() < wanted:
            taken, tied = higher, tied ^ (tied & bits)
        else:
            tied &= bits
    return taken | tied


def positions(plane: int) -> list[int]:
    """Return the positions whose bits are set, lowest first."""
    digits = f"{plane:b}"[::-1]
    found: list[int] = []
    at = digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def plane_of(set_positions: Iterable[int], length: int) -> int:
    """Return the plane of `length` positions that has these bits set."""
    digits = bytearray(b"0" * length) or bytearray(b"0")
    for position in set_positions:
        digits[-1 - position] = ord("1")
    return int(bytes(digits), 2)


def to_bytes(plane: int, length: int) -> bytes:
    """Return a plane of `length` positions, a multiple of 8, as it is stored."""
    return plane.to_bytes(length // 8, "little")


def from_bytes(stored: bytes) -> int:
    """Return the plane that `to_bytes` wrote."""
    return int.from_bytes(stored, "little")
