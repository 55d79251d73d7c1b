"""Which pictures pass the filters of a search: found before anything is ranked.

Each condition becomes a set of picture ids by the way that is quickest for it, and
the sets are intersected here: one statement for all would leave SQLite to guess which
of them is rare, and it has no statistics to guess by. What has to read a picture's
JSON looks only at those that the others have left.
"""

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from imgai.domain.filters import (
    Before,
    ColourIs,
    Condition,
    Filter,
    FormatIs,
    LabelIs,
    Mentions,
    Part,
    ScoreIs,
    Since,
    State,
    Under,
)
from imgai.store.fulltext import quoted
from imgai.store.looking import pictures_coloured, pictures_scoring

# When a picture was taken: as the camera says, else when its file was last written,
# else (objects of a bucket) when it was first seen.
_TAKEN = (
    "coalesce(taken_at, strftime('%Y-%m-%dT%H:%M:%S', mtime_ns / 1000000000,"
    " 'unixepoch'), first_seen_at)"
)
_EVERYTHING = "SELECT id FROM image_fts_docsize"  # the findable, in a narrow table
_IN_TEXT = "SELECT rowid FROM image_fts WHERE image_fts MATCH ?"
_FAILED = """
SELECT picture.id FROM failure
JOIN picture ON picture.picture_hash = failure.picture_hash
WHERE failure.resolved_at IS NULL AND NOT failure.skipped
UNION
SELECT image.picture_id FROM failure JOIN image ON image.uri = failure.uri
WHERE failure.resolved_at IS NULL AND NOT failure.skipped
  AND image.gone_at IS NULL AND image.picture_id IS NOT NULL
"""
_UNREAD = """
SELECT count(DISTINCT failure.uri) FROM failure
LEFT JOIN image ON image.uri = failure.uri
LEFT JOIN picture ON picture.picture_hash = failure.picture_hash
WHERE failure.resolved_at IS NULL AND NOT failure.skipped
  AND image.picture_id IS NULL AND picture.id IS NULL
"""
_HAVING: Mapping[State | Part, str] = {
    State.FAILED: _FAILED,
    State.TRUNCATED: "SELECT id FROM picture WHERE truncated",
    Part.CAPTION: "SELECT id FROM analysis WHERE ifnull(caption, '') <> ''",
    Part.LABELS: "SELECT id FROM analysis WHERE label_scores_json <> '{}'",
    Part.EMBEDDING: "SELECT picture_id FROM embedding",
}
_LISTED = "IN (SELECT value FROM json_each(?))"


class _ImageTest(NamedTuple):
    """A condition about a place an image was seen, as SQL."""

    sql: str
    values: tuple[str, ...] = ()


def passing_pictures(
    connection: sqlite3.Connection, filters: Sequence[Filter]
) -> frozenset[int]:
    """Return the ids of the pictures that pass every filter; some may be gone.

    What is asked of an image (folder, date, format) has to hold for one and the same
    image of a picture, among those that are not gone.

    Args:
        connection: of the database.
        filters: at least one; a folder of `Under` is a URI, or part of a path.
    """
    passing: set[int] | None = None
    tests = [_image_test(one.condition) for one in filters if not one.is_negated]
    if wanted := [test for test in tests if test is not None]:
        passing = _with_image(connection, wanted)
    slow: list[Filter] = []
    for one in filters:
        if one.is_negated or _image_test(one.condition) is None:
            if _is_slow(one.condition):
                slow.append(one)
            else:
                passing = _sifted(connection, one, filters, passing)
    for one in slow:
        passing = _sifted(connection, one, filters, passing)
    assert passing is not None  # noqa: S101  there is a filter
    return frozenset(passing)


def images_passing(
    connection: sqlite3.Connection,
    filters: Sequence[Filter],
    picture_ids: Collection[int],
) -> dict[int, str]:
    """Return the first URI of each picture that passes what is asked of images.

    Empty when nothing is asked of them.
    """
    tests = [_image_test(one.condition) for one in filters if not one.is_negated]
    wanted = [test for test in tests if test is not None]
    if not wanted:
        return {}
    sql, values = _all_of(wanted)
    rows = connection.execute(
        f"SELECT picture_id, min(id), uri FROM image WHERE picture_id {_LISTED}"  # noqa: S608  built from constants
        f" AND gone_at IS NULL AND {sql} GROUP BY picture_id",
        (json.dumps(list(picture_ids)), *values),
    )
    return {picture_id: uri for picture_id, _, uri in rows}


