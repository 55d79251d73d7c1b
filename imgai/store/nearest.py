"""The pictures nearest to a query: sifted by codes, then compared by vectors."""

import json
import sqlite3
from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isqrt

from imgai.domain.predictions import Vector
from imgai.store.codes import (
    code_bytes,
    from_bytes,
    from_half,
    largest,
    plane_of,
    positions,
    similarity,
    tally,
    to_planes,
)
from imgai.store.vectors import BLOCK_SLOTS, OCCUPIED

# So few are compared without looking at codes.
_FEW = 1_000

# A picture in eight or more is considered: then it is quicker to pass over the others
# among the nearest than to look up where the codes of all of them are.
_RARE = 8

# At least so many of those whose codes agree most are compared, at 20 µs each; of very
# many, as many as their square root: 1,000 of a million.
_FEWEST_COMPARED = 400

# Half of the dimensions, those in which the query differs most from the mean, find
# what all would find, in half the time. Of narrow vectors all are needed.
_FEWEST_DIMS = 64

_FINDABLE = """
SELECT picture_id, vector FROM embedding
WHERE EXISTS (SELECT 1 FROM image WHERE image.picture_id = embedding.picture_id
              AND image.gone_at IS NULL)
"""
_OF_SPACE = f"{_FINDABLE} AND space = ?"
_LISTED = "IN (SELECT value FROM json_each(?))"
_OF_PICTURES = f"{_OF_SPACE} AND picture_id {_LISTED}"
_IN_SLOTS = f"{_FINDABLE} AND slot {_LISTED}"


def nearest(
    connection: sqlite3.Connection,
    space_id: int,
    query: Vector,
    limit: int,
    among: Collection[int] | None = None,
) -> list[tuple[int, float]]:
    """Rank the pictures of a space by cosine similarity to a query.

    Pictures all of whose images are gone are left out.

    Args:
        connection: of the database.
        space_id: the space, which must be the query's.
        query: unit length.
        limit: at most this many results.
        among: ids of the only pictures to consider; None: all.

    Returns:
        (picture id, similarity) pairs, best first; similarity is in -1 to 1 and
        exact. That none nearer was missed is all but certain: recall@10 is 0.99 or
        better (`tests/benchmarks/search.py`).

    Raises:
        ValueError: the query is not as wide as the space.
    """
    dims, mean = connection.execute(
        "SELECT dims, mean FROM vector_space WHERE id = ?", (space_id,)
    ).fetchone()
    if len(query) != dims:
        raise ValueError(f"{len(query)} dimensions in a space of {dims}")
    if among is not None and (mean is None or len(among) <= _FEW):
        rows = connection.execute(_OF_PICTURES, (space_id, json.dumps(list(among))))
        return _compared(query, rows)[:limit]
    if mean is None:
        return _compared(query, connection.execute(_OF_SPACE, (space_id,)))[:limit]
    sieve = _sieve(connection, space_id, query, array("f", mean))
    if among is not None and len(among) * _RARE <= sieve.length:
        slots = _slots_of(connection, space_id, among)
        return _sifted(connection, query, sieve.narrowed(slots), limit, None)
    accepted = None if among is None else frozenset(among)
    return _sifted(connection, query, sieve, limit, accepted)


def _sifted(
    connection: sqlite3.Connection,
    query: Vector,
    sieve: "_Sieve",
    limit: int,
    accepted: frozenset[int] | None,
) -> list[tuple[int, float]]:
    wanted = max(_FEWEST_COMPARED, isqrt(sieve.length), 2 * limit)
    while True:
        slots = sieve.best(wanted)
        rows = connection.execute(_IN_SLOTS, (json.dumps(slots),)).fetchall()
        if accepted is not None:
            rows = [row for row in rows if row[0] in accepted]
        found = _compared(query, rows)
        if len(found) >= limit or len(slots) < wanted:
            return found[:limit]
        wanted *= 4  # most of them are gone, or none of the wanted: look further


