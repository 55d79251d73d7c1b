"""How the pictures of the database look, for whoever compares images."""

import sqlite3
from array import array

from imgai.domain.predictions import Vector, VectorSpace
from imgai.domain.similar import Look
from imgai.store.codec import clean_text, decode_colours
from imgai.store.codes import from_half, similarity
from imgai.store.images import find_by_beginning
from imgai.store.vectors import known_spaces

_COLUMNS = """
SELECT picture.id, picture.picture_hash, picture.perceptual_hash, picture.width_px,
       picture.height_px, picture.colours_json
FROM picture
"""


def look_of_image(connection: sqlite3.Connection, uri: str) -> Look | None:
    """Return the look of the picture that an image showed when it was read."""
    return _look(
        connection,
        f"{_COLUMNS} JOIN image ON image.picture_id = picture.id WHERE uri = ?",
        clean_text(uri),  # as it was typed
    )


def look_of_picture(connection: sqlite3.Connection, picture_hash: str) -> Look | None:
    """Return the look of a picture, by its hash or how that begins.

    None if there is none such; see `find_by_beginning`.
    """
    picture_id = find_by_beginning(connection, picture_hash)
    if picture_id is None:
        return None
    return _look(connection, f"{_COLUMNS} WHERE picture.id = ?", picture_id)


def _look(
    connection: sqlite3.Connection, statement: str, key: str | int
) -> Look | None:
    row = connection.execute(statement, (key,)).fetchone()
    if row is None:
        return None
    picture_id, picture_hash, perceptual_hash, width_px, height_px, colours_json = row
    return Look(
        picture_hash,
        perceptual_hash,
        width_px,
        height_px,
        decode_colours(colours_json),
        _vectors(connection, picture_id),
        picture_id,
    )


def _vectors(
    connection: sqlite3.Connection, picture_id: int
) -> dict[VectorSpace, Vector]:
    vectors: dict[VectorSpace, Vector] = {}
    for space, space_id in known_spaces(connection).items():
        row = connection.execute(
            "SELECT vector FROM embedding WHERE (space, picture_id) = (?, ?)",
            (space_id, picture_id),
        ).fetchone()
        if row is not None:
            vectors[space] = array("f", from_half(row[0]))
    return vectors


def similarity_to(
    connection: sqlite3.Connection, look: Look, picture_id: int
) -> float | None:
    """Return how similar a picture's embedding is to a look's, -1 to 1.

    The best of the spaces that both are in; None: there is none.
    """
    held = _vectors(connection, picture_id)
    both = held.keys() & look.vectors.keys()
    return max(
        (similarity(look.vectors[space], held[space]) for space in both), default=None
    )
