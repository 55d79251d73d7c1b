"""A search that has to ask a model for its query's embedding, wired."""

import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

from imgai.commands.calibrating import Calibrator
from imgai.commands.wiring import (
    daily_budget,
    hosted_on,
    local_embedder,
    open_api,
)
from imgai.domain.clock import day_began, utc_now
from imgai.domain.matches import Found, Search
from imgai.domain.predictions import Task, VectorSpace
from imgai.errors import StoreError
from imgai.limits.retry import RetryPolicy
from imgai.models.base import EmbeddedText, TextEmbedder
from imgai.models.guarded import RetryingHost
from imgai.models.local.availability import missing_parts
from imgai.models.profiles import living
from imgai.models.succession import NoticingEmbedder
from imgai.models.workers_ai import HostedTextEmbedder
from imgai.search.find import find
from imgai.settings.values import Settings
from imgai.store.calls import neurons_since
from imgai.store.health import may_write
from imgai.store.holding import changing
from imgai.store.retirement import retire_space
from imgai.store.vectors import keep_query, known_spaces

# A person waits: Workers AI is asked with less patience than by a run.
PATIENCE = RetryPolicy(attempts=3, patience_s=10.0)


async def ask_and_find(
    connection: sqlite3.Connection, search: Search, settings: Settings
) -> Found:
    """Find pictures as `imgai.search.find.find` does, by the models of the settings.

    What is written: the query's embedding; from which similarity on its model finds,
    if nobody knows that yet; and that a model is gone, if it is.
    """
    database = settings.database
    notes: list[str] = []
    async with AsyncExitStack() as stack:
        embedders, calibrator = await _models(connection, settings, stack)

        async def keep(query: str, embedded: EmbeddedText) -> None:
            _keep(database, query, embedded)
            # Only now is it known that the model answers at all.
            if calibrator and search.min_similarity is None:
                note = await calibrator.calibrate(embedded.space)
                notes.extend([note] if note else [])

        can_keep = may_write(database)
        found = await find(
            connection, search, lambda: embedders, keep if can_keep else None
        )
    return replace(found, notes=(*notes, *found.notes))


async def _models(
    connection: sqlite3.Connection, settings: Settings, stack: AsyncExitStack
) -> tuple[Sequence[TextEmbedder], Calibrator | None]:
    """Return what may embed a query now, and what measures a hosted model's floor.

    What is not to be had is left out.
    """

    async def retired(space: VectorSpace) -> None:
        # If it cannot be written, the search goes on by what there is.
        with suppress(StoreError), changing(settings.database) as writing:
            retire_space(writing, space, utc_now())

    embedders: list[TextEmbedder] = []
    if not missing_parts():
        embedders.append(local_embedder())
    if not settings.cloudflare.is_complete:
        return embedders, None
    host = hosted_on(await stack.enter_async_context(open_api(settings)), settings)
    # Whichever model runs ask now: others may have made the vectors that are there.
    now = utc_now()
    profiles = living(Task.EMBEDDING, now.date())
    embedders += [
        NoticingEmbedder(HostedTextEmbedder(RetryingHost(host, PATIENCE), one), retired)
        for one in profiles
    ]
    budgets = []
    if (daily := settings.daily_budget) is not None:
        today = day_began(now)
        budgets.append(daily_budget(daily, today, neurons_since(connection, today)))
    return embedders, Calibrator(settings.database, host, PATIENCE, profiles, budgets)


def _keep(database: Path, query: str, embedded: EmbeddedText) -> None:
    with changing(database) as connection:
        space_id = known_spaces(connection).get(embedded.space)
        if space_id is None or embedded.vector is None:
            return
        keep_query(
            connection,
            query,
            space_id,
            embedded.vector,
            neurons=embedded.neurons,
            asked_at=utc_now(),
        )
