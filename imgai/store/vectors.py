"""Embeddings, kept and compared: only ever those of one space.

`embedding` holds the vectors. A search reads few of them: it first sifts their codes
(`imgai.store.codes`), then compares those that are left, exactly. What the codes
choose is a guess, what comes out is not: similarities and order are those of the
vectors.

The newest codes are rows of `vector_code`. Once a block of 16,384 slots is full, its
codes are turned over into rows of `vector_plane`, one for each dimension, ordered so
that one dimension of all blocks is read in one go. A slot is a vector's own number
and is never given out twice, so a code whose vector was replaced is nobody's.
"""

import json
import sqlite3
from array import array
from datetime import datetime
from itertools import groupby

from imgai.domain.predictions import Backend, Vector, VectorSpace
from imgai.store.codes import (
    from_half,
    mean_of,
    plane_of,
    sign_code,
    to_bytes,
    to_half,
    to_planes,
)

# Fewer vectors are all compared; with more, there is a mean to make codes with.
FEWEST_FOR_CODES = 1_024

# Large enough that a plane is worth an operation, small enough that turning the
# newest codes over while searching takes 10 ms.
BLOCK_SLOTS = 16_384

# The plane that says which slots of a block hold a vector stands before dimension 0.
OCCUPIED = -1


def space_id(
    connection: sqlite3.Connection, space: VectorSpace, backend: Backend
) -> int:
    """Return the id of a vector space, adding it if it is new."""
    key = (space.model, space.pooling, space.dims)
    select = "SELECT id FROM vector_space WHERE (model, pooling, dims) = (?, ?, ?)"
    row = connection.execute(select, key).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO vector_space (model, pooling, dims, backend)"
            " VALUES (?, ?, ?, ?) RETURNING id",
            (*key, backend),
        ).fetchone()
    found: int = row[0]
    return found


def put_vector(
    connection: sqlite3.Connection,
    picture_id: int,
    picture_hash: str,
    space_id: int,
    vector: Vector,
) -> None:
    """Keep a picture's vector, in place of the one it had in that space.

    A vector of a worse backend goes, too, and does not come in beside a better one:
    a picture that was known from both would be counted twice in each search. Vectors
    of two models of one backend stay, since they may have been paid for, but for
    those of a model that is gone.

    Args:
        connection: with a transaction open.
        picture_id: the picture.
        picture_hash: its identity, for whoever reads the table.
        space_id: from `space_id`.
        vector: unit length, as wide as the space.

    Raises:
        ValueError: the vector is not as wide as the space.
    """
    dims, mean, backend = connection.execute(
        "SELECT dims, mean, backend FROM vector_space WHERE id = ?", (space_id,)
    ).fetchone()
    if len(vector) != dims:
        raise ValueError(f"{len(vector)} dimensions in a space of {dims}")
    if _is_outranked(connection, picture_id, Backend(backend)):
        return
    _forget_worse(connection, picture_id, Backend(backend))
    forget_vector(connection, picture_id, space_id)
    slot = connection.execute(
        "INSERT INTO embedding (picture_id, space, picture_hash, vector)"
        " VALUES (?, ?, ?, ?)",
        (picture_id, space_id, picture_hash, to_half(vector)),
    ).lastrowid
    assert slot is not None  # noqa: S101  an INSERT has one
    if mean is not None:
        _add_code(connection, space_id, slot, sign_code(vector, array("f", mean)))
    elif _count(connection, space_id) >= FEWEST_FOR_CODES:
        rebuild_codes(connection, space_id)


def _is_outranked(
    connection: sqlite3.Connection, picture_id: int, backend: Backend
) -> bool:
    """Return whether a model of a better backend, not gone, gave it a vector."""
    return any(
        other.rank > backend.rank
        and not is_retired
        and _holds(connection, picture_id, space)
        for space, other, is_retired in _backends(connection)
    )


def _forget_worse(
    connection: sqlite3.Connection, picture_id: int, backend: Backend
) -> None:
    for space, other, is_retired in _backends(connection):
        if other.rank < backend.rank or (is_retired and other is backend):
            forget_vector(connection, picture_id, space)


def _backends(connection: sqlite3.Connection) -> list[tuple[int, Backend, bool]]:
    """Return each space's id and backend, and whether its model is gone."""
    rows = connection.execute("SELECT id, backend, retired_at FROM vector_space")
    return [(space, Backend(name), at is not None) for space, name, at in rows]


def _holds(connection: sqlite3.Connection, picture_id: int, space_id: int) -> bool:
    statement = "SELECT 1 FROM embedding WHERE (space, picture_id) = (?, ?)"
    return bool(connection.execute(statement, (space_id, picture_id)).fetchone())


def delete_vectors(connection: sqlite3.Connection, picture_id: int) -> None:
    """Forget a picture's vectors, in every space."""
    spaces = connection.execute("SELECT id FROM vector_space").fetchall()
    for (space,) in spaces:
        forget_vector(connection, picture_id, space)


def rebuild_codes(connection: sqlite3.Connection, space_id: int) -> None:
    """Make a space's codes anew from its vectors, around the mean of today.

    To be called when the vectors have changed much; what is found does not depend on
    it, but how many vectors have to be compared for it. Takes 0.1 ms a vector.
    """
    connection.execute("DELETE FROM vector_code WHERE space = ?", (space_id,))
    connection.execute("DELETE FROM vector_plane WHERE space = ?", (space_id,))
    mean = _sample_mean(connection, space_id)
    connection.execute(
        "UPDATE vector_space SET mean = ? WHERE id = ?",
        (mean and mean.tobytes(), space_id),
    )
    if mean is None:
        return
    rows = connection.execute(
        # The plus: by slot as they stand, not looked up one by one and then sorted.
        "SELECT slot, vector FROM embedding WHERE +space = ? ORDER BY slot",
        (space_id,),
    )
    for slot, half in rows:
        _add_code(connection, space_id, slot, sign_code(from_half(half), mean))


