"""Rows of `image` and `picture`: what was seen where, and what it shows."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from imgai.domain.images import Identity, Picture, SourceImage
from imgai.domain.plan import Known
from imgai.store.codec import clean_text, encode_colours, to_json, to_time
from imgai.store.fulltext import index_picture

_FIND_KNOWN = """
SELECT listed.key, image.size_bytes, image.mtime_ns, image.etag,
       image.id, image.picture_id, image.picture_hash, ifnull(picture.answered, 0),
       image.gone_at IS NOT NULL
FROM json_each(?) AS listed
JOIN image ON image.uri = listed.value
LEFT JOIN picture ON picture.id = image.picture_id
"""

_SEE_IMAGE = """
INSERT INTO image (uri, picture_id, picture_hash, file_hash, size_bytes, mtime_ns,
                   etag, format, taken_at, keywords_json, title, description,
                   first_seen_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uri) DO UPDATE SET
    picture_id = excluded.picture_id, picture_hash = excluded.picture_hash,
    file_hash = excluded.file_hash, size_bytes = excluded.size_bytes,
    mtime_ns = excluded.mtime_ns, etag = excluded.etag, format = excluded.format,
    taken_at = excluded.taken_at, keywords_json = excluded.keywords_json,
    title = excluded.title, description = excluded.description, gone_at = NULL
"""


# So much of a picture hash tells two pictures apart, as people type it.
_SHORTEST_HASH = 8


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture the database holds."""

    id: int
    picture_hash: str
    answered: int  # bits of `imgai.domain.plan.answered_bit`


def find_known(
    connection: sqlite3.Connection, listed: Sequence[SourceImage]
) -> list[Known | None]:
    """Return what is known of each listed image, in the order given.

    One statement for the batch: a SELECT each would cost a million images 13 s.
    """
    found: list[Known | None] = [None] * len(listed)
    uris = to_json([one.uri for one in listed])
    for row in connection.execute(_FIND_KNOWN, (uris,)):
        # By slices, which takes half as long as by name: a run has a million rows.
        position, was = row[0], row[1:4]
        is_unchanged = was == listed[position][1:4] and was[1:] != (None, None)
        found[position] = Known._make((*row[4:8], is_unchanged, row[8] == 1))
    return found


def find_picture(
    connection: sqlite3.Connection, picture_hash: str
) -> KnownPicture | None:
    """Return the picture of that hash, if it has been seen."""
    row = connection.execute(
        "SELECT id, picture_hash, answered FROM picture WHERE picture_hash = ?",
        (picture_hash,),
    ).fetchone()
    return KnownPicture(*row) if row else None


def find_by_beginning(connection: sqlite3.Connection, beginning: str) -> int | None:
    """Return the id of the picture whose hash begins like this, as people type it.

    None if there is no such picture, or more than one, or too little is given to tell.
    """
    if len(beginning) < _SHORTEST_HASH:
        return None
    start = clean_text(beginning)
    rows = connection.execute(
        "SELECT id FROM picture WHERE picture_hash >= ? AND picture_hash < ? LIMIT 2",
        (start, f"{start}\U0010ffff"),
    ).fetchall()
    return rows[0][0] if len(rows) == 1 else None


def add_picture(connection: sqlite3.Connection, picture: Picture) -> KnownPicture:
    """Add a picture, unless it is there; return it."""
    connection.execute(
        "INSERT INTO picture (picture_hash, width_px, height_px, perceptual_hash,"
        " colours_json, truncated) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (picture_hash) DO NOTHING",
        (
            picture.picture_hash,
            picture.width_px,
            picture.height_px,
            picture.perceptual_hash,
            encode_colours(picture.colours),
            picture.is_truncated,
        ),
    )
    found = find_picture(connection, picture.picture_hash)
    assert found is not None  # noqa: S101  it was inserted a line above
    return found


def see_image(
    connection: sqlite3.Connection,
    image: SourceImage,
    identity: Identity,
    picture_id: int,
    now: datetime,
) -> None:
    """Write down that a picture was seen at a place, as it was when it was read.

    The full text of the picture, which has its images' names, is renewed; so is that
    of the picture the place showed before.
    """
    before = connection.execute(
        "SELECT picture_id FROM image WHERE uri = ?", (image.uri,)
    ).fetchone()
    connection.execute(
        _SEE_IMAGE,
        (
            image.uri,
            picture_id,
            identity.picture_hash,
            identity.file_hash,
            image.size_bytes,
            image.mtime_ns,
            image.etag,
            identity.format,
            identity.taken_at.isoformat() if identity.taken_at else None,
            to_json(identity.words.keywords) if identity.words.keywords else None,
            _text(identity.words.title),
            _text(identity.words.description),
            to_time(now),
        ),
    )
    index_picture(connection, picture_id)
    if before and before[0] is not None and before[0] != picture_id:
        index_picture(connection, before[0])


def _text(text: str) -> str | None:
    """Return a text as SQLite can hold it; None if it is empty."""
    return text.encode("utf-8", "replace").decode() or None


def forget_picture_of(connection: sqlite3.Connection, uri: str) -> None:
    """Take the picture from an image whose bytes have become unreadable."""
    row = connection.execute(
        "SELECT picture_id FROM image WHERE uri = ? AND picture_id IS NOT NULL", (uri,)
    ).fetchone()
    if row:
        connection.execute(
            "UPDATE image SET picture_id = NULL, picture_hash = NULL WHERE uri = ?",
            (uri,),
        )
        index_picture(connection, row[0])


def come_back(connection: sqlite3.Connection, image_ids: Iterable[int]) -> None:
    """Take back that images were gone: a listing shows them again, unchanged."""
    for image_id in image_ids:
        connection.execute("UPDATE image SET gone_at = NULL WHERE id = ?", (image_id,))
        _index_picture_of(connection, image_id)


def mark_gone(
    connection: sqlite3.Connection, image_ids: Iterable[int], now: datetime
) -> None:
    """Mark images as gone: their pictures leave the search results, if no other shows.

    Answers stay, so a picture that comes back costs nothing.
    """
    for image_id in image_ids:
        connection.execute(
            "UPDATE image SET gone_at = ? WHERE id = ?", (to_time(now), image_id)
        )
        _index_picture_of(connection, image_id)


def _index_picture_of(connection: sqlite3.Connection, image_id: int) -> None:
    row = connection.execute(
        "SELECT picture_id FROM image WHERE id = ?", (image_id,)
    ).fetchone()
    if row and row[0] is not None:
        index_picture(connection, row[0])


def find_lost(
    connection: sqlite3.Connection,
    uri: str,
    before: datetime,
    selects: Callable[[str], bool],
    is_seen: Callable[[int], bool],
) -> tuple[int, list[int]]:
    """Return what a source had, less what it shows: how many, and the ids lost.

    Rows are taken one by one: a million URIs at once take 150 MB.

    Args:
        connection: of the database.
        uri: what the URIs of all its images begin with.
        before: what was first seen later is left out, as is what is marked gone.
        selects: whether the listing would have shown a URI.
        is_seen: whether it has shown the image of an id.
    """
    had = 0
    lost: list[int] = []
    for image_id, image_uri in connection.execute(
        "SELECT id, uri FROM image WHERE uri >= ? AND uri < ? AND gone_at IS NULL"
        " AND first_seen_at < ?",
        (uri, uri + "\U0010ffff", to_time(before)),
    ):
        if selects(image_uri):
            had += 1
            if not is_seen(image_id):
                lost.append(image_id)
    return had, lost