@dataclass(frozen=True, slots=True)
class _Sieve:
    """The codes of a space, counted against a query.

    Positions run through the blocks, in order, and then through the tail.
    """

    counts: list[int]  # from `tally`: in how many dimensions a code agrees
    occupied: int  # a plane of the positions to consider
    blocks: tuple[int, ...]
    tail: tuple[int, ...]  # slots

    @property
    def length(self) -> int:
        """How many positions there are."""
        return len(self.blocks) * BLOCK_SLOTS + len(self.tail)

    def best(self, wanted: int) -> list[int]:
        """Return the slots of the codes that agree most: all that tie for the last."""
        best = largest(self.counts, self.occupied, wanted)
        return [self._slot_at(position) for position in positions(best)]

    def narrowed(self, slots: Iterable[int]) -> "_Sieve":
        """Return the sieve that considers these slots only."""
        starts = {block: at * BLOCK_SLOTS for at, block in enumerate(self.blocks)}
        tail_start = len(self.blocks) * BLOCK_SLOTS
        tail = {slot: tail_start + at for at, slot in enumerate(self.tail)}
        wanted = [
            tail[slot]
            if slot in tail
            else starts[slot // BLOCK_SLOTS] + slot % BLOCK_SLOTS
            for slot in slots
        ]
        occupied = self.occupied & plane_of(wanted, self.length)
        return replace(self, occupied=occupied)

    def _slot_at(self, position: int) -> int:
        block, offset = divmod(position, BLOCK_SLOTS)
        if block < len(self.blocks):
            return self.blocks[block] * BLOCK_SLOTS + offset
        return self.tail[position - len(self.blocks) * BLOCK_SLOTS]


def _sieve(
    connection: sqlite3.Connection, space_id: int, query: Vector, mean: Vector
) -> _Sieve:
    blocks = tuple(
        block
        for (block,) in connection.execute(
            "SELECT block FROM vector_plane WHERE (space, dim) = (?, ?) ORDER BY block",
            (space_id, OCCUPIED),
        )
    )
    tail, tail_planes = _tail(connection, space_id, code_bytes(len(mean)))
    sealed_length = len(blocks) * BLOCK_SLOTS
    everywhere = (1 << sealed_length + len(tail)) - 1
    in_tail = (1 << len(tail)) - 1

    def plane(dim: int, tail_bits: bytes) -> int:
        stored = connection.execute(
            "SELECT bits FROM vector_plane WHERE (space, dim) = (?, ?) ORDER BY block",
            (space_id, dim),
        )
        return from_bytes(b"".join([*(bits for (bits,) in stored), tail_bits]))

    centred = [value - middle for value, middle in zip(query, mean, strict=True)]
    agreeing = (
        plane(dim, tail_planes[dim]) ^ (0 if centred[dim] > 0 else everywhere)
        for dim in _telling_dims(centred)
    )
    occupied = plane(OCCUPIED, b"") | in_tail << sealed_length
    return _Sieve(tally(agreeing), occupied, blocks, tail)


def _telling_dims(centred: Sequence[float]) -> list[int]:
    by_size = sorted(range(len(centred)), key=lambda dim: -abs(centred[dim]))
    return by_size[: max(len(centred) // 2, _FEWEST_DIMS)]


def _tail(
    connection: sqlite3.Connection, space_id: int, width: int
) -> tuple[tuple[int, ...], list[bytes]]:
    """Return the slots that are in no block yet, and their planes."""
    rows = connection.execute(
        "SELECT slot, code FROM vector_code WHERE space = ? ORDER BY slot", (space_id,)
    ).fetchall()
    codes = b"".join(code for _, code in rows)
    return tuple(slot for slot, _ in rows), to_planes(codes, width)


def _compared(
    query: Vector, rows: Iterable[tuple[int, bytes]]
) -> list[tuple[int, float]]:
    values = tuple(query)
    similar = [(one, similarity(values, from_half(half))) for one, half in rows]
    return sorted(similar, key=lambda pair: (-pair[1], pair[0]))


def _slots_of(
    connection: sqlite3.Connection, space_id: int, picture_ids: Collection[int]
) -> list[int]:
    rows = connection.execute(
        "SELECT slot FROM embedding WHERE space = ?"
        " AND picture_id IN (SELECT value FROM json_each(?))",
        (space_id, json.dumps(list(picture_ids))),
    )
    return [slot for (slot,) in rows]
