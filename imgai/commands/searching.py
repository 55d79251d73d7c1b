"""A search, wired: the database, and the models that may embed its query."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from imgai.domain.matches import Found, Search
from imgai.search.find import find, find_known
from imgai.settings.values import Settings
from imgai.store.connection import reading

if TYPE_CHECKING:
    from imgai.models.base import EmbeddedText, TextEmbedder

# A person waits: Workers AI is asked for the query's embedding with less patience.
_ATTEMPTS = 3
_PATIENCE_S = 10.0


def find_matches(search: Search, settings: Settings) -> Found:
    """Find pictures; ask a model for the query's embedding only if it is new.

    Raises:
        StoreError: the database is not there, not ours, or cannot be read.
    """
    with reading(settings.database) as connection:
        found = find_known(connection, search)
        if found is not None:
            return found
        import asyncio  # noqa: PLC0415  30 ms

        return asyncio.run(_find(connection, search, settings))


async def _find(
    connection: sqlite3.Connection, search: Search, settings: Settings
) -> Found:
    database = settings.database

    async def keep(query: str, embedded: "EmbeddedText") -> None:
        _keep(database, query, embedded)

    async with AsyncExitStack() as stack:
        embedders = await _embedders(settings, stack)
        return await find(
            connection,
            search,
            lambda: embedders,
            keep if _is_writable(database) else None,
        )


async def _embedders(
    settings: Settings, stack: AsyncExitStack
) -> Sequence["TextEmbedder"]:
    """Return what may embed a query now; what is not to be had is left out."""
    from imgai.commands.backends import chosen_profiles  # noqa: PLC0415
    from imgai.commands.wiring import hosted_on, local_embedder, open_api  # noqa: PLC0415
    from imgai.domain.predictions import Task  # noqa: PLC0415
    from imgai.limits.retry import RetryPolicy  # noqa: PLC0415
    from imgai.models.guarded import RetryingHost  # noqa: PLC0415
    from imgai.models.local.availability import missing_parts  # noqa: PLC0415
    from imgai.models.workers_ai import HostedTextEmbedder  # noqa: PLC0415

    embedders: list[TextEmbedder] = []
    if not missing_parts():
        embedders.append(local_embedder())
    if settings.cloudflare.is_complete:
        api = await stack.enter_async_context(open_api(settings))
        host = RetryingHost(
            hosted_on(api, settings),
            RetryPolicy(attempts=_ATTEMPTS, patience_s=_PATIENCE_S),
        )
        profiles = chosen_profiles(Task.EMBEDDING, settings.models.embedding)
        embedders += [HostedTextEmbedder(host, profile) for profile in profiles]
    return embedders


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
