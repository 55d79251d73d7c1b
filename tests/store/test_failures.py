"""What was given up: counted, reset by a change, final at last, resolved by success."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.plan import MOST_ATTEMPTS, PastFailure
from imgai.domain.predictions import Task
from imgai.errors import Reason
from imgai.store import failures
from imgai.store.connection import open_for_writing
from imgai.store.failures import Failure
from tests.fakes import NOON

IMAGE = SourceImage("file:///photos/a.jpg", 100, 5, None)
CHANGED = IMAGE._replace(mtime_ns=6)
UNREAD = Failure(
    IMAGE, Reason.UNAVAILABLE, "no answer", is_permanent=False, is_skip=False
)
BROKEN = replace(UNREAD, reason=Reason.CORRUPT, is_permanent=True, file_hash="f1")
NO_CAPTION = replace(UNREAD, task=Task.CAPTION, model="m", picture_hash="p1")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        yield connection


def add(db: sqlite3.Connection, *given_up: Failure) -> None:
    for failure in given_up:
        failures.add_failure(db, "run", failure, NOON)


def only(past: tuple[PastFailure, ...]) -> PastFailure:
    (one,) = past
    return one


def test_what_may_pass_is_final_after_five_runs(db: sqlite3.Connection) -> None:
    """Not before: it may have been the host's bad day."""
    seen = []
    for _ in range(MOST_ATTEMPTS):
        add(db, UNREAD)
        seen.append(only(failures.read_failures(db, IMAGE)))

    assert [one.attempts for one in seen] == [1, 2, 3, 4, 5]
    assert [one.is_final for one in seen] == [False] * 4 + [True]


def test_whether_there_is_anything_to_close_is_told_by_place_and_picture(
    db: sqlite3.Connection,
) -> None:
    """Nearly every picture has nothing, and is spared a write."""
    add(db, replace(UNREAD, task=Task.LABELS, picture_hash="p1"))

    assert failures.has_failures(db, UNREAD.image.uri, None)
    assert failures.has_failures(db, "file:///elsewhere.jpg", "p1")
    assert not failures.has_failures(db, "file:///elsewhere.jpg", "p2")
    failures.resolve_failures(db, UNREAD.image.uri, frozenset({Task.LABELS}), NOON)
    assert not failures.has_failures(db, UNREAD.image.uri, "p1")


def test_what_is_broken_is_final_at_once_while_it_is_unchanged(
    db: sqlite3.Connection,
) -> None:
    """A changed file may be a mended one."""
    add(db, BROKEN)

    assert only(failures.read_failures(db, IMAGE)).is_final
    assert not only(failures.read_failures(db, CHANGED)).is_final


def test_bytes_tell_what_an_untrusted_time_cannot(db: sqlite3.Connection) -> None:
    """The same broken bytes under another time are known."""
    add(db, BROKEN)

    assert only(failures.read_failures(db, CHANGED, file_hash="f1")).is_final
    assert not only(failures.read_failures(db, CHANGED, file_hash="f2")).is_final


@pytest.mark.parametrize(
    ("again", "attempts"),
    [
        (UNREAD, 2),
        (replace(UNREAD, image=CHANGED), 1),
        (replace(UNREAD, image=CHANGED, file_hash="f1"), 2),
        (replace(UNREAD, image=CHANGED, file_hash="f2"), 1),
        (replace(UNREAD, image=IMAGE._replace(etag="other")), 1),
    ],
)
def test_a_change_begins_the_count_anew(
    db: sqlite3.Connection, again: Failure, attempts: int
) -> None:
    """By size, time and etag, or by the bytes where they were read."""
    add(db, replace(UNREAD, file_hash="f1"), again)

    past = failures.read_failures(db, again.image)

    assert only(past).attempts == attempts


