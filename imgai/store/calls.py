"""Rows of `attempt` and `attempt_picture`: every attempt at a paid request.

People read them as `call` and `call_picture`: see `imgai.store.compact`.
"""

import sqlite3
from datetime import datetime

from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.domain.predictions import Backend
from imgai.store.codec import from_ms, to_ms, to_time
from imgai.store.shared import model_id, text_id

_LOST = """
UPDATE attempt SET outcome = ?
WHERE started_ms >= ? AND run = (SELECT id FROM shared_text WHERE text = ?)
    AND outcome = ?
    AND EXISTS (
        SELECT 1 FROM attempt_picture AS asked
        WHERE asked.attempt = attempt.number AND NOT EXISTS (
            SELECT 1 FROM answer AS kept
            WHERE (kept.picture_id, kept.model) = (asked.picture_id, attempt.model)
                AND kept.predicted_ms >= attempt.started_ms))
"""

# A picture is named by its number, or by its hash if it has none.
_ASK_ABOUT = """
INSERT INTO attempt_picture (attempt, position, picture_id, picture_hash)
SELECT ?, ?, picture.id, iif(picture.id IS NULL, asked.picture_hash, NULL)
FROM (SELECT ? AS picture_hash) AS asked LEFT JOIN picture USING (picture_hash)
"""


def begin_call(connection: sqlite3.Connection, run: str | None, call: Call) -> None:
    """Write a call down before it is sent; run: its UUID, None for one of no run."""
    number = connection.execute(
        "INSERT INTO attempt (id, run, model, started_ms, neurons_reserved)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            call.id,
            None if run is None else text_id(connection, run),
            # What is paid for is Workers AI's.
            model_id(connection, call.task, call.model, Backend.WORKERS_AI),
            to_ms(call.started_at),
            call.neurons_at_most,
        ),
    ).lastrowid
    for position, picture_hash in enumerate(dict.fromkeys(call.picture_hashes)):
        connection.execute(_ASK_ABOUT, (number, position, picture_hash))


def end_call(connection: sqlite3.Connection, end: CallEnd) -> None:
    """Write down how a call ended."""
    connection.execute(
        "UPDATE attempt SET finished_ms = ?, outcome = ?, neurons = ?,"
        " neurons_measured = ? WHERE id = ?",
        (to_ms(end.finished_at), end.outcome, end.neurons, end.is_measured, end.id),
    )


def settle_orphans(connection: sqlite3.Connection) -> int:
    """Name the calls of a run that died in the middle of them; return how many.

    They were sent, perhaps, and answered, perhaps: *perhaps billed*. Only the holder
    of the database's lock may call this: another's live calls look the same.
    """
    return connection.execute(
        "UPDATE attempt SET outcome = ?, neurons = neurons_reserved,"
        " neurons_measured = 0 WHERE outcome IS NULL",
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
        _LOST, (Outcome.PERHAPS_BILLED, to_ms(since), run, Outcome.ANSWERED)
    ).rowcount


def neurons_since(connection: sqlite3.Connection, moment: datetime) -> float:
    """Return the neurons of all calls since a moment, those in flight at their most.

    Query embeddings count too.
    """
    (calls,) = connection.execute(
        "SELECT total(ifnull(neurons, neurons_reserved)) FROM attempt"
        " WHERE started_ms >= ?",
        (to_ms(moment),),
    ).fetchone()
    (queries,) = connection.execute(
        "SELECT total(neurons) FROM query_embedding WHERE asked_at >= ?",
        (to_time(moment),),
    ).fetchone()
    return float(calls + queries)


def recent_starts(
    connection: sqlite3.Connection, since: datetime
) -> list[tuple[str, datetime]]:
    """Return (model, started_at) of the calls since a moment, oldest first.

    A rate limit is kept across restarts by them.
    """
    rows = connection.execute(
        "SELECT model.model, started_ms FROM attempt"
        " JOIN model ON model.id = attempt.model"
        " WHERE started_ms >= ? ORDER BY started_ms",
        (to_ms(since),),
    )
    return [(model, from_ms(started_ms)) for model, started_ms in rows]
