"""Calls and runs on record, and the database as a run sees it."""

import asyncio
import sqlite3
from array import array
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from imgai.domain.derive import LabelRules
from imgai.domain.images import Identity, Picture, SourceImage
from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.domain.predictions import Backend, Labels, Prediction, Task
from imgai.domain.report import RunReport, Spent
from imgai.errors import QuotaExhausted, Reason, StoreError, TooManyFailures
from imgai.store.failures import Failure
from imgai.store.journal import Journal, open_journal
from imgai.store.runs import LISTS_SOME, RunStart
from imgai.store.vectors import keep_query, space_id
from tests.fakes import NOON, SPACE
from tests.store.library import changing

pytestmark = pytest.mark.anyio

IMAGE = SourceImage("file:///photos/a.jpg", 100, 5, None)
PICTURE = Picture("p1", 30, 20, "0" * 16, (), is_truncated=False)
IDENTITY = Identity("f1", "p1", "jpeg", None)
CALL = Call("call-1", Task.LABELS, "detr", NOON, ("p1", "p2", "p1"), 0.7)
RUN = RunStart(
    "run-1", ("file:///photos/",), Backend.WORKERS_AI, {"renewal": "always"}, NOON, NOON
)
OPTIONS = (RUN.sources, RUN.options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "imgai.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """Return an open journal of a run."""
    async with open_journal(path, LabelRules(), lambda: NOON) as journal:
        await journal.begin_run(RUN)
        yield journal


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as other:
        return other.execute(query).fetchall()


def ended(call: Call, outcome: Outcome, neurons: float) -> CallEnd:
    return CallEnd(call.id, outcome, NOON, neurons, is_measured=True)


async def test_a_call_is_on_disk_before_it_is_sent(
    journal: Journal, path: Path
) -> None:
    """With its pictures, each once, and the most it may cost."""
    await journal.begin_call(CALL)

    query = "SELECT run, task, model, outcome, neurons_reserved FROM call"
    assert rows(path, query) == [("run-1", "labels", "detr", None, 0.7)]
    assert rows(path, "SELECT picture_hash FROM call_picture") == [("p1",), ("p2",)]


async def test_a_call_of_a_run_that_died_was_perhaps_billed(path: Path) -> None:
    """The next run says so, at the most it can have cost; others keep their end."""
    second = replace(CALL, id="call-2")
    async with open_journal(path, LabelRules()) as journal:
        await journal.begin_call(CALL)
        await journal.begin_call(second)
        await journal.end_call(ended(second, Outcome.ANSWERED, 0.5))

    async with open_journal(path, LabelRules()) as journal:
        spent = await journal.neurons_since(NOON)

    query = "SELECT outcome, neurons, neurons_measured FROM call ORDER BY id"
    assert rows(path, query) == [("perhaps-billed", 0.7, 0), ("answered", 0.5, 1)]
    assert spent == pytest.approx(1.2)


async def test_a_days_ledger_counts_calls_in_flight_at_their_most(
    journal: Journal,
) -> None:
    """An unpriced call counts nothing; yesterday's calls are yesterday's."""
    calls = [
        CALL,
        replace(CALL, id="call-2", neurons_at_most=None),
        replace(CALL, id="call-3", started_at=NOON - timedelta(days=1)),
        replace(CALL, id="call-4"),
    ]
    for call in calls:
        await journal.begin_call(call)
    await journal.end_call(ended(CALL, Outcome.BAD_ANSWER, 0.1))

    assert await journal.neurons_since(NOON) == pytest.approx(0.8)


async def test_a_days_ledger_counts_queries_too(journal: Journal, path: Path) -> None:
    """Searches spend of the same allowance; yesterday's are yesterday's."""
    with changing(path) as connection:
        space = space_id(connection, SPACE, Backend.WORKERS_AI)
        for query, asked_at, neurons in (
            ("today", NOON, 0.3),
            ("yesterday", NOON - timedelta(days=1), 0.4),
        ):
            keep_query(
                connection,
                query,
                space,
                array("f", [1, 0, 0]),
                neurons=neurons,
                asked_at=asked_at,
            )

    assert await journal.neurons_since(NOON) == pytest.approx(0.3)


async def test_an_answer_that_was_lost_is_told_from_an_older_one(
    journal: Journal, path: Path
) -> None:
    """`--force` asks again about what has an answer: that one proves nothing."""
    picture = await journal.add_picture(PICTURE, IMAGE, IDENTITY)
    for moment, call in (
        (NOON - timedelta(days=1), replace(CALL, picture_hashes=("p1",))),
        (NOON, replace(CALL, id="call-2", model="other", picture_hashes=("p1",))),
    ):
        answer = Prediction(
            Task.LABELS, Backend.WORKERS_AI, call.model, Labels(()), moment
        )
        await journal.begin_call(call)
        await journal.end_call(ended(call, Outcome.ANSWERED, 0.1))
        await journal.add_predictions(picture, [answer])

    await journal.end_run(RunReport(stopped_by=QuotaExhausted("spent")), 0.0)

    query = "SELECT id, outcome FROM call ORDER BY id"
    assert rows(path, query) == [("call-1", "perhaps-billed"), ("call-2", "answered")]


async def test_that_a_call_was_answered_is_written_with_what_follows(
    journal: Journal, path: Path
) -> None:
    """Its answer follows: until that is on disk, the call is perhaps billed."""
    await journal.begin_call(CALL)
    await journal.end_call(ended(CALL, Outcome.ANSWERED, 0.1))
    await journal.add_picture(PICTURE, IMAGE, IDENTITY)

    assert rows(path, "SELECT outcome, neurons FROM call") == [("answered", 0.1)]


async def test_recent_starts_are_told_oldest_first(journal: Journal) -> None:
    """A pace is taken up from them."""
    for second in (2, 0, 1):
        started_at = NOON + timedelta(seconds=second)
        await journal.begin_call(
            replace(CALL, id=f"call-{second}", started_at=started_at)
        )

    assert await journal.recent_starts(NOON + timedelta(seconds=1)) == [
        ("detr", NOON + timedelta(seconds=1)),
        ("detr", NOON + timedelta(seconds=2)),
    ]


@pytest.mark.parametrize(
    ("report", "goes_on"),
    [
        (RunReport(), False),
        (RunReport(seen=2, analysed=1, failed=1), False),
        (RunReport(stopped_by=QuotaExhausted("spent")), True),
        (RunReport(stopped_by=TooManyFailures("many")), True),
        (None, True),
    ],
    ids=["done", "some failed", "quota", "failure rate", "killed"],
)
async def test_a_series_of_force_ends_with_a_run_that_ended_by_itself(
    journal: Journal, report: RunReport | None, *, goes_on: bool
) -> None:
    """One that was stopped or killed is gone on with, from where it first began."""
    if report is not None:
        await journal.end_run(report, 0.0)

    assert await journal.unfinished_series(*OPTIONS) == (NOON if goes_on else None)
    assert await journal.unfinished_series(("r2://other",), RUN.options) is None
    assert await journal.unfinished_series(RUN.sources, {}) is None
    # A run with --limit is of the series, too.
    with_limit = {**RUN.options, LISTS_SOME: "true"}
    series = await journal.unfinished_series(RUN.sources, with_limit)
    assert series == (NOON if goes_on else None)


async def test_a_run_leaves_its_counts(journal: Journal, path: Path) -> None:
    """`status` tells them, and what it cost."""
    report = RunReport(seen=5, known=1, analysed=2, failed=1)
    report.spent = Spent(calls=7, retries=1, neurons=2.5, perhaps_billed=1)

    await journal.end_run(report, 0.25)

    query = """SELECT exit_code, seen, known, analysed, skipped, failed, pending, calls,
               retries, neurons, perhaps_billed, dollars, finished_at FROM run"""
    assert rows(path, query) == [
        (3, 5, 1, 2, 0, 1, 1, 7, 1, 2.5, 1, 0.25, "2026-01-01T12:00:00.000Z")
    ]


async def test_an_image_that_is_read_again_is_no_failure(journal: Journal) -> None:
    """And one that cannot be read any more shows no picture."""
    broken = Failure(IMAGE, Reason.CORRUPT, "broken", is_permanent=True, is_skip=False)
    picture = await journal.add_picture(PICTURE, IMAGE, IDENTITY)

    await journal.add_failure(broken)
    (without,) = await journal.known([IMAGE])
    failed = await journal.failed_uris()
    await journal.see_image(IMAGE, IDENTITY, picture)
    (with_it,) = await journal.known([IMAGE])

    assert without is not None
    assert with_it is not None
    assert (without.picture_id, with_it.picture_id) == (None, picture.id)
    assert (failed, await journal.failed_uris()) == ([IMAGE.uri], [])


async def test_an_unreachable_image_keeps_its_picture(journal: Journal) -> None:
    """The store may answer tomorrow: only permanent failures unmake an image."""
    picture = await journal.add_picture(PICTURE, IMAGE, IDENTITY)

    await journal.add_failure(
        Failure(IMAGE, Reason.UNAVAILABLE, "later", is_permanent=False, is_skip=False)
    )

    (known,) = await journal.known([IMAGE])
    assert known is not None
    assert known.picture_id == picture.id


async def test_reads_see_what_was_acknowledged(journal: Journal) -> None:
    """Many workers read and write at once, through two connections."""

    async def add(number: int) -> None:
        name = f"p-{number}"
        picture = replace(PICTURE, picture_hash=name)
        await journal.add_picture(picture, IMAGE, IDENTITY)
        assert journal.find_picture(name) is not None

    await asyncio.gather(*(add(number) for number in range(30)))


async def test_a_database_that_breaks_while_it_is_read_is_named(
    journal: Journal, path: Path
) -> None:
    """Its error is a `StoreError`, which ends the run with exit code 74."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE image RENAME TO elsewhere")

    with pytest.raises(StoreError, match="cannot be read"):
        await journal.known([IMAGE])


def test_the_log_is_folded_in_at_the_end(path: Path) -> None:
    """A copy of the one file, made after a run, has everything."""

    async def classify() -> None:
        async with open_journal(path, LabelRules()) as journal:
            await journal.add_picture(PICTURE, IMAGE, IDENTITY)

    asyncio.run(classify())

    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    assert rows(copy, "SELECT picture_hash FROM picture") == [("p1",)]
