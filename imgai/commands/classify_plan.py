"""What a run would ask and cost, found out before it begins."""

import sqlite3
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from imgai.commands.backends import chosen_profiles, named_models, wanted_tasks
from imgai.commands.classify_run import ClassifyOptions
from imgai.domain.clock import day_began, utc_now
from imgai.domain.estimate import Estimate, Survey, Tariff, estimate
from imgai.domain.plan import Renewal, Wanted
from imgai.domain.predictions import Backend, Task
from imgai.models.neurons import FREE_NEURONS_A_DAY
from imgai.models.profiles import Profile, neurons_at_most
from imgai.pipeline.survey import Surveyor
from imgai.settings.values import Settings
from imgai.sources.base import Source
from imgai.store.calls import neurons_since
from imgai.store.connection import reading
from imgai.store.header import size_of

# Longer than any text that is embedded: its price is that of the longest.
_LONGEST_TEXT = "x" * 4096


async def plan_run(
    sources: Sequence[Source],
    uncounted: Sequence[str],
    options: ClassifyOptions,
    settings: Settings,
    *,
    reads_files: bool,
) -> Estimate:
    """Look at the sources and return what a run would ask. Nothing is written.

    Args:
        sources: what is looked at.
        uncounted: further sources of the run, which are not.
        options: of the run.
        settings: of the run.
        reads_files: see `Surveyor`.

    Raises:
        ImgaiError: a source or the database cannot be read.
    """
    wanted = _wanted(options, settings)
    database = settings.database
    opened = reading(database) if size_of(database) else nullcontext()
    with opened as connection:
        surveyor = Surveyor(
            connection,
            wanted,
            reads_files,
            options.limit,
            Survey(uncounted=list(uncounted)),
        )
        survey = await surveyor.look(sources)
        spent = _spent_today(connection)
    tariffs: tuple[Tariff, ...] = ()
    if options.backend is Backend.WORKERS_AI:
        tariffs = tuple(_tariffs(settings, wanted.tasks))
    left = max(0.0, FREE_NEURONS_A_DAY - spent)
    return estimate(survey, options.backend, tariffs, left, FREE_NEURONS_A_DAY)


def _wanted(options: ClassifyOptions, settings: Settings) -> Wanted:
    now = datetime.now(UTC)
    fresh_since = None
    if options.renewal is Renewal.COOLED_DOWN:
        fresh_since = now - timedelta(days=settings.cooldown_days)
    if options.renewal is Renewal.ALWAYS:
        fresh_since = now
    return Wanted(
        tasks=wanted_tasks(settings),
        backend=options.backend,
        renewal=options.renewal,
        fresh_since=fresh_since,
        retries_failed=options.retries_failed,
    )


def _spent_today(connection: sqlite3.Connection | None) -> float:
    if connection is None:
        return 0.0
    return neurons_since(connection, day_began(utc_now()))


def _tariffs(settings: Settings, tasks: frozenset[Task]) -> list[Tariff]:
    return [
        _tariff(chosen_profiles(task, name)[0], settings)
        for task, name in named_models(settings).items()
        if task in tasks
    ]


def _tariff(profile: Profile, settings: Settings) -> Tariff:
    texts = (_LONGEST_TEXT,) if profile.task is Task.EMBEDDING else ()
    price = profile.price
    return Tariff(
        task=profile.task,
        model=profile.model,
        neurons_a_call=neurons_at_most(profile, texts),
        requests_per_minute=settings.rates.of(
            profile.model, profile.requests_per_minute
        ),
        price_as_of=price.as_of if price else None,
        price_source=price.source if price else None,
    )
