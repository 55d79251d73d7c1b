"""Rows of `failure`: each image and task that was given up, until it is resolved."""

import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from imgai.domain.images import SourceImage
from imgai.domain.plan import PastFailure
from imgai.domain.predictions import Task
from imgai.errors import Reason
from imgai.store.codec import clean_text, to_time

_READ = """
SELECT task, error, permanent, attempts, size_bytes, mtime_ns, etag, file_hash,
       picture_hash
FROM failure WHERE resolved_at IS NULL
    AND (uri = :uri OR (picture_hash = :picture_hash AND task IS NOT NULL))
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
    attempts = CASE WHEN picture_hash = excluded.picture_hash
                      OR file_hash = excluded.file_hash
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
    connection: sqlite3.Connection,
    image: SourceImage,
    file_hash: str | None = None,
    picture_hash: str | None = None,
) -> tuple[PastFailure, ...]:
    """Return what earlier runs gave up about an image and was not resolved since.

    Args:
        connection: of the database.
        image: as a listing, or reading it, shows it now.
        file_hash: of its bytes, if they were read: tells that a broken image is
            unchanged where its time cannot.
        picture_hash: of its picture, if it is known: finds what was given up about
            the same picture elsewhere.
    """
    rows = connection.execute(_READ, {"uri": image.uri, "picture_hash": picture_hash})
    now = [image.size_bytes, image.mtime_ns, image.etag]
    past = []
    for task, reason, is_permanent, attempts, *stamp, file, picture in rows.fetchall():
        is_same_file = file_hash is not None and file == file_hash
        is_same_picture = picture_hash is not None and picture == picture_hash
        past.append(
            PastFailure(
                task=Task(task) if task else None,
                reason=Reason(reason),
                is_permanent=bool(is_permanent),
                attempts=attempts,
                is_unchanged=stamp == now or is_same_file or is_same_picture,
            )
        )
    return tuple(past)


def has_failures(
    connection: sqlite3.Connection, uri: str, picture_hash: str | None
) -> bool:
    """Return whether there is a failure for `resolve_failures` to look at."""
    row = connection.execute(
        "SELECT 1 FROM failure WHERE resolved_at IS NULL"
        " AND (uri = ? OR picture_hash = ?) LIMIT 1",
        (uri, picture_hash),
    ).fetchone()
    return row is not None


def resolve_failures(
    connection: sqlite3.Connection,
    uri: str,
    tasks: frozenset[Task | None],
    now: datetime,
    picture_hash: str | None = None,
) -> None:
    """Close the failures of an image that has since been read or answered.

    With a picture hash, those of other images of the picture too: they have its
    answer now.
    """
    for task in tasks:
        connection.execute(
            "UPDATE failure SET resolved_at = ? WHERE (uri = ? OR picture_hash = ?)"
            " AND task IS ? AND resolved_at IS NULL",
            (to_time(now), uri, picture_hash, task),
        )


def failed_uris(connection: sqlite3.Connection, prefix: str = "") -> list[str]:
    """Return the URIs with unresolved failures that begin like this, in order."""
    rows = connection.execute(
        "SELECT DISTINCT uri FROM failure WHERE resolved_at IS NULL"
        " AND uri >= ? AND uri < ? ORDER BY uri",
        (prefix, prefix + "\U0010ffff"),
    )
    return [uri for (uri,) in rows]


def resolve_vanished(
    connection: sqlite3.Connection, uris: Iterable[str], now: datetime
) -> None:
    """Close the failures of images that a complete listing no longer shows."""
    connection.executemany(
        "UPDATE failure SET resolved_at = ? WHERE uri = ? AND resolved_at IS NULL",
        [(to_time(now), uri) for uri in uris],
    )
