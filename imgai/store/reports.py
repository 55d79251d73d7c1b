"""How the whole database stands: what `status` tells."""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from imgai.domain.clock import day_began
from imgai.domain.plan import answered_bit, good_enough
from imgai.domain.predictions import Backend, Task, VectorSpace
from imgai.domain.records import (
    Answered,
    DatabaseStatus,
    Ledger,
    ModelRecord,
    RunRecord,
    SpaceRecord,
)
from imgai.store.codec import from_time, to_ms, to_time
from imgai.store.floors import known_calibration

# Pictures that an image shows: others are gone, or another was put in their place.
_ANSWERED = """
SELECT answered, count(*) FROM picture
WHERE EXISTS (SELECT 1 FROM image WHERE picture_id = picture.id AND gone_at IS NULL)
GROUP BY answered
"""

_LEDGER = """
SELECT count(*), total(ifnull(neurons, neurons_reserved)),
       count(*) FILTER (WHERE ifnull(outcome, 'perhaps-billed') = 'perhaps-billed'),
       count(*) FILTER (WHERE outcome IN ('answered', 'bad-answer', 'perhaps-billed')
                        AND neurons_reserved IS NULL AND NOT neurons_measured)
FROM attempt
"""

# Counted in an index alone: the table is ten times as large.
_MODELS = """
SELECT task, backend, model.model, answers
FROM (SELECT model, count(*) AS answers FROM answer GROUP BY model) AS counted
JOIN model ON model.id = counted.model
"""

_RUN = """
SELECT source, backend, started_at, finished_at, exit_code, ifnull(analysed, 0),
       ifnull(failed, 0), ifnull(pending, 0), ifnull(neurons, 0.0)
FROM run ORDER BY started_at DESC LIMIT 1
"""


def read_status(
    connection: sqlite3.Connection,
    path: Path,
    wanted: Iterable[Task],
    backend: Backend,
    now: datetime,
) -> DatabaseStatus:
    """Return how the database stands, by counting; nothing is written.

    Args:
        connection: of the database.
        path: its file.
        wanted: the tasks that the settings ask for.
        backend: that a run would use now.
        now: UTC, for what was spent today.
    """
    answered = _answered(connection)
    (gone,) = _row(connection, "SELECT count(*) FROM image WHERE gone_at IS NOT NULL")
    (images,) = _row(connection, "SELECT count(*) FROM image")
    return DatabaseStatus(
        path=path,
        size_bytes=_size_bytes(path),
        images=images - gone,
        gone=gone,
        pictures=sum(answered.values()),
        backend=backend,
        tasks={task: _of_task(task, backend, answered) for task in wanted},
        failed=_reasons(connection, is_skip=False),
        skipped=_reasons(connection, is_skip=True),
        today=_ledger(connection, day_began(now)),
        ever=_ledger(connection, None),
        models=_models(connection),
        spaces=_spaces(connection),
        last_run=_last_run(connection),
    )


def _row(connection: sqlite3.Connection, statement: str) -> tuple[int, ...]:
    row: tuple[int, ...] = connection.execute(statement).fetchone()
    return row


def _size_bytes(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _answered(connection: sqlite3.Connection) -> dict[int, int]:
    """Return how many pictures that an image shows have which answers."""
    return dict(connection.execute(_ANSWERED).fetchall())


def _of_task(task: Task, backend: Backend, answered: Mapping[int, int]) -> Answered:
    by_backend = dict.fromkeys(Backend, 0)
    missing = 0
    for bits, count in answered.items():
        at = [one for one in Backend if bits & answered_bit(task, one)]
        if at:
            by_backend[max(at, key=lambda one: one.rank)] += count
        if not bits & good_enough(task, backend):
            missing += count
    return Answered(by_backend, missing)


def _reasons(connection: sqlite3.Connection, *, is_skip: bool) -> dict[str, int]:
    rows = connection.execute(
        "SELECT error, count(DISTINCT uri) FROM failure"
        " WHERE resolved_at IS NULL AND skipped = ? GROUP BY error ORDER BY 2 DESC, 1",
        (is_skip,),
    )
    return dict(rows.fetchall())


def _ledger(connection: sqlite3.Connection, since: datetime | None) -> Ledger:
    # All calls are read as they stand, those of a day by their index.
    column = "started_ms" if since else "+started_ms"
    calls, neurons, perhaps_billed, unpriced = connection.execute(
        f"{_LEDGER} WHERE {column} >= ?", (to_ms(since) if since else 0,)
    ).fetchone()
    # Queries cost their embedding; how many were asked is in their own table.
    queries, query_neurons = connection.execute(
        "SELECT count(*) FILTER (WHERE neurons > 0), total(neurons)"
        " FROM query_embedding WHERE asked_at >= ?",
        (to_time(since) if since else "",),
    ).fetchone()
    return Ledger(calls + queries, neurons + query_neurons, perhaps_billed, unpriced)


def _models(connection: sqlite3.Connection) -> tuple[ModelRecord, ...]:
    order = list(Task)
    found = [
        ModelRecord(Task(task), Backend(backend), model, count)
        for task, backend, model, count in connection.execute(_MODELS)
    ]
    return tuple(sorted(found, key=lambda one: (order.index(one.task), -one.pictures)))


def _spaces(connection: sqlite3.Connection) -> tuple[SpaceRecord, ...]:
    rows = connection.execute(
        "SELECT model, pooling, dims, backend, id,"
        " (SELECT count(*) FROM embedding WHERE space = vector_space.id)"
        " FROM vector_space ORDER BY id"
    ).fetchall()
    return tuple(
        SpaceRecord(
            VectorSpace(model, pooling, dims),
            Backend(backend),
            count,
            known_calibration(connection, space_id),
        )
        for model, pooling, dims, backend, space_id, count in rows
        if count
    )


def _last_run(connection: sqlite3.Connection) -> RunRecord | None:
    row = connection.execute(_RUN).fetchone()
    if row is None:
        return None
    source, backend, started_at, finished_at, *counts = row
    return RunRecord(
        source,
        Backend(backend),
        from_time(started_at),
        from_time(finished_at) if finished_at else None,
        *counts,
    )
