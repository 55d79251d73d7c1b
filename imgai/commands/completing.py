"""What the shell offers when Tab is pressed: labels, colours, filters.

Completion runs the program at every Tab, so it looks only at the database, and where
there is none, or it cannot be read, it offers nothing and says nothing.
"""

import sqlite3
from pathlib import Path

import typer

from imgai.errors import ImgaiError

_MOST = 50


def complete_label(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return labels that have words beginning so, the most frequent first."""
    from imgai.commands.options import settings_with  # noqa: PLC0415
    from imgai.store.connection import reading  # noqa: PLC0415
    from imgai.store.labels import labels_with  # noqa: PLC0415

    named = ctx.params.get("db")
    try:
        settings = settings_with(Path(named) if named else None)
        with reading(settings.database) as connection:
            found = labels_with(connection, incomplete, _MOST)
    except (ImgaiError, sqlite3.Error):
        return []
    # The shell drops what does not begin like the word it completes.
    return [one for one in found if one.lower().startswith(incomplete.lower())]


def complete_colour(incomplete: str) -> list[str]:
    """Return names of colours that begin so."""
    from imgai.domain.colours import COLOURS  # noqa: PLC0415

    start = incomplete.lower().replace("-", " ")
    return [name for name in COLOURS if name.startswith(start)]


def complete_query(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return filters that begin so; behind a filter's colon, its values."""
    from imgai.domain.filter_values import KEYS  # noqa: PLC0415

    before = list(ctx.params.get("query") or ())
    # To bash a colon is a word of its own, and what follows it another.
    if before[-1:] == [":"]:
        return _values(ctx, "".join(before[-2:-1]), incomplete)
    key, colon, value = incomplete.partition(":")
    if colon:
        return [f"{key}:{one}" for one in _values(ctx, key, value)]
    minus, bare = ("-", key[1:]) if key.startswith("-") else ("", key)
    return [f"{minus}{one}:" for one in KEYS if bare and one.startswith(bare)]


def _values(ctx: typer.Context, key: str, begun: str) -> list[str]:
    """Return the values that a filter may have."""
    from imgai.domain.filter_values import FORMATS  # noqa: PLC0415
    from imgai.domain.filters import Part, State  # noqa: PLC0415

    bare = begun.replace('"', "").replace("\\", "").lower()
    match key.removeprefix("-").lower():
        case "label":
            values = complete_label(ctx, bare)
        case "colour" | "color":
            values = [name.replace(" ", "-") for name in complete_colour(bare)]
        case "format":
            values = list(FORMATS)
        case "is":
            values = list(State)
        case "has":
            values = list(Part)
        case _:
            values = []
    return [_quoted(one) for one in values if one.lower().startswith(bare)]


def _quoted(value: str) -> str:
    # The quotes are for the query, so the shell must not take them for itself.
    return f'\\"{value}\\"' if " " in value else value
