"""Filters that have to look into a picture's JSON: scores of labels, shares of colours.

No index holds these numbers. SQLite reads them at about 1 µs a picture, so they are
looked at last, and of few pictures among the rest alone.
"""

import json
import sqlite3
from collections.abc import Sequence
from functools import cache

from imgai.domain.colours import COLOURS, RGB, colour_distance, colour_name, lab_of
from imgai.domain.filter_values import names_holding
from imgai.domain.filters import ColourIs, Comparison
from imgai.store.fulltext import quoted

# So far from a value is near: half as far again as the colours that a palette keeps
# apart, well inside what a name covers.
NEAR = 20.0

# So many are looked up one by one in a third of the time that looking at all takes.
_FEW = 20_000

_HAVING = "SELECT rowid FROM image_fts WHERE image_fts MATCH ?"
_BEST_SCORE = "(SELECT max(value) FROM json_each(label_scores_json))"
_BEST_OF_NAMED = (
    "(SELECT max(score.value) FROM json_each(label_scores_json) AS score"
    " WHERE lower(score.key) IN (SELECT value FROM json_each(?)))"
)
_SHARE_NAMED = (
    "(SELECT total(json_extract(value, '$.share')) FROM json_each(colours_json)"
    " WHERE json_extract(value, '$.name') IN (SELECT value FROM json_each(?)))"
)
_SHARE_NEAR = (
    "(SELECT total(json_extract(value, '$.share')) FROM json_each(colours_json)"
    " WHERE is_near(json_extract(value, '$.hex')))"
)


def pictures_scoring(
    connection: sqlite3.Connection,
    comparison: Comparison,
    named: Sequence[str],
    among: set[int] | None,
) -> set[int]:
    """Return the ids of pictures whose best score is on the wanted side.

    Args:
        connection: of the database.
        comparison: what the score is held against.
        named: the labels whose scores count; none: all labels.
        among: ids of the only pictures of interest; None: all. Others may be returned.
    """
    names = json.dumps([label.lower() for label in named], ensure_ascii=False)
    return _where(
        connection,
        "analysis",
        f"{_BEST_OF_NAMED if named else _BEST_SCORE} {comparison.sign} ?",
        [*([names] if named else []), comparison.value],
        among,
    )


def pictures_coloured(
    connection: sqlite3.Connection, wanted: ColourIs, among: set[int] | None
) -> set[int]:
    """Return the ids of pictures that have a colour.

    Args:
        connection: of the database.
        wanted: the colour, and perhaps how much of it.
        among: ids of the only pictures of interest; None: all. Others may be returned.
    """
    share = wanted.share or Comparison(">", 0.0)
    if isinstance(wanted.colour, str):
        names = names_holding(wanted.colour)
        having = _having(connection, names)
        if wanted.share is None:
            return having
        condition, values = _SHARE_NAMED, [json.dumps(names)]
    else:
        having = _having(connection, _names_near(wanted.colour))
        _teach_nearness(connection, wanted.colour)
        condition, values = _SHARE_NEAR, []
    if not share.holds_for(0.0):  # "less than 5 %" may be none at all
        among = having if among is None else having & among
    return _where(
        connection,
        "picture",
        f"{condition} {share.sign} ?",
        [*values, share.value],
        among,
    )


def _having(connection: sqlite3.Connection, names: Sequence[str]) -> set[int]:
    phrases = " OR ".join(quoted(name) for name in names)
    rows = connection.execute(_HAVING, (f"colours : ({phrases})",))
    return {picture_id for (picture_id,) in rows}


def _names_near(rgb: RGB) -> list[str]:
    """Return the names that colours near a value may have been given.

    One that is near has its own name's value at most as far away as the value's own
    name has; so its name's value is at most two nearnesses and that farther off.
    """
    lab = lab_of(*rgb)
    own = colour_distance(lab, lab_of(*COLOURS[colour_name(*rgb)]))
    return [
        name
        for name, value in COLOURS.items()
        if colour_distance(lab, lab_of(*value)) <= 2 * NEAR + own
    ]


def _teach_nearness(connection: sqlite3.Connection, rgb: RGB) -> None:
    """Teach the connection `is_near`, which takes "#rrggbb"."""
    lab = lab_of(*rgb)

    @cache
    def is_near(hex_digits: str) -> bool:
        red, green, blue = bytes.fromhex(hex_digits[1:])
        return colour_distance(lab, lab_of(red, green, blue)) <= NEAR

    connection.create_function("is_near", 1, is_near, deterministic=True)


def _where(
    connection: sqlite3.Connection,
    table: str,
    condition: str,
    values: Sequence[object],
    among: set[int] | None,
) -> set[int]:
    statement = f"SELECT id FROM {table} WHERE {condition}"  # noqa: S608  built from constants
    if among is not None and len(among) <= _FEW:
        statement += " AND id IN (SELECT value FROM json_each(?))"
        values = [*values, json.dumps(sorted(among))]
    return {picture_id for (picture_id,) in connection.execute(statement, values)}
