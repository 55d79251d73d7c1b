"""Every image with what is said of it, one after the other."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from imgai.domain.exports import ExportedImage
from imgai.domain.images import OwnWords
from imgai.domain.predictions import CaptionSource
from imgai.errors import StoreError
from imgai.store.codec import decode_colours, decode_labels, from_time, to_time

# In the order of their places, so that two exports can be compared line by line.
_IMAGES = """
SELECT image.uri, picture.picture_hash, image.format, image.size_bytes,
       picture.width_px, picture.height_px, image.taken_at, image.first_seen_at,
       label_scores_json, caption, caption_source, picture.colours_json, nsfw_score,
       models.text, analyzed_at, keywords_json, title, description
FROM image
LEFT JOIN picture ON picture.id = image.picture_id
LEFT JOIN analysis ON analysis.id = image.picture_id
LEFT JOIN shared_text AS models ON models.id = analysis.models
WHERE image.gone_at IS NULL
  AND (:since IS NULL OR image.first_seen_at >= :since OR analyzed_at >= :since)
ORDER BY image.uri
"""


def exported_images(
    connection: sqlite3.Connection, since: datetime | None = None
) -> Iterator[ExportedImage]:
    """Yield every image that is not gone, in the order of their URIs.

    Rows are read as they are asked for: memory holds one, however large the library.

    Args:
        connection: only read from.
        since: only images first seen, or answered about, at or after this time.

    Raises:
        StoreError: the database cannot be read on.
    """
    try:
        values = {"since": to_time(since) if since else None}
        for row in connection.execute(_IMAGES, values):
            yield _exported(row)
    except sqlite3.Error as error:
        raise StoreError(
            f"The database cannot be read: {error}.",
            hint="`imgai doctor` says what is wrong with it.",
        ) from error


def _exported(row: Sequence[Any]) -> ExportedImage:
    uri, picture_hash, image_format, size_bytes, width, height, *derived = row
    taken_at, seen_at, scores_json, caption, source, *rest = derived
    colours, nsfw_score, models, analyzed_at, *words = rest
    return ExportedImage(
        uri=uri,
        picture_hash=picture_hash,
        format=image_format,
        size_bytes=size_bytes,
        width_px=width,
        height_px=height,
        taken_at=taken_at,
        first_seen_at=from_time(seen_at),
        labels=decode_labels(scores_json),
        caption=caption,
        caption_source=CaptionSource(source) if source else None,
        colours=decode_colours(colours) if colours else (),
        nsfw_score=nsfw_score,
        models=tuple(models.split(", ")) if models else (),
        analyzed_at=from_time(analyzed_at) if analyzed_at else None,
        words=_own_words(*words),
    )


def _own_words(
    keywords_json: str | None, title: str | None, description: str | None
) -> OwnWords:
    keywords = tuple(json.loads(keywords_json or "[]"))
    return OwnWords(keywords, title or "", description or "")
