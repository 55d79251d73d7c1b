"""Filters brought to the database: folders as people name them become URIs."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from imgai.domain.filters import Filter, LabelIs, State, Under
from imgai.store.filtering import count_unread, passing_pictures
from imgai.store.labels import labels_with

_MOST_NAMED = 5


def pass_filters(
    connection: sqlite3.Connection, filters: Sequence[Filter]
) -> frozenset[int] | None:
    """Return the ids of the pictures that pass; None: there is no filter, all do."""
    return passing_pictures(connection, filters) if filters else None


def located(filters: Sequence[Filter], here: Path) -> tuple[Filter, ...]:
    """Return filters whose folders are written as URIs are.

    Args:
        filters: from `imgai.domain.query_language`.
        here: what ``./holiday`` is relative to; absolute.
    """
    return tuple(
        replace(one, condition=_located(one.condition, here))
        if isinstance(one.condition, Under)
        else one
        for one in filters
    )


def _located(under: Under, here: Path) -> Under:
    from imgai.sources.location import (  # noqa: PLC0415  few searches name a folder
        absolute_path,
        parse_r2_uri,
        path_to_uri,
        quote_name,
        r2_uri,
        uri_to_path,
    )

    folder = under.folder
    match folder.partition("://")[:2]:
        case ("file", "://"):
            return Under(path_to_uri(uri_to_path(folder)))
        case ("r2", "://"):
            return Under(r2_uri(*parse_r2_uri(folder)))
        case _:
            pass
    if folder.startswith(("/", "~", "./", "../")) or folder in {".", ".."}:
        # As the shell does: a home that nobody knows stays as it is, and holds nothing.
        home = os.path.expanduser(folder)  # noqa: PTH111  Path's own would raise
        return Under(path_to_uri(absolute_path(home, here)))
    return Under(quote_name(folder.replace("\\", "/")))


def remarks(
    connection: sqlite3.Connection, filters: Sequence[Filter], *, has_found: bool
) -> list[str]:
    """Return what people should know of filters that found nothing, or not all."""
    notes: list[str] = []
    for one in filters:
        if one.is_negated:
            continue
        match one.condition:
            case LabelIs(label=label) if not has_found:
                notes += _unknown_label(connection, label)
            case State.FAILED:
                notes += _unread(connection)
            case _:
                pass
    return notes


def _unknown_label(connection: sqlite3.Connection, label: str) -> list[str]:
    alike = labels_with(connection, label, 1_000)
    if label.lower() in {one.lower() for one in alike}:
        return []
    some = f" Some have {', '.join(alike[:_MOST_NAMED])}." if alike else ""
    return [f'No picture has the label "{label}".{some}']


def _unread(connection: sqlite3.Connection) -> list[str]:
    count = count_unread(connection)
    if not count:
        return []
    return [
        f"{count} more could not be read at all: `imgai status --failed` lists them."
    ]
