"""A search, wired: its filters, the database, and the models it may have to ask."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgai.domain.matches import Example, Found, Search, SearchMode
from imgai.search.find import find, find_known
from imgai.settings.values import Settings
from imgai.store.connection import reading

if TYPE_CHECKING:
    from imgai.commands.calibrating import Calibrator
    from imgai.domain.filters import Filter
    from imgai.models.base import EmbeddedText, TextEmbedder

# A person waits: Workers AI is asked for the query's embedding with less patience.
ATTEMPTS = 3
PATIENCE_S = 10.0

# Without one of these a query holds no filter, and is not taken apart: 8 ms.
_FILTER_SIGNS = frozenset(':"-')


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    query: str = ""
    mode: SearchMode = SearchMode.HYBRID
    limit: int = 20
    min_similarity: float | None = None
    options: tuple[tuple[str, str], ...] = ()  # filters: ("--label", "cat")
    examples: tuple[tuple[float, str], ...] = ()  # (1 or -1, "0.5:pool.jpg")
    backend: str = "local"  # for examples that the database does not know


def find_matches(asked: Asked, settings: Settings) -> Found:
    """Find pictures; ask a model for the query's embedding only if it is new.

    Raises:
        QueryError: a filter is malformed.
        StoreError: the database is not there, not ours, or cannot be read.
        ImageError: an example cannot be read.
        ImgaiError: an example is not there, or what should look at it cannot be had.
    """
    text, filters = _taken_apart(asked)
    with reading(settings.database) as connection:
        examples: tuple[Example, ...] = ()
        if asked.examples:
            from imgai.commands.examples import find_examples  # noqa: PLC0415

            examples = find_examples(connection, asked, settings)
        search = Search(
            text, asked.mode, asked.limit, asked.min_similarity, filters, examples
        )
        found = find_known(connection, search)
        if found is not None:
            return found
        import asyncio  # noqa: PLC0415  30 ms

        return asyncio.run(_find(connection, search, settings))


def _taken_apart(asked: Asked) -> "tuple[str, tuple[Filter, ...]]":
    if not asked.options and not _FILTER_SIGNS & set(asked.query):
        return asked.query, ()
    from imgai.domain.filter_values import option_condition  # noqa: PLC0415
    from imgai.domain.filters import Filter  # noqa: PLC0415
    from imgai.domain.query_language import parse_query  # noqa: PLC0415
    from imgai.search.filters import located  # noqa: PLC0415

    query = parse_query(asked.query)
    options = tuple(Filter(option_condition(*one)) for one in asked.options)
    return query.text, located((*query.filters, *options), Path.cwd())


async def _find(
    connection: sqlite3.Connection, search: Search, settings: Settings
) -> Found:
    database = settings.database
    notes: list[str] = []
    async with AsyncExitStack() as stack:
        embedders, calibrator = await _models(settings, stack)

        async def keep(query: str, embedded: "EmbeddedText") -> None:
            _keep(database, query, embedded)
            # Only now is it known that the model answers at all.
            if calibrator and search.min_similarity is None:
                note = await calibrator.calibrate(embedded.space)
                notes.extend([note] if note else [])

        can_keep = _is_writable(database)
        found = await find(
            connection, search, lambda: embedders, keep if can_keep else None
        )
    return replace(found, notes=(*notes, *found.notes))


async def _models(
    settings: Settings, stack: AsyncExitStack
) -> "tuple[Sequence[TextEmbedder], Calibrator | None]":
    """Return what may embed a query now, and what measures a hosted model's floor.

    What is not to be had is left out.
    """
    from imgai.commands.backends import chosen_profiles  # noqa: PLC0415
    from imgai.commands.calibrating import Calibrator  # noqa: PLC0415
    from imgai.commands.wiring import (  # noqa: PLC0415
        hosted_on,
        local_embedder,
        open_api,
    )
    from imgai.domain.predictions import Task  # noqa: PLC0415
    from imgai.limits.retry import RetryPolicy  # noqa: PLC0415
    from imgai.models.guarded import RetryingHost  # noqa: PLC0415
    from imgai.models.local.availability import missing_parts  # noqa: PLC0415
    from imgai.models.workers_ai import HostedTextEmbedder  # noqa: PLC0415

    embedders: list[TextEmbedder] = []
    if not missing_parts():
        embedders.append(local_embedder())
    if not settings.cloudflare.is_complete:
        return embedders, None
    host = hosted_on(await stack.enter_async_context(open_api(settings)), settings)
    policy = RetryPolicy(attempts=ATTEMPTS, patience_s=PATIENCE_S)
    profiles = chosen_profiles(Task.EMBEDDING, settings.models.embedding)
    embedders += [
        HostedTextEmbedder(RetryingHost(host, policy), profile) for profile in profiles
    ]
    return embedders, Calibrator(settings.database, host, policy, profiles)


def _is_writable(database: Path) -> bool:
    return os.access(database, os.W_OK) and os.access(database.parent, os.W_OK)


def _keep(database: Path, query: str, embedded: "EmbeddedText") -> None:
    """Keep a query's embedding: all that a search ever writes."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from imgai.store.connection import writing  # noqa: PLC0415
    from imgai.store.vectors import keep_query, known_spaces  # noqa: PLC0415

    if embedded.vector is None:
        return
    with writing(database) as connection:
        space = known_spaces(connection)[embedded.space]
        connection.execute("BEGIN IMMEDIATE")
        keep_query(
            connection,
            query,
            space,
            embedded.vector,
            neurons=embedded.neurons,
            asked_at=datetime.now(UTC),
        )
        connection.execute("COMMIT")
