"""Rows of `run`: each `classify`, what it did and what it cost."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from imgai.domain.predictions import Backend
from imgai.domain.report import RunReport
from imgai.errors import ExitCode
from imgai.store.codec import clean_text, from_time, to_json, to_time


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
    """Write down how a run ended."""
    spent = report.spent
    connection.execute(
        "UPDATE run SET finished_at = ?, exit_code = ?, seen = ?, known = ?,"
        " analysed = ?, skipped = ?, failed = ?, pending = ?, calls = ?, retries = ?,"
        " perhaps_billed = ?, neurons = ?, neurons_estimated = ?, dollars = ?"
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
            run_id,
        ),
    )


def unfinished_force(
    connection: sqlite3.Connection, sources: tuple[str, ...], options: Mapping[str, str]
) -> datetime | None:
    """Return when the interrupted series of like runs began; None if there is none.

    A `--force` that was stopped early goes on: what the series has answered since
    its first run is not asked about again. A run that ended by itself (0 or 3) ends
    the series.
    """
    row = connection.execute(
        "SELECT exit_code, fresh_since FROM run"
        " WHERE source = ? AND options_json = ? AND fresh_since IS NOT NULL"
        " ORDER BY started_at DESC LIMIT 1",
        (clean_text(" ".join(sources)), to_json(dict(options))),
    ).fetchone()
    if row is None or row[0] in {ExitCode.OK, ExitCode.SOME_FAILED}:
        return None
    return from_time(row[1])
