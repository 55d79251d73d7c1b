"""Merging databases in tests: one call, what they hold, and small ones to merge."""

import sqlite3
from contextlib import closing
from pathlib import Path

from imgai.domain.merging import Merged, Move
from imgai.domain.predictions import Prediction
from imgai.store.connection import open_for_reading
from imgai.store.merge import merge_databases
from tests.store.library import RULES, changing, classify

# Keys that hold within one file only, and what they are translated from.
_OWN_KEYS = {"id", "picture_id", "space", "slot", "mean"}
_NUMBERS = {
    "answer": {*_OWN_KEYS, "model", "params"},
    "analysis": {*_OWN_KEYS, "models"},
    "attempt": {"number", "run", "model"},
    "attempt_picture": {"attempt", "picture_id"},
    # Their ids are UUIDs.
    "run": set(),
    "call": set(),
    "failure": set(),
}
# What the numbers stand for is seen in these views.
_READ_AS = {"prediction", "image_ai", "call", "call_picture"}
# Derived in each file, or SQLite's own.
_DERIVED = ("image_fts_", "sqlite_", "vector_code", "vector_plane", "_sqlite")


def merge(target: Path, *sources: Path, moves: tuple[Move, ...] = ()) -> Merged:
    """Merge databases by the usual rules, in silence."""
    return merge_databases(sources, target, moves, RULES, lambda *_: None)


def rows(database: Path, statement: str) -> list[tuple[object, ...]]:
    """Return what a query of a database finds."""
    with closing(open_for_reading(database)) as connection:
        return connection.execute(statement).fetchall()


def contents(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table, without the keys that only one file knows."""
    held = {}
    names = rows(database, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    for name in sorted({str(name) for (name,) in names} | _READ_AS):
        if name.startswith(_DERIVED):
            continue
        columns = rows(database, f"SELECT name FROM pragma_table_info('{name}')")  # noqa: S608  a table's name
        own = _NUMBERS.get(name, _OWN_KEYS)
        kept = [f'"{one}"' for (one,) in columns if one not in own]
        found = rows(database, f"SELECT {', '.join(kept)} FROM {name}")  # noqa: S608  likewise
        held[name] = sorted(found, key=repr)
    return held


def everything(database: Path) -> list[str]:
    """Return all that a database holds, as SQL, but how FTS5 packs its index."""
    with closing(sqlite3.connect(database)) as connection:
        dump = list(connection.iterdump())
    return [line for line in dump if "image_fts_" not in line]


def one_picture(
    path: Path, number: int, answers: list[Prediction], uri: str = ""
) -> Path:
    """Make a database of one picture."""
    with changing(path) as connection:
        classify(connection, uri or f"file:///photos/{number}.jpg", number, answers)
    return path
