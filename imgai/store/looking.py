"""Filters that have to look into a picture's JSON: scores of labels, shares of colours.

No index holds these numbers. Reading them takes some µs a picture, so that they are
looked at last, among the pictures that all other filters have left.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache

from imgai.domain.colours import COLOURS, RGB, colour_distance, colour_name, lab_of
from imgai.domain.filter_values import names_holding
from imgai.domain.filters import ColourIs, Comparison
from imgai.store.fulltext import quoted

# So far from a value is near: half as far again as the colours that a palette keeps
# apart, well inside what a name covers.
_NEAR = 20.0

_IN_TEXT = "SELECT rowid FROM image_fts WHERE image_fts MATCH ?"
_LISTED = "IN (SELECT value FROM json_each(?))"


def pictures_scoring(
    connection: sqlite3.Connection,
    comparison: Comparison,
    named: Sequence[str],
    among: set[int] | None,
) -> set[int]:
    """Return the ids of the pictures whose best score is on the wanted side.

    Args:
        connection: of the database.
        comparison: what the score is held against.
        named: the labels whose scores count; none: all labels.
        among: ids of the only pictures to look at; None: all.
    """
    wanted = {label.lower() for label in named}

    def passes(scores_json: str) -> bool:
        scores: dict[str, float] = json.loads(scores_json)
        held = [
            score
            for label, score in scores.items()
            if not wanted or label.lower() in wanted
        ]
        return bool(held) and comparison.holds_for(max(held))

    return _looked_at(connection, "image_ai", "label_scores_json", passes, among)


def pictures_coloured(
    connection: sqlite3.Connection, wanted: ColourIs, among: set[int] | None
) -> set[int]:
    """Return the ids of the pictures that have a colour.

    Args:
        connection: of the database.
        wanted: the colour, and perhaps how much of it.
        among: ids of the only pictures to look at; None: all.
    """
    is_like: Callable[[str], bool]
    if isinstance(wanted.colour, str):
        names = names_holding(wanted.colour)
        is_like = frozenset(names).__contains__
        key = "name"
    else:
        names = _names_near(wanted.colour)
        is_like = _nearness(wanted.colour)
        key = "hex"
    phrases = " OR ".join(quoted(name) for name in names)
    rows = connection.execute(_IN_TEXT, (f"colours : ({phrases})",))
    having = {picture_id for (picture_id,) in rows}
    if wanted.share is None and key == "name":
        return having
    share = wanted.share or Comparison(">", 0.0)

    def passes(colours_json: str) -> bool:
        swatches = json.loads(colours_json)
        alike = sum(one["share"] for one in swatches if is_like(one[key]))
        return share.holds_for(alike)

    if share.holds_for(0.0):  # "less than 5 %" may be none at all
        return _looked_at(connection, "picture", "colours_json", passes, among)
    few = having if among is None else having & among
    return _looked_at(connection, "picture", "colours_json", passes, few)


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
        if colour_distance(lab, lab_of(*value)) <= 2 * _NEAR + own
    ]


def _nearness(rgb: RGB) -> Callable[[str], bool]:
    lab = lab_of(*rgb)

    @cache
    def is_near(hex_digits: str) -> bool:
        red, green, blue = bytes.fromhex(hex_digits[1:])
        return colour_distance(lab, lab_of(red, green, blue)) <= _NEAR

    return is_near


def _looked_at(
    connection: sqlite3.Connection,
    table: str,
    column: str,
    passes: Callable[[str], bool],
    among: set[int] | None,
) -> set[int]:
    """Return the ids of the rows whose JSON passes, among all or some."""
    statement = f"SELECT id, {column} FROM {table}"  # noqa: S608  built from constants
    if among is None:
        rows = connection.execute(statement)
    else:
        listed = json.dumps(sorted(among))
        rows = connection.execute(f"{statement} WHERE id {_LISTED}", (listed,))
    return {picture_id for picture_id, text in rows if passes(text)}
