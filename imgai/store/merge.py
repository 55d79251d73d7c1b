"""Other databases merged into one: all of it, or nothing, and never twice."""

import os
import shutil
import sqlite3
import uuid
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.domain.merging import Merged, Move, moved
from imgai.errors import StoreError
from imgai.store import joining
from imgai.store import joining_ledger as ledger
from imgai.store.codec import from_ms, stamp_to_ms, to_time
from imgai.store.codes import from_half
from imgai.store.connection import open_for_writing, writing
from imgai.store.header import size_of
from imgai.store.health import (
    Condition,
    examine_database,
    open_unchanged,
    unchanged_uri,
)
from imgai.store.lock import hold_database
from imgai.store.predictions import derive_picture
from imgai.store.retirement import ask_anew
from imgai.store.sightings import Sightings
from imgai.store.vectors import put_vector

# A large database is looked at for so long before it is trusted.
_PATIENCE_S = 0.5
# Pictures between two looks at the progress.
_STEP = 250
# What makes the call on record for a query that was paid for twice the same each time.
_QUERIES = uuid.UUID("6b8f9d6e-55a4-4c1f-9a53-0d3a7d0e6f10")

_TOTALS = """
SELECT (SELECT count(*) FROM image), (SELECT count(*) FROM picture),
       (SELECT count(*) FROM answer), (SELECT count(*) FROM attempt),
       (SELECT total(ifnull(neurons, neurons_reserved)) FROM attempt)
           + (SELECT total(neurons) FROM query_embedding)
"""


def merge_databases(
    sources: Sequence[Path],
    target: Path,
    moves: Sequence[Move],
    rules: LabelRules,
    tell: Callable[[int, int], None],
) -> Merged:
    """Bring what other databases hold into one, which is made if it is not there.

    The newest answer of each picture, task and model stays; of each place, what was
    seen there last. What was spent adds up. To merge the same again changes nothing.
    The others are only read. All of it is merged, or nothing.

    Args:
        sources: the other databases; those of an older imgai are migrated as copies.
        target: the database that receives.
        moves: of the sources' images.
        rules: by which labels are derived.
        tell: told now and then how many pictures are derived anew, and of how many.

    Raises:
        StoreError: one of the others is not there, not ours, newer or damaged; or
            the target cannot be written. The target is as it was.
        DatabaseBusy: a `classify` holds one of them.
    """
    with ExitStack() as stack:
        for source in sources:
            _refuse_target(source, target)
            stack.enter_context(_held_still(source))
        are_older = [_is_older(source) for source in sources]
        stack.enter_context(hold_database(target))
        scratch = stack.enter_context(_scratch(target))
        ready = [
            _migrated(one, scratch()) if is_older else one
            for one, is_older in zip(sources, are_older, strict=True)
        ]
        merged = Merged(len(sources))
        if len(ready) > (most := _most_attached()):
            # SQLite attaches ten at once; more are merged in groups before.
            groups = [ready[at : at + most] for at in range(0, len(ready), most)]
            ready = [scratch() for _ in groups]
            for group, path in zip(groups, ready, strict=True):
                merged = _joined(group, path, moves, merged, lambda _: None)
            moves = ()  # already made
        return _joined(
            ready, target, moves, merged, partial(_derive, rules=rules, tell=tell)
        )


def _refuse_target(source: Path, target: Path) -> None:
    if None not in (size_of(source), size_of(target)) and source.samefile(target):
        raise StoreError(
            f"{source} is the database that the others are merged into.",
            hint="Name the others only, and this one with --db.",
        )


@contextmanager
def _held_still(source: Path) -> Iterator[None]:
    """Keep a `classify` from changing a database while it is read.

    A database without a lock beside it was copied here, and none is made for it.
    """
    lock = source.with_name(source.name + ".lock")
    if lock.exists() and os.access(lock, os.W_OK):
        with hold_database(source):
            yield
    else:
        yield


def _is_older(source: Path) -> bool:
    """Return whether a database has to be migrated before it can be read.

    Raises:
        StoreError: it cannot be merged at all.
    """
    health = examine_database(source, _PATIENCE_S)
    match health.condition:
        case Condition.USABLE | Condition.MISINDEXED:
            return False
        case Condition.OLDER:
            return True
        case Condition.ABSENT:
            what = "is empty" if source.exists() else "is not there"
            raise StoreError(
                f"{source} {what}. Nothing was merged.",
                hint="Check the path. Name the databases to merge, which are there;"
                " --db names the one they are merged into.",
            )
        case Condition.REFUSED | Condition.DAMAGED:
            raise StoreError(
                f"{source} cannot be merged: {health.complaint}.",
                hint="Nothing was merged. `imgai doctor --db` says more about it.",
            )


