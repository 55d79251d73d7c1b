"""Keeping the database in order: forgetting what is gone, deriving anew."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.domain.plan import answered_bit
from imgai.domain.predictions import Backend, Task
from imgai.domain.records import Forgotten
from imgai.errors import StoreError
from imgai.store.connection import reading, writing
from imgai.store.lock import hold_database
from imgai.store.predictions import derive_picture
from imgai.store.retirement import ask_anew
from imgai.store.vectors import delete_vectors, rebuild_codes

# Pictures that no image shows any more: gone, or overwritten by another picture.
_LOST_PICTURES = """
SELECT id FROM picture
WHERE NOT EXISTS (SELECT 1 FROM image WHERE picture_id = picture.id AND gone_at IS NULL)
"""

_GONE_IMAGES = "SELECT count(*) FROM image WHERE gone_at IS NOT NULL"

_ANSWERS_OF = """
SELECT count(*) FROM answer WHERE picture_id IN (SELECT value FROM json_each(?))
"""

_THEIR_FAILURES = """
SELECT count(*) FROM failure
WHERE uri IN (SELECT uri FROM image WHERE gone_at IS NOT NULL)
"""

_FORGET_FAILURES = """
DELETE FROM failure WHERE uri IN (SELECT uri FROM image WHERE gone_at IS NOT NULL)
"""

# The ledger goes on saying which pictures were paid for.
_KEEP_HASHES = """
UPDATE attempt_picture SET picture_id = NULL, picture_hash = picture.picture_hash
FROM picture
WHERE picture.id = attempt_picture.picture_id
    AND picture_id IN (SELECT value FROM json_each(?))
"""

_FORGET_PICTURE = (
    "DELETE FROM image_fts WHERE rowid = ?",
    "DELETE FROM analysis WHERE id = ?",
    "DELETE FROM thumbnail WHERE id = ?",
    "DELETE FROM answer WHERE picture_id = ?",
    "DELETE FROM image WHERE picture_id = ?",
    "DELETE FROM picture WHERE id = ?",
)

_DROP_STRAYS = (
    "DELETE FROM analysis WHERE id NOT IN (SELECT id FROM picture)",
    "DELETE FROM image_fts WHERE rowid NOT IN (SELECT id FROM picture)",
    # The index of the texts, from the texts.
    "INSERT INTO image_fts (image_fts) VALUES ('rebuild')",
)

# Pictures between two looks at the progress.
_STEP = 250


def count_gone(path: Path) -> Forgotten:
    """Return what `forget_gone` would forget. Nothing is written or locked.

    Raises:
        StoreError: the database cannot be read.
    """
    with reading(path) as connection:
        try:
            return _count_gone(connection, _lost_pictures(connection))
        except sqlite3.Error as error:
            raise _broken("read", error) from error


def forget_gone(path: Path) -> Forgotten:
    """Forget images that are gone, and pictures that no image shows any more.

    Their answers, vectors and failures go with them. What was spent stays: `call`,
    `call_picture` and `run` are the ledger. All of it is forgotten, or nothing.

    Raises:
        DatabaseBusy: a `classify` holds the database.
        StoreError: it cannot be written.
    """
    with _changing(path) as connection:
        lost = _lost_pictures(connection)
        forgotten = _count_gone(connection, lost)
        connection.execute(_FORGET_FAILURES)
        connection.execute(_KEEP_HASHES, (json.dumps(lost),))
        for picture_id in lost:
            delete_vectors(connection, picture_id)
            for statement in _FORGET_PICTURE:
                connection.execute(statement, (picture_id,))
        connection.execute("DELETE FROM image WHERE gone_at IS NOT NULL")
    return forgotten


def _lost_pictures(connection: sqlite3.Connection) -> list[int]:
    return [picture_id for (picture_id,) in connection.execute(_LOST_PICTURES)]


def _count_gone(connection: sqlite3.Connection, lost: Sequence[int]) -> Forgotten:
    def count(statement: str, *values: str) -> int:
        row: tuple[int] = connection.execute(statement, values).fetchone()
        return row[0]

    return Forgotten(
        images=count(_GONE_IMAGES),
        pictures=len(lost),
        answers=count(_ANSWERS_OF, json.dumps(lost)),
        failures=count(_THEIR_FAILURES),
    )


def derive_everything(
    path: Path, rules: LabelRules, tell: Callable[[int, int], None]
) -> int:
    """Derive all that is derived from the stored answers; return of how many pictures.

    That is `analysis` (`image_ai`), full text, `picture.answered` and the codes of
    vectors. No call is made. All of it is derived, or nothing changes.

    Args:
        path: of the database.
        rules: of the settings now.
        tell: told now and then how many pictures are done, and of how many.

    Raises:
        DatabaseBusy: a `classify` holds the database.
        StoreError: it cannot be written.
    """
    with _changing(path) as connection:
        _set_answered(connection)
        ids = [one for (one,) in connection.execute("SELECT id FROM picture")]
        for done, picture_id in enumerate(ids):
            if done % _STEP == 0:
                tell(done, len(ids))
            derive_picture(connection, picture_id, rules)
        for statement in _DROP_STRAYS:
            connection.execute(statement)
        for (space,) in connection.execute("SELECT id FROM vector_space").fetchall():
            rebuild_codes(connection, space)
        tell(len(ids), len(ids))
    return len(ids)


def _set_answered(connection: sqlite3.Connection) -> None:
    bits = {
        model: answered_bit(Task(task), Backend(backend))
        for model, task, backend in connection.execute(
            "SELECT id, task, backend FROM model"
        )
    }
    answered: dict[int, int] = {}
    for picture_id, model in connection.execute("SELECT picture_id, model FROM answer"):
        answered[picture_id] = answered.get(picture_id, 0) | bits[model]
    connection.execute("UPDATE picture SET answered = 0 WHERE answered != 0")
    connection.executemany(
        "UPDATE picture SET answered = ? WHERE id = ?",
        ((held, picture_id) for picture_id, held in answered.items()),
    )
    ask_anew(connection)


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the database and open a transaction, which the block's success commits."""
    with reading(path):
        pass  # a path mistyped must not make a database
    with hold_database(path), writing(path) as connection:
        # Every row that refers to a picture is deleted with it; for SQLite to check
        # that, it would read all of `embedding` for each picture.
        connection.execute("PRAGMA foreign_keys = OFF")
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise _broken("written", error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _broken(what: str, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"The database cannot be {what}: {error}.",
        hint="Nothing was changed. Check the disk and its free space.",
    )