def _sample_mean(connection: sqlite3.Connection, space_id: int) -> Vector | None:
    slots = [
        slot
        for (slot,) in connection.execute(
            "SELECT slot FROM embedding WHERE space = ? ORDER BY picture_id",
            (space_id,),
        )
    ]
    if len(slots) < FEWEST_FOR_CODES:
        return None
    # Evenly from all of them: the first thousand may show one holiday.
    sample = slots[:: len(slots) // FEWEST_FOR_CODES]
    rows = connection.execute(
        "SELECT vector FROM embedding WHERE slot IN (SELECT value FROM json_each(?))",
        (json.dumps(sample),),
    )
    return mean_of([from_half(half) for (half,) in rows])


def _count(connection: sqlite3.Connection, space_id: int) -> int:
    statement = "SELECT count(*) FROM embedding WHERE space = ?"
    count: int = connection.execute(statement, (space_id,)).fetchone()[0]
    return count


def _add_code(
    connection: sqlite3.Connection, space_id: int, slot: int, code: bytes
) -> None:
    oldest = connection.execute("SELECT min(slot) FROM vector_code").fetchone()[0]
    block_start = slot - slot % BLOCK_SLOTS
    if oldest is not None and oldest < block_start:
        _turn_over(connection, block_start)
    connection.execute(
        "INSERT INTO vector_code (slot, space, code) VALUES (?, ?, ?)",
        (slot, space_id, code),
    )


def _turn_over(connection: sqlite3.Connection, before_slot: int) -> None:
    """Make planes of the codes of all blocks before this slot."""
    rows = connection.execute(
        "SELECT space, slot, code FROM vector_code WHERE slot < ? ORDER BY space, slot",
        (before_slot,),
    ).fetchall()
    for (space, block), group in groupby(
        rows, key=lambda row: (row[0], row[1] // BLOCK_SLOTS)
    ):
        codes = {slot % BLOCK_SLOTS: code for _, slot, code in group}
        _add_planes(connection, space, block, codes)
    connection.execute("DELETE FROM vector_code WHERE slot < ?", (before_slot,))


def _add_planes(
    connection: sqlite3.Connection, space_id: int, block: int, codes: dict[int, bytes]
) -> None:
    width = len(next(iter(codes.values())))
    laid_out = bytearray(BLOCK_SLOTS * width)
    for position, code in codes.items():
        laid_out[position * width : (position + 1) * width] = code
    occupied = to_bytes(plane_of(codes, BLOCK_SLOTS), BLOCK_SLOTS)
    planes = [occupied, *to_planes(bytes(laid_out), width)]
    connection.executemany(
        "INSERT INTO vector_plane (space, dim, block, bits) VALUES (?, ?, ?, ?)",
        ((space_id, dim, block, bits) for dim, bits in enumerate(planes, OCCUPIED)),
    )


def forget_vector(
    connection: sqlite3.Connection, picture_id: int, space_id: int
) -> None:
    """Forget a picture's vector in a space, if it has one."""
    row = connection.execute(
        "DELETE FROM embedding WHERE (space, picture_id) = (?, ?) RETURNING slot",
        (space_id, picture_id),
    ).fetchone()
    if row is None:
        return
    (slot,) = row
    connection.execute("DELETE FROM vector_code WHERE slot = ?", (slot,))
    block, position = divmod(slot, BLOCK_SLOTS)
    key = (space_id, OCCUPIED, block)
    held = connection.execute(
        "SELECT bits FROM vector_plane WHERE (space, dim, block) = (?, ?, ?)", key
    ).fetchone()
    if held is not None:
        bits = bytearray(held[0])
        bits[position // 8] &= ~(1 << position % 8)
        connection.execute(
            "UPDATE vector_plane SET bits = ? WHERE (space, dim, block) = (?, ?, ?)",
            (bytes(bits), *key),
        )


def known_spaces(connection: sqlite3.Connection) -> dict[VectorSpace, int]:
    """Return the spaces that hold a vector, with their ids."""
    rows = connection.execute(
        "SELECT model, pooling, dims, id FROM vector_space WHERE EXISTS"
        " (SELECT 1 FROM embedding WHERE embedding.space = vector_space.id)"
    )
    return {VectorSpace(*key): space for *key, space in rows}


def known_query(
    connection: sqlite3.Connection, query: str, space_id: int
) -> Vector | None:
    """Return the embedding of a query that was asked before."""
    row = connection.execute(
        "SELECT vector FROM query_embedding WHERE (query, space) = (?, ?)",
        (query, space_id),
    ).fetchone()
    return array("f", row[0]) if row else None


def keep_query(
    connection: sqlite3.Connection,
    query: str,
    space_id: int,
    vector: Vector,
    *,
    neurons: float,
    asked_at: datetime,
) -> None:
    """Keep a query's embedding, so that the same query needs no call.

    Inside the caller's transaction. It is kept in full precision, unlike those of
    pictures: there are few.
    """
    from imgai.store.codec import to_time  # noqa: PLC0415  2 ms of every search

    connection.execute(
        "INSERT OR REPLACE INTO query_embedding (query, space, vector, neurons,"
        " asked_at) VALUES (?, ?, ?, ?, ?)",
        (query, space_id, vector.tobytes(), neurons, to_time(asked_at)),
    )
