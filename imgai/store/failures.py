"""Rows of `failure`: each image and task that was given up, until it is resolved."""

import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imgai.domain.images import SourceImage
from imgai.domain.plan import PastFailure
from imgai.domain.predictions import Task
from imgai.errors import Reason
from imgai.store.codec import clean_text, to_time

_READ = """
SELECT task, error, permanent, attempts, size_bytes, mtime_ns, etag, file_hash
FROM failure WHERE uri = ? AND resolved_at IS NULL
"""

_ADD = """
INSERT INTO failure (id, run, uri, picture_hash, task, model, error, message,
                     permanent, skipped, attempts, size_bytes, mtime_ns, etag,
                     file_hash, failed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT (uri, ifnull(task, '')) WHERE resolved_at IS NULL DO UPDATE SET
    run = excluded.run, picture_hash = excluded.picture_hash, model = excluded.model,
    error = excluded.error, message = excluded.message,
    permanent = excluded.permanent, skipped = excluded.skipped,
    -- a changed image starts anew
    attempts = CASE WHEN file_hash = excluded.file_hash
                      OR size_bytes IS excluded.size_bytes
                     AND mtime_ns IS excluded.mtime_ns AND etag IS excluded.etag
                    THEN attempts + 1 ELSE 1 END,
    size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns,
    etag = excluded.etag, file_hash = excluded.file_hash,
    failed_at = excluded.failed_at
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """One image and task given up in a run."""

    image: SourceImage
    reason: Reason
    message: str
    is_permanent: bool
    is_skip: bool  # passed over rather than failed: not an image
    task: Task | None = None
    model: str | None = None
    picture_hash: str | None = None
    file_hash: str | None = None  # where it was read at all


def add_failure(
    connection: sqlite3.Connection, run: str, failure: Failure, now: datetime
) -> None:
    """Write down a failure, or one more attempt at the same image and task."""
    connection.execute(
        _ADD,
        (
            str(uuid.uuid4()),
            run,
            failure.image.uri,
            failure.picture_hash,
            failure.task,
            failure.model,
            failure.reason,
            clean_text(failure.message),
            failure.is_permanent,
            failure.is_skip,
            failure.image.size_bytes,
            failure.image.mtime_ns,
            failure.image.etag,
            failure.file_hash,
            to_time(now),
        ),
    )


def read_failures(
    connection: sqlite3.Connection, image: SourceImage, file_hash: str | None = None
) -> tuple[PastFailure, ...]:
    """Return what earlier runs gave up about an image and was not resolved since.

    Args:
        connection: of the database.
        image: as a listing shows it now.
        file_hash: of its bytes, if they have been read: it tells that the image is
            unchanged where its time cannot.
    """
    rows = connection.execute(_READ, (image.uri,)).fetchall()
    return tuple(_past_failure(row, image, file_hash) for row in rows)


def _past_failure(
    row: Sequence[Any], image: SourceImage, file_hash: str | None
) -> PastFailure:
    task, reason, is_permanent, attempts, *stamp, failed_hash = row
    has_same_stamp = stamp == [image.size_bytes, image.mtime_ns, image.etag]
    has_same_bytes = file_hash is not None and failed_hash == file_hash
    return PastFailure(
        task=Task(task) if task else None,
        reason=Reason(reason),
        is_permanent=bool(is_permanent),
        attempts=attempts,
        is_unchanged=has_same_stamp or has_same_bytes,
    )


def resolve_failures(
    connection: sqlite3.Connection,
    uri: str,
    tasks: frozenset[Task | None],
    now: datetime,
) -> None:
    """Close the failures of an image that has since been read or answered."""
    for task in tasks:
        connection.execute(
            "UPDATE failure SET resolved_at = ? WHERE uri = ? AND task IS ?"
            " AND resolved_at IS NULL",
            (to_time(now), uri, task),
        )


def failed_uris(connection: sqlite3.Connection, prefix: str = "") -> list[str]:
    """Return the URIs with unresolved failures below a prefix, in order."""
    rows = connection.execute(
        "SELECT DISTINCT uri FROM failure WHERE resolved_at IS NULL AND NOT skipped"
        " AND uri >= ? AND uri < ? ORDER BY uri",
        (prefix, prefix + "\U0010ffff"),
    )
    return [uri for (uri,) in rows]