def count_unread(connection: sqlite3.Connection) -> int:
    """Return how many images failed that no picture is known of."""
    row = connection.execute(_UNREAD).fetchone()
    count: int = row[0]
    return count


def _is_slow(condition: Condition) -> bool:
    match condition:
        case ScoreIs():
            return True
        case ColourIs(colour=colour, share=share):
            return share is not None or not isinstance(colour, str)
        case _:
            return False


def _sifted(
    connection: sqlite3.Connection,
    one: Filter,
    filters: Sequence[Filter],
    passing: set[int] | None,
) -> set[int]:
    meeting = _meeting(connection, one.condition, filters, passing)
    if passing is None:
        if not one.is_negated:
            return meeting
        passing = _ids(connection, _EVERYTHING)
    return passing - meeting if one.is_negated else passing & meeting


def _meeting(
    connection: sqlite3.Connection,
    condition: Condition,
    filters: Sequence[Filter],
    among: set[int] | None,
) -> set[int]:
    match condition:
        case Mentions(phrase=phrase):
            found = _ids(connection, _IN_TEXT, quoted(phrase))
        case LabelIs(label=label):
            found = _labelled(connection, label)
        case ScoreIs(comparison=comparison):
            found = pictures_scoring(connection, comparison, _named(filters), among)
        case ColourIs():
            found = pictures_coloured(connection, condition, among)
        case State() | Part() if condition in _HAVING:
            found = _ids(connection, _HAVING[condition])
        case _:
            test = _image_test(condition)
            assert test is not None  # noqa: S101  the others are asked of images
            found = _with_image(connection, [test])
    return found


def _named(filters: Sequence[Filter]) -> list[str]:
    return [
        one.condition.label
        for one in filters
        if isinstance(one.condition, LabelIs) and not one.is_negated
    ]


def _ids(connection: sqlite3.Connection, statement: str, *values: object) -> set[int]:
    return {row[0] for row in connection.execute(statement, values)}


def _image_test(condition: Condition) -> _ImageTest | None:
    """Return what is asked of an image; None: it is asked of the picture."""
    match condition:
        case Since(moment=moment):
            return _ImageTest(f"{_TAKEN} >= ?", (moment,))
        case Before(moment=moment):
            return _ImageTest(f"{_TAKEN} < ?", (moment,))
        case FormatIs(format=name):
            return _ImageTest("format = ?", (name,))
        case Part.DATE:
            return _ImageTest("taken_at IS NOT NULL")
        case Under(folder=folder):
            return _under(folder)
        case _:
            return None


def _under(folder: str) -> _ImageTest:
    bare = folder.rstrip("/")
    if "://" in folder:
        # The folder's own URI counts too: it may be the image itself.
        return _ImageTest(
            "(uri = ? OR (uri >= ? AND uri < ?))", (bare, f"{bare}/", f"{bare}0")
        )
    escaped = re.sub(r"([\\%_])", r"\\\1", bare.strip("/"))
    return _ImageTest(r"uri LIKE ? ESCAPE '\'", (f"%/{escaped}/%",))


def _with_image(
    connection: sqlite3.Connection, tests: Sequence[_ImageTest]
) -> set[int]:
    sql, values = _all_of(tests)
    return _ids(
        connection,
        "SELECT picture_id FROM image"  # noqa: S608  built from constants
        f" WHERE picture_id IS NOT NULL AND gone_at IS NULL AND {sql}",
        *values,
    )


def _all_of(tests: Iterable[_ImageTest]) -> tuple[str, list[str]]:
    tests = list(tests)
    values = [value for test in tests for value in test.values]
    return " AND ".join(test.sql for test in tests), values


def _labelled(connection: sqlite3.Connection, label: str) -> set[int]:
    # The index finds labels that hold the words, by their stems; then the label has
    # to stand between quotes in the JSON just so.
    as_json = f"{json.dumps(label, ensure_ascii=False).lower()}:"
    return _ids(
        connection,
        "SELECT image_fts.rowid FROM image_fts"
        " JOIN analysis ON analysis.id = image_fts.rowid"
        " WHERE image_fts MATCH ? AND instr(lower(label_scores_json), ?)",
        f"labels : {quoted(label)}",
        as_json,
    )