def test_a_task_is_counted_by_the_picture(db: sqlite3.Connection) -> None:
    """A file that was touched shows the same picture; an edited one does not."""
    add(db, NO_CAPTION, replace(NO_CAPTION, image=CHANGED))
    touched = only(failures.read_failures(db, CHANGED))
    edit = CHANGED._replace(size_bytes=101)
    add(db, replace(NO_CAPTION, image=edit, picture_hash="p2"))
    edited = only(failures.read_failures(db, edit))

    assert (touched.attempts, edited.attempts) == (2, 1)


def test_a_picture_is_known_to_fail_wherever_it_lies(db: sqlite3.Connection) -> None:
    """A copy of a refused picture is refused; a broken file's neighbour is not."""
    broken = replace(BROKEN, picture_hash="p1")  # it showed that when it could be read
    add(db, replace(NO_CAPTION, is_permanent=True), broken)
    copy = CHANGED._replace(uri="file:///photos/copy.jpg")

    past = failures.read_failures(db, copy, picture_hash="p1")

    assert [(one.task, one.is_final) for one in past] == [(Task.CAPTION, True)]
    assert failures.read_failures(db, copy, picture_hash="p2") == ()


def test_each_task_fails_for_itself(db: sqlite3.Connection) -> None:
    """And what has succeeded since is closed, the others stay."""
    embedding = replace(NO_CAPTION, task=Task.EMBEDDING)
    add(db, NO_CAPTION, embedding)

    failures.resolve_failures(db, IMAGE.uri, frozenset({Task.CAPTION}), NOON)

    assert only(failures.read_failures(db, IMAGE)).task is Task.EMBEDDING
    assert failures.failed_uris(db) == [IMAGE.uri]


def test_a_resolved_failure_stays_on_record(db: sqlite3.Connection) -> None:
    """Should it fail again, a new row begins with one attempt."""
    add(db, NO_CAPTION, NO_CAPTION)
    for moment in (NOON, NOON + timedelta(hours=1)):
        failures.resolve_failures(db, IMAGE.uri, frozenset({Task.CAPTION}), moment)
        failures.resolve_vanished(db, [IMAGE.uri], moment)
    add(db, NO_CAPTION)

    assert only(failures.read_failures(db, IMAGE)).attempts == 1
    rows = db.execute("SELECT attempts, resolved_at FROM failure ORDER BY attempts")
    assert rows.fetchall() == [(1, None), (2, "2026-01-01T12:00:00.000Z")]


def test_an_answer_closes_the_failures_of_every_image_of_its_picture(
    db: sqlite3.Connection,
) -> None:
    """They have it now; another picture's failure, and another task's, stay."""
    copy = IMAGE._replace(uri="file:///photos/copy.jpg")
    other = IMAGE._replace(uri="file:///photos/other.jpg")
    add(
        db,
        NO_CAPTION,
        replace(NO_CAPTION, image=copy),
        replace(NO_CAPTION, image=copy, task=Task.LABELS),
        replace(NO_CAPTION, image=other, picture_hash="p2"),
    )

    failures.resolve_failures(db, IMAGE.uri, frozenset({Task.CAPTION}), NOON, "p1")

    left = db.execute(
        "SELECT uri, task FROM failure WHERE resolved_at IS NULL ORDER BY uri"
    )
    assert left.fetchall() == [(copy.uri, "labels"), (other.uri, "caption")]


def test_failures_are_found_by_the_beginning_of_their_uri(
    db: sqlite3.Connection,
) -> None:
    """A source asks for its own, and closes those of images that vanished."""
    elsewhere = replace(UNREAD, image=IMAGE._replace(uri="r2://bucket/a.jpg"))
    add(db, UNREAD, elsewhere)

    assert failures.failed_uris(db, "file:///photos/") == [IMAGE.uri]
    failures.resolve_vanished(db, [IMAGE.uri], NOON)
    assert failures.failed_uris(db) == ["r2://bucket/a.jpg"]


def test_any_message_can_be_kept(db: sqlite3.Connection) -> None:
    """A lone surrogate, as from a file name, would crash SQLite."""
    add(db, replace(UNREAD, message="cannot read \udcff"))

    assert db.execute("SELECT message FROM failure").fetchone() == ("cannot read ?",)
