"""What a search shows of the pictures it found."""

import json
import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from imgai.domain.derive import Label
from imgai.domain.matches import Match
from imgai.domain.predictions import CaptionSource

_DETAILS = """
SELECT picture.id, picture.picture_hash, min(image.id), image.uri, count(*),
       label_scores_json, caption, caption_source
FROM picture
JOIN image ON image.picture_id = picture.id AND image.gone_at IS NULL
LEFT JOIN analysis ON analysis.id = picture.id
WHERE picture.id IN (SELECT value FROM json_each(?))
GROUP BY picture.id
"""


def details_of(
    connection: sqlite3.Connection, picture_ids: Sequence[int]
) -> dict[int, Match]:
    """Return pictures as matches, yet without rank or score, by their ids.

    A picture all of whose images are gone is left out.
    """
    rows = connection.execute(_DETAILS, (json.dumps(list(picture_ids)),))
    # SQLite takes the bare column, uri, from the row that min() chose.
    return {
        picture_id: Match(
            picture_id=picture_id,
            picture_hash=picture_hash,
            uri=uri,
            other_images=images - 1,
            labels=_labels(scores_json),
            caption=caption,
            caption_source=CaptionSource(source) if source else None,
        )
        for (
            picture_id,
            picture_hash,
            _,
            uri,
            images,
            scores_json,
            caption,
            source,
        ) in rows
    }


def _labels(scores_json: str | None) -> tuple[Label, ...]:
    # As `codec.decode_labels`, whose imports would cost every search 2 ms.
    scores = json.loads(scores_json) if scores_json else {}
    return tuple(Label(label, score) for label, score in scores.items())


def newest_pictures(
    connection: sqlite3.Connection, limit: int, among: AbstractSet[int] | None = None
) -> list[int]:
    """Return the ids of the findable pictures that were seen last, newest first.

    With `among`, only those are considered.
    """
    rows = connection.execute("SELECT rowid FROM image_fts ORDER BY rowid DESC")
    newest = (
        picture_id for (picture_id,) in rows if among is None or picture_id in among
    )
    return list(islice(newest, limit))
