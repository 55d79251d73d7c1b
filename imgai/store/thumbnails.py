"""Rows of `thumbnail`: small copies of pictures, kept only where somebody asks."""

import sqlite3
from collections.abc import Iterable

_MISSING = """
SELECT picture_id, min(uri) FROM image
WHERE gone_at IS NULL AND uri >= 'file:' AND uri < 'file;'
    AND picture_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM thumbnail WHERE thumbnail.id = image.picture_id)
GROUP BY picture_id ORDER BY min(uri)
"""


def pictures_without_thumbnail(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return (picture id, URI of an image on this machine), by URI."""
    return connection.execute(_MISSING).fetchall()


def keep_thumbnails(
    connection: sqlite3.Connection, thumbnails: Iterable[tuple[int, bytes]]
) -> None:
    """Keep thumbnails of pictures, by their ids, in a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO thumbnail (id, jpeg) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET jpeg = excluded.jpeg",
        thumbnails,
    )
    connection.execute("COMMIT")


def drop_thumbnails(connection: sqlite3.Connection) -> int:
    """Forget all thumbnails, and give their space back; return how many there were."""
    dropped = connection.execute("DELETE FROM thumbnail").rowcount
    connection.execute("VACUUM")
    return dropped


def find_thumbnail(connection: sqlite3.Connection, picture_hash: str) -> bytes | None:
    """Return the thumbnail that is kept of a picture, a JPEG; None if none is."""
    row = connection.execute(
        "SELECT jpeg FROM thumbnail JOIN picture ON picture.id = thumbnail.id"
        " WHERE picture_hash = ?",
        (picture_hash,),
    ).fetchone()
    return row[0] if row else None
