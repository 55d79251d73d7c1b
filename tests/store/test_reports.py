"""How the whole database stands."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.domain.predictions import Backend, Task
from imgai.domain.records import Answered, DatabaseStatus, Ledger
from imgai.domain.report import RunReport
from imgai.errors import Reason
from imgai.store.calls import begin_call, end_call
from imgai.store.connection import open_for_reading, open_for_writing
from imgai.store.failures import Failure, add_failure
from imgai.store.reports import read_status
from imgai.store.runs import RunStart, begin_run, end_run
from tests.store.library import (
    AT,
    CLOUD_SPACE,
    LOCAL_SPACE,
    add_image,
    changing,
    make_library,
)

ASKED = (Task.LABELS, Task.CAPTION, Task.EMBEDDING)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database of three pictures."""
    path = tmp_path / "imgai.db"
    make_library(path)
    return path


def status(
    database: Path,
    backend: Backend = Backend.WORKERS_AI,
    tasks: Sequence[Task] = ASKED,
    now: datetime = AT,
) -> DatabaseStatus:
    with closing(open_for_reading(database)) as connection:
        return read_status(connection, database, tasks, backend, now)


def test_images_pictures_and_what_is_gone_are_counted_apart(database: Path) -> None:
    """The cat has two images; the bird's only one is gone."""
    found = status(database)

    assert (found.images, found.pictures, found.gone) == (3, 2, 1)
    assert found.size_bytes >= database.stat().st_size > 0
    assert found.path == database


def test_a_picture_that_another_replaced_is_not_counted(database: Path) -> None:
    """Its image was edited and shows another now: nobody misses an answer about it."""
    with changing(database) as connection:
        add_image(connection, "file:///photos/dog.jpg", 9)
    found = status(database, Backend.LOCAL)

    assert (found.images, found.pictures, found.gone) == (3, 2, 1)
    assert found.tasks[Task.LABELS].by_backend[Backend.LOCAL] == 0
    assert found.tasks[Task.LABELS].missing == 1


def test_an_empty_database_has_a_status_too(tmp_path: Path) -> None:
    """Nothing is divided by nothing."""
    path = tmp_path / "imgai.db"
    open_for_writing(path).close()
    found = status(path)

    assert (found.images, found.pictures, found.last_run) == (0, 0, None)
    assert found.ever == Ledger(0, 0.0, 0, 0)
    assert found.tasks[Task.LABELS].missing == 0


def test_missing_is_what_the_backend_in_use_has_not_answered(database: Path) -> None:
    """A local answer will do for a local run, and not for one of Workers AI."""
    by_backend = {Backend.LOCAL: 1, Backend.WORKERS_AI: 1}

    assert status(database).tasks == dict.fromkeys(ASKED, Answered(by_backend, 1))
    local = status(database, Backend.LOCAL, (Task.LABELS, Task.NSFW)).tasks
    assert local[Task.LABELS].missing == 0
    assert local[Task.NSFW].missing == 2


def test_two_spaces_are_told_apart(database: Path) -> None:
    """Never compared; a picture has one vector, of its better backend."""
    spaces = {one.space: one.pictures for one in status(database).spaces}

    assert spaces == {LOCAL_SPACE: 1, CLOUD_SPACE: 2}


def test_models_are_told_with_what_they_answered(database: Path) -> None:
    """In the order of the tasks, the busiest first."""
    models = status(database).models

    assert [(one.task, one.pictures) for one in models][:2] == [(Task.LABELS, 2)] * 2
    assert {one.model for one in models} >= {"local-labels", "@cf/google/gemma"}


def test_failed_and_skipped_images_are_counted_by_reason(database: Path) -> None:
    """One image that failed in two tasks is one image."""
    with changing(database) as connection:
        for uri, task, reason, is_skip in (
            ("file:///a.jpg", Task.LABELS, Reason.REJECTED, False),
            ("file:///a.jpg", Task.CAPTION, Reason.REJECTED, False),
            ("file:///b.jpg", None, Reason.CORRUPT, False),
            ("file:///c.jpg", None, Reason.NOT_AN_IMAGE, True),
        ):
            image = SourceImage(uri, 1, 1, None)
            failure = Failure(image, reason, "no", True, is_skip, task)  # noqa: FBT003  positions of a row
            add_failure(connection, "run", failure, AT)
    found = status(database)

    assert found.failed == {"corrupt": 1, "rejected": 1}
    assert found.skipped == {"not-an-image": 1}


def test_the_ledger_tells_today_from_ever_and_knows_what_it_does_not_know(
    database: Path,
) -> None:
    """Lost calls count at their most; unpriced ones are unknown, never free."""
    with changing(database) as connection:
        for name, at, at_most, outcome, neurons in (
            ("yesterday", AT - timedelta(days=1), 9.0, Outcome.ANSWERED, 4.0),
            ("today", AT, 9.0, Outcome.ANSWERED, 2.0),
            ("refused", AT, 9.0, Outcome.REFUSED, 0.0),
            ("lost", AT, 8.0, None, 0.0),
            ("unpriced", AT, None, Outcome.ANSWERED, 0.0),
        ):
            begin_call(connection, "run", Call(name, Task.LABELS, "m", at, (), at_most))
            if outcome:
                end = CallEnd(name, outcome, at, neurons, is_measured=neurons > 0)
                end_call(connection, end)
    found = status(database)

    assert found.today == Ledger(4, 10.0, perhaps_billed=1, unpriced_calls=1)
    assert found.ever == Ledger(5, 14.0, perhaps_billed=1, unpriced_calls=1)


def test_the_last_run_is_told_be_it_finished_or_not(database: Path) -> None:
    """A run that died leaves its beginning."""
    with changing(database) as connection:
        for number in range(2):
            at = AT + timedelta(hours=number)
            run = RunStart(str(number), ("r2://b",), Backend.LOCAL, {}, at, None)
            begin_run(connection, run)
        report = RunReport(analysed=5)
        end_run(connection, "0", report, 0.0, AT)
    last = status(database).last_run

    assert last is not None
    assert (last.started_at, last.finished_at) == (AT + timedelta(hours=1), None)
    with changing(database) as connection:
        end_run(connection, "1", report, 0.0, AT + timedelta(hours=2))
    last = status(database).last_run
    assert last is not None
    assert (last.exit_code, last.analysed) == (0, 5)
