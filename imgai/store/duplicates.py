"""What the database holds twice, and what its pictures are compared by."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from itertools import groupby

from imgai.domain.duplicates import ImageFacts
from imgai.domain.resemblance import Sketch, sketch
from imgai.store.codec import decode_colours
from imgai.store.codes import from_half, similarity

_FACTS = """
SELECT image.uri, picture.id, picture.picture_hash, image.file_hash,
       image.size_bytes, image.format, image.taken_at, image.first_seen_at,
       picture.width_px, picture.height_px
FROM image JOIN picture ON picture.id = image.picture_id
WHERE image.gone_at IS NULL
"""
_SAME_FILES = f"""{_FACTS} AND image.file_hash IN (
    SELECT file_hash FROM image
    WHERE gone_at IS NULL AND picture_id IS NOT NULL AND file_hash IS NOT NULL
    GROUP BY file_hash HAVING count(*) > 1)
ORDER BY image.file_hash, image.id
"""  # noqa: S608  built from constants
_SAME_PICTURES = f"""{_FACTS} AND image.picture_id IN (
    SELECT picture_id FROM image WHERE gone_at IS NULL AND picture_id IS NOT NULL
    GROUP BY picture_id HAVING count(DISTINCT file_hash) > 1)
ORDER BY image.picture_id, image.id
"""  # noqa: S608  built from constants
_OF_PICTURES = f"""{_FACTS}
AND image.picture_id IN (SELECT value FROM json_each(?))
ORDER BY image.id
"""  # noqa: S608  built from constants
_SKETCHED = """
SELECT id, perceptual_hash, width_px, height_px, colours_json FROM picture
WHERE EXISTS (SELECT 1 FROM image WHERE picture_id = picture.id AND gone_at IS NULL)
"""
# Space by space, since a vector is looked up by both: without, all would be read.
_VECTORS = """
SELECT one.vector, other.vector FROM vector_space
CROSS JOIN embedding AS one ON (one.space, one.picture_id) = (vector_space.id, ?)
CROSS JOIN embedding AS other ON (other.space, other.picture_id) = (vector_space.id, ?)
"""


def same_files(connection: sqlite3.Connection) -> list[list[ImageFacts]]:
    """Return the images whose files are the same, byte by byte, in groups."""
    rows = (ImageFacts(*row) for row in connection.execute(_SAME_FILES))
    return [list(group) for _, group in groupby(rows, lambda one: one.file_hash)]


def same_pictures(connection: sqlite3.Connection) -> list[list[ImageFacts]]:
    """Return images that show one picture in different files, in groups.

    Of images whose files are the same, the first stands for all.
    """
    rows = (ImageFacts(*row) for row in connection.execute(_SAME_PICTURES))
    return [
        list({one.file_hash: one for one in reversed(list(group))}.values())[::-1]
        for _, group in groupby(rows, lambda one: one.picture_id)
    ]


def images_of(
    connection: sqlite3.Connection, picture_ids: Collection[int]
) -> list[ImageFacts]:
    """Return the images of some pictures, in the order in which they were seen."""
    listed = json.dumps(list(picture_ids))
    return [ImageFacts(*row) for row in connection.execute(_OF_PICTURES, (listed,))]


def sketches(connection: sqlite3.Connection) -> Iterator[Sketch]:
    """Yield what each picture that is not gone is compared by."""
    for picture_id, bits, width_px, height_px, colours_json in connection.execute(
        _SKETCHED
    ):
        size_px = (width_px, height_px)
        yield sketch(picture_id, bits, size_px, decode_colours(colours_json))


def similarity_of(connection: sqlite3.Connection, one: int, other: int) -> float | None:
    """Return how similar the embeddings of two pictures are, -1 to 1.

    The best of the spaces that both are in; None: there is none.
    """
    rows = connection.execute(_VECTORS, (one, other))
    return max((similarity(from_half(a), from_half(b)) for a, b in rows), default=None)
