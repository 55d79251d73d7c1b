"""All that is known of one image: what `show` tells."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from imgai.domain.derive import Analysis, best_predictions
from imgai.domain.images import OwnWords, Picture
from imgai.domain.predictions import CaptionSource, Prediction, Task
from imgai.domain.records import (
    FailureRecord,
    ImageRecord,
    PictureRecord,
    ShownImage,
)
from imgai.store.codec import clean_text, decode_colours, decode_labels, from_time
from imgai.store.images import find_by_beginning
from imgai.store.predictions import read_predictions

_IMAGE = """
SELECT uri, size_bytes, format, file_hash, taken_at, first_seen_at, gone_at,
       keywords_json, title, description
FROM image
"""

_PICTURE = """
SELECT picture.picture_hash, width_px, height_px, perceptual_hash,
       picture.colours_json, truncated, label_scores_json, caption, caption_source,
       nsfw_score, analyzed_at
FROM picture LEFT JOIN analysis ON analysis.id = picture.id
WHERE picture.id = ?
"""

_FAILURE = """
SELECT uri, task, model, error, message, permanent, skipped, attempts, failed_at,
       resolved_at
FROM failure
"""


def show_uri(connection: sqlite3.Connection, uri: str) -> ShownImage | None:
    """Return what is known of the image at a place; None if it was never seen.

    An image that was only ever given up is known by its failures.
    """
    uri = clean_text(uri)  # as it was typed
    row = connection.execute(
        "SELECT picture_id FROM image WHERE uri = ?", (uri,)
    ).fetchone()
    failures = _failures(connection, "uri = ?", uri)
    if row is None:
        return ShownImage(None, None, (), failures) if failures else None
    (image,) = _images(connection, "uri = ?", uri)
    return _shown(connection, image, row[0], failures)


def show_picture(connection: sqlite3.Connection, beginning: str) -> ShownImage | None:
    """Return what is known of the picture whose hash begins like this.

    The image told of is its first that is not gone. None if there is none such; see
    `find_by_beginning`.
    """
    picture_id = find_by_beginning(connection, beginning)
    if picture_id is None:
        return None
    (picture_hash,) = connection.execute(
        "SELECT picture_hash FROM picture WHERE id = ?", (picture_id,)
    ).fetchone()
    images = _images(
        connection, "picture_id = ? ORDER BY gone_at IS NOT NULL, id", picture_id
    )
    failures = _failures(connection, "picture_hash = ?", picture_hash)
    return _shown(connection, images[0] if images else None, picture_id, failures)


def _shown(
    connection: sqlite3.Connection,
    image: ImageRecord | None,
    picture_id: int | None,
    failures: tuple[FailureRecord, ...],
) -> ShownImage:
    if picture_id is None:
        return ShownImage(image, None, (), failures)
    copies = _images(connection, "picture_id = ? ORDER BY id", picture_id)
    return ShownImage(
        image=image,
        picture=_picture(connection, picture_id),
        copies=tuple(one for one in copies if one != image),
        failures=failures,
    )


def _images(
    connection: sqlite3.Connection, where: str, value: str | int
) -> list[ImageRecord]:
    rows = connection.execute(f"{_IMAGE} WHERE {where}", (value,))
    return [_image(row) for row in rows]


def _image(row: Sequence[Any]) -> ImageRecord:
    uri, size_bytes, image_format, file_hash, taken_at, seen_at, gone_at, *words = row
    keywords_json, title, description = words
    return ImageRecord(
        uri=uri,
        size_bytes=size_bytes,
        format=image_format,
        file_hash=file_hash,
        taken_at=taken_at,
        first_seen_at=from_time(seen_at),
        gone_at=from_time(gone_at) if gone_at else None,
        words=OwnWords(
            tuple(json.loads(keywords_json or "[]")), title or "", description or ""
        ),
    )


def _picture(connection: sqlite3.Connection, picture_id: int) -> PictureRecord:
    row = connection.execute(_PICTURE, (picture_id,)).fetchone()
    picture_hash, width, height, perceptual, colours, truncated, *derived = row
    answers = read_predictions(connection, picture_id)
    best = best_predictions(answers)
    return PictureRecord(
        picture=Picture(
            picture_hash=picture_hash,
            width_px=width,
            height_px=height,
            perceptual_hash=perceptual,
            colours=decode_colours(colours),
            is_truncated=bool(truncated),
        ),
        analysis=_analysis(derived, best),
        answers=tuple(sorted(answers, key=_by_task)),
        counting=frozenset((task, one.model) for task, one in best.items()),
    )


def _by_task(answer: Prediction) -> tuple[int, int, float]:
    newest_first = -answer.predicted_at.timestamp()
    return list(Task).index(answer.task), -answer.backend.rank, newest_first


def _analysis(row: Sequence[Any], best: dict[Task, Prediction]) -> Analysis:
    """Return what `analysis` holds, which is what searches see."""
    scores_json, caption, source, nsfw_score, analyzed_at = row
    counted = [best[task] for task in Task if task in best]
    return Analysis(
        labels=decode_labels(scores_json),
        caption=caption,
        caption_source=CaptionSource(source) if source else None,
        nsfw_score=nsfw_score,
        models=tuple(dict.fromkeys(one.model for one in counted)),
        neurons=sum(one.neurons for one in counted),
        processing_time_ms=sum(one.processing_time_ms for one in counted),
        analyzed_at=from_time(analyzed_at) if analyzed_at else None,
    )


def read_failed(connection: sqlite3.Connection) -> tuple[FailureRecord, ...]:
    """Return every failure that still stands, by place; passed-over files not."""
    return _failures(connection, "resolved_at IS NULL AND NOT skipped")


def _failures(
    connection: sqlite3.Connection, where: str, *values: str
) -> tuple[FailureRecord, ...]:
    rows = connection.execute(
        f"{_FAILURE} WHERE {where} ORDER BY uri, failed_at DESC", values
    )
    return tuple(_failure(row) for row in rows)


def _failure(row: Sequence[Any]) -> FailureRecord:
    uri, task, model, reason, message, *numbers, failed_at, resolved_at = row
    is_permanent, is_skip, attempts = numbers
    return FailureRecord(
        uri=uri,
        task=Task(task) if task else None,
        model=model,
        reason=reason,
        message=message,
        is_permanent=bool(is_permanent),
        is_skip=bool(is_skip),
        attempts=attempts,
        failed_at=from_time(failed_at),
        resolved_at=from_time(resolved_at) if resolved_at else None,
    )
