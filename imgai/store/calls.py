"""Rows of `call` and `call_picture`: every attempt at a paid request."""

import sqlite3
from datetime import datetime

from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.store.codec import from_time, to_time

_LOST = """
UPDATE call SET outcome = ?
WHERE started_at >= ? AND run = ? AND outcome = ?
    AND EXISTS (
        SELECT 1 FROM call_picture AS asked
        WHERE asked.call = call.id AND NOT EXISTS (
            SELECT 1 FROM prediction AS kept
            WHERE kept.picture_id =
                    (SELECT id FROM picture WHERE picture_hash = asked.picture_hash)
                AND kept.task = call.task AND kept.model = call.model
                AND kept.predicted_at >= call.started_at))
"""


def begin_call(connection: sqlite3.Connection, run: str, call: Call) -> None:
    """Write a call down before it is sent."""
    connection.execute(
        "INSERT INTO call (id, run, task, model, started_at, neurons_reserved)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            call.id,
            run,
            call.task,
            call.model,
            to_time(call.started_at),
            call.neurons_at_most,
        ),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO call_picture (call, picture_hash) VALUES (?, ?)",
        [(call.id, picture_hash) for picture_hash in call.picture_hashes],
    )


def end_call(connection: sqlite3.Connection, end: CallEnd) -> None:
    """Write down how a call ended."""
    connection.execute(
        "UPDATE call SET finished_at = ?, outcome = ?, neurons = ?,"
        " neurons_measured = ? WHERE id = ?",
        (to_time(end.finished_at), end.outcome, end.neurons, end.is_measured, end.id),
    )


def settle_orphans(connection: sqlite3.Connection) -> int:
    """Name the calls of a run that died in the middle of them; return how many.

    They were sent, perhaps, and answered, perhaps: *perhaps billed*. Only the holder
    of the database's lock may call this: another's live calls look the same.
    """
    return connection.execute(
        "UPDATE call SET outcome = ?, neurons = neurons_reserved, neurons_measured = 0"
        " WHERE outcome IS NULL",
        (Outcome.PERHAPS_BILLED,),
    ).rowcount


def settle_lost(connection: sqlite3.Connection, run: str, since: datetime) -> int:
    """Name the calls of a run whose answers were never stored; return how many.

    They were answered, but the run was cut short before the answer was on disk. The
    picture will be asked about again, so it is perhaps billed twice.

    Args:
        connection: of the database.
        run: the run's id.
        since: when it began.
    """
    return connection.execute(
        _LOST, (Outcome.PERHAPS_BILLED, to_time(since), run, Outcome.ANSWERED)
    ).rowcount


def neurons_since(connection: sqlite3.Connection, moment: datetime) -> float:
    """Return the neurons of all calls since a moment, those in flight at their most.

    Query embeddings count too.
    """
    stamp = to_time(moment)
    (calls,) = connection.execute(
        "SELECT total(ifnull(neurons, neurons_reserved)) FROM call"
        " WHERE started_at >= ?",
        (stamp,),
    ).fetchone()
    (queries,) = connection.execute(
        "SELECT total(neurons) FROM query_embedding WHERE asked_at >= ?", (stamp,)
    ).fetchone()
    return float(calls + queries)


def recent_starts(
    connection: sqlite3.Connection, since: datetime
) -> list[tuple[str, datetime]]:
    """Return (model, started_at) of the calls since a moment, oldest first.

    A rate limit is kept across restarts by them.
    """
    rows = connection.execute(
        "SELECT model, started_at FROM call WHERE started_at >= ? ORDER BY started_at",
        (to_time(since),),
    )
    return [(model, from_time(started_at)) for model, started_at in rows]
