"""Rows of `run`: each `classify`, what it did and what it cost."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from imgai.domain.predictions import Backend
from imgai.domain.report import RunReport
from imgai.store.codec import clean_text, from_time, to_json, to_time

# Among a run's options: it may have passed over images of its sources.
LISTS_SOME = "lists_some"


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run that begins."""

    id: str  # UUID
    sources: tuple[str, ...]
    backend: Backend
    options: Mapping[str, str]  # those that decide which pictures are asked about
    started_at: datetime
    fresh_since: datetime | None


def begin_run(connection: sqlite3.Connection, run: RunStart) -> None:
    """Write down that a run begins."""
    connection.execute(
        "INSERT INTO run (id, source, backend, options_json, started_at, fresh_since)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            run.id,
            clean_text(" ".join(run.sources)),
            run.backend,
            to_json(dict(run.options)),
            to_time(run.started_at),
            to_time(run.fresh_since) if run.fresh_since else None,
        ),
    )


def end_run(
    connection: sqlite3.Connection,
    run_id: str,
    report: RunReport,
    dollars: float,
    now: datetime,
) -> None:
    """Write down how a run ended.

    One that ended by itself ends its series: `fresh_since` becomes NULL. An exit code
    would not tell: 3 is also that of a run that --max-failure-rate stopped.
    """
    spent = report.spent
    is_stopped = report.stopped_by is not None or report.interrupted_by is not None
    connection.execute(
        "UPDATE run SET finished_at = ?, exit_code = ?, seen = ?, known = ?,"
        " analysed = ?, skipped = ?, failed = ?, pending = ?, calls = ?, retries = ?,"
        " perhaps_billed = ?, neurons = ?, neurons_estimated = ?, dollars = ?,"
        " fresh_since = iif(?, fresh_since, NULL)"
        " WHERE id = ?",
        (
            to_time(now),
            int(report.exit_code),
            report.seen,
            report.known,
            report.analysed,
            report.skipped.total(),
            report.failed,
            report.pending,
            spent.calls,
            spent.retries,
            spent.perhaps_billed,
            spent.neurons,
            spent.neurons_estimated,
            dollars,
            is_stopped,
            run_id,
        ),
    )


def died(connection: sqlite3.Connection) -> tuple[str, datetime] | None:
    """Return id and start of the latest run, if it never came to its end."""
    row = connection.execute(
        "SELECT id, started_at, finished_at FROM run ORDER BY started_at DESC LIMIT 1"
    ).fetchone()
    if row is None or row[2] is not None:
        return None
    return row[0], from_time(row[1])


def unfinished_force(
    connection: sqlite3.Connection, sources: tuple[str, ...], options: Mapping[str, str]
) -> datetime | None:
    """Return when the interrupted series of like runs began; None if there is none.

    A `--force` that was stopped early, or killed, goes on: what the series has
    answered since its first run is not asked about again.
    """
    row = connection.execute(
        # However many images a run was to look at, it answered some of the series.
        "SELECT fresh_since FROM run WHERE source = :source"
        " AND json_remove(options_json, :some) = json_remove(:options, :some)"
        " ORDER BY started_at DESC LIMIT 1",
        {
            "source": clean_text(" ".join(sources)),
            "options": to_json(dict(options)),
            "some": f"$.{LISTS_SOME}",
        },
    ).fetchone()
    return from_time(row[0]) if row and row[0] else None
