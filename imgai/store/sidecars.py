"""What `tag` needs of the database: what to write, and a journal of what it wrote."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from imgai.domain.tags import TaggedImage, Tags, WrittenSidecar
from imgai.store.codec import decode_labels, to_time

# A folder's URI ends in "/"; below it lies what begins like it. A file's is itself.
_BELOW = """
({0} = :uri OR (:uri GLOB '*/' AND {0} >= :uri AND {0} < :uri || char(0x10ffff)))
"""

_TAGGED = f"""
SELECT image.uri, label_scores_json, caption, caption_source, models.text, analyzed_at
FROM image JOIN analysis ON analysis.id = image.picture_id
JOIN shared_text AS models ON models.id = analysis.models
WHERE gone_at IS NULL AND analyzed_at IS NOT NULL AND {_BELOW.format("image.uri")}
ORDER BY image.uri
"""  # noqa: S608  built from constants

_ON_THIS_MACHINE = """
SELECT uri FROM image WHERE gone_at IS NULL AND uri >= 'file:' AND uri < 'file;'
"""

_WRITTEN = f"""
SELECT uri, image_uri, before_zlib, after_hash FROM sidecar
WHERE {_BELOW.format("image_uri")} ORDER BY uri
"""  # noqa: S608  built from constants

_REMEMBER = """
INSERT INTO sidecar (uri, image_uri, before_zlib, after_hash, written_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (uri) DO UPDATE SET
    image_uri = excluded.image_uri, before_zlib = excluded.before_zlib,
    after_hash = excluded.after_hash, written_at = excluded.written_at
"""


def images_to_tag(connection: sqlite3.Connection, below: str) -> Iterator[TaggedImage]:
    """Yield the images with answers at a URI, or below it, by URI.

    Args:
        connection: of the database.
        below: the URI of a file, or of a folder, which ends in "/".
    """
    # Read whole: the same connection writes the journal meanwhile.
    rows = connection.execute(_TAGGED, {"uri": below}).fetchall()
    for uri, scores_json, *words in rows:
        yield TaggedImage(uri, Tags(decode_labels(scores_json), *words))


def uris_on_this_machine(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the URIs of all images in folders, in no order."""
    return (uri for (uri,) in connection.execute(_ON_THIS_MACHINE))


def raw_uris_on_this_machine(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the URIs of the camera raw files among them."""
    rows = connection.execute(f"{_ON_THIS_MACHINE} AND format = 'raw'")
    return (uri for (uri,) in rows)


def recall_sidecars(
    connection: sqlite3.Connection, uris: Sequence[str]
) -> dict[str, WrittenSidecar]:
    """Return what imgai wrote at these sidecars' URIs, as far as it wrote there."""
    rows = connection.execute(
        "SELECT uri, image_uri, before_zlib, after_hash FROM sidecar"
        " WHERE uri IN (SELECT value FROM json_each(?))",
        (json.dumps(list(uris)),),
    )
    return {row[0]: _written(*row) for row in rows}


def written_sidecars(
    connection: sqlite3.Connection, below: str
) -> list[WrittenSidecar]:
    """Return the sidecars imgai wrote for an image, or those below a folder, by URI."""
    return [_written(*row) for row in connection.execute(_WRITTEN, {"uri": below})]


def _written(
    uri: str, image_uri: str, packed: bytes | None, after_hash: str
) -> WrittenSidecar:
    before = None if packed is None else zlib.decompress(packed)
    return WrittenSidecar(uri, image_uri, before, after_hash)


def remember_sidecars(
    connection: sqlite3.Connection, sidecars: Iterable[WrittenSidecar], now: datetime
) -> None:
    """Write down what is about to be written, so that it can be taken back."""
    rows = [
        (
            one.uri,
            one.image_uri,
            None if one.before is None else zlib.compress(one.before),
            one.after_hash,
            to_time(now),
        )
        for one in sidecars
    ]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_REMEMBER, rows)
    connection.execute("COMMIT")


def forget_sidecars(connection: sqlite3.Connection, uris: Iterable[str]) -> None:
    """Forget sidecars that are as they were before imgai."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "DELETE FROM sidecar WHERE uri = ?", [(uri,) for uri in uris]
    )
    connection.execute("COMMIT")
