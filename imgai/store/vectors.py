"""Embeddings, kept and compared: only ever those of one space."""

import sqlite3

from imgai.domain.predictions import Backend, Vector, VectorSpace
from imgai.store.codes import to_half


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

    Args:
        connection: with a transaction open.
        picture_id: the picture.
        picture_hash: its identity, for whoever reads the table.
        space_id: from `space_id`.
        vector: unit length, as wide as the space.
    """
    connection.execute(
        "DELETE FROM embedding WHERE (space, picture_id) = (?, ?)",
        (space_id, picture_id),
    )
    connection.execute(
        "INSERT INTO embedding (picture_id, space, picture_hash, vector)"
        " VALUES (?, ?, ?, ?)",
        (picture_id, space_id, picture_hash, to_half(vector)),
    )