def _migrated(older: Path, copy: Path) -> Path:
    """Return a copy of a database, brought up to date."""
    with (
        closing(open_unchanged(older)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    open_for_writing(copy).close()
    return copy


@contextmanager
def _scratch(target: Path) -> Iterator[Callable[[], Path]]:
    """Yield what names a new file each time, all of them gone after the block.

    They lie in a folder beside the target, which is made for the first of them: there
    is room for the target there, and whoever holds the target's lock knows that all
    in it was left by a merge that was killed.

    Raises:
        StoreError: the folder cannot be made.
    """
    folder = target.with_name(target.name + ".merging")
    numbers = count()

    def new_file() -> Path:
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder}, for copies while merging, cannot be made: {error}.",
                hint="Nothing was merged. Check the free space and the rights there.",
            ) from error
        return folder / f"{next(numbers)}.db"

    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield new_file
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _most_attached() -> int:
    with closing(sqlite3.connect(":memory:")) as connection:
        return connection.getlimit(sqlite3.SQLITE_LIMIT_ATTACHED)


def _joined(
    sources: Sequence[Path],
    target: Path,
    moves: Sequence[Move],
    merged: Merged,
    derive: Callable[[sqlite3.Connection], None],
) -> Merged:
    """Join databases to one in a transaction; return what that brought."""
    with writing(target) as connection:
        # Every row that is referred to is joined first; nothing is deleted.
        connection.execute("PRAGMA foreign_keys = OFF")
        schemas = [f"other_{at}" for at, _ in enumerate(sources)]
        for schema, source in zip(schemas, sources, strict=True):
            uri = unchanged_uri(source)
            connection.execute(f"ATTACH ? AS {schema}", (uri,))
        _execute(connection, joining.TEMPORARY)
        connection.execute("BEGIN IMMEDIATE")
        try:
            before = connection.execute(_TOTALS).fetchone()
            counts = [_join(connection, schema, moves) for schema in schemas]
            ask_anew(connection)
            derive(connection)
            after = connection.execute(_TOTALS).fetchone()
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        connection.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")
    images, pictures, answers, calls, neurons = (
        now - then for now, then in zip(after, before, strict=True)
    )
    return replace(
        merged,
        images=images,
        pictures=pictures,
        answers=answers,
        renewed=sum(changed for changed, _ in counts) - answers,
        calls=calls,
        neurons=neurons,
        moved=merged.moved + sum(places for _, places in counts),
    )


def _join(
    connection: sqlite3.Connection, schema: str, moves: Sequence[Move]
) -> tuple[int, int]:
    """Join one database; return how many answers and URIs that changed."""
    functions: dict[str, Callable[..., str | int]] = {
        "moved": lambda uri: moved(uri, moves),
        "seen_here": Sightings(connection, "main").last,
        "seen_there": Sightings(connection, schema).last,
        "query_call": _query_call,
        "ms_of": stamp_to_ms,
        "time_of": lambda milliseconds: to_time(from_ms(milliseconds)),
    }
    for name, function in functions.items():
        connection.create_function(name, -1, function, deterministic=True)
    _execute(connection, (*joining.KEYS, *joining.NOTES), schema)
    vectors = connection.execute(_named(joining.DUE_VECTORS, schema))
    for picture_id, picture_hash, space, half in vectors:
        vector = array("f", from_half(half))
        put_vector(connection, picture_id, picture_hash, space, vector)
    answers = _execute(connection, joining.ANSWERS, schema)
    _execute(
        connection,
        (*joining.IMAGES, *ledger.QUERIES, *ledger.LEDGER, *ledger.FAILURES),
        schema,
    )
    places = "SELECT count(*) FROM other.image WHERE moved(uri) != uri"
    (count,) = connection.execute(_named(places, schema)).fetchone()
    return answers, count


def _execute(
    connection: sqlite3.Connection, statements: Sequence[str], schema: str = "other"
) -> int:
    """Execute statements; return how many rows they changed."""
    return sum(
        connection.execute(_named(statement, schema)).rowcount
        for statement in statements
    )


def _named(statement: str, schema: str) -> str:
    return statement.replace("other.", f"{schema}.")


def _query_call(query: str, model: str, asked_at: str) -> str:
    """Return the id of the call that stands for a query paid for twice."""
    return str(uuid.uuid5(_QUERIES, f"{asked_at} {model} {query}"))


def _derive(
    connection: sqlite3.Connection,
    *,
    rules: LabelRules,
    tell: Callable[[int, int], None],
) -> None:
    """Derive the pictures anew that anything changed of."""
    touched = connection.execute("SELECT id FROM temp.touched").fetchall()
    for done, (picture_id,) in enumerate(touched):
        if done % _STEP == 0:
            tell(done, len(touched))
        derive_picture(connection, picture_id, rules)
    tell(len(touched), len(touched))
