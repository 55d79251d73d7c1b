"""The whole examination: every family of checks, what can be at once."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from imgai.commands.checks.backend import Hosted, check_backend, hosted_models
from imgai.commands.checks.database import check_database
from imgai.commands.checks.local_models import check_local_models
from imgai.commands.checks.machine import check_disk, check_versions
from imgai.commands.checks.r2 import check_r2
from imgai.commands.checks.setting import check_settings, hidden_parts
from imgai.commands.checks.workers_ai import check_workers_ai
from imgai.commands.options import expanded
from imgai.commands.wiring import open_api
from imgai.domain.checks import Check, Examination, Family
from imgai.domain.clock import Now, utc_now
from imgai.domain.predictions import Backend
from imgai.errors import ImgaiError
from imgai.settings.values import Settings
from imgai.sources.location import BucketLocation
from imgai.store.health import examine_database

# All is to be said within 5 s. The network is asked everything at once, and the
# database is looked at meanwhile; Python and the local models take a second more.
_PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks about.

    Attributes:
        backend: "auto", or a backend's name, as for `classify`.
        database: what --db names.
        bucket: to be looked at too.
    """

    backend: str = "auto"
    database: Path | None = None
    bucket: BucketLocation | None = None


def examine(question: Question, folder: Path, now: Now = utc_now) -> Examination:
    """Look at everything that `classify` needs. Costs nothing and writes nothing.

    Args:
        question: what to look at.
        folder: the working directory.
        now: the clock, in UTC.
    """
    flags = {"IMGAI_DB": "--db"} if question.database else {}

    def changed(settings: Settings) -> Settings:
        if question.database is None:
            return settings
        return replace(settings, database=expanded(question.database))

    loaded = check_settings(folder, flags, changed)
    if loaded.settings is None:
        return Examination((*loaded.checks, *check_versions()))
    settings = loaded.settings
    found = asyncio.run(_examine(question, settings, now))
    examination = Examination(
        checks=(*loaded.checks, *found.checks),
        settings=loaded.shown,
        backend=found.backend,
    )
    return _without_secrets(examination, hidden_parts(settings))


async def _examine(question: Question, settings: Settings, now: Now) -> Examination:
    asks = settings.cloudflare.is_complete and question.backend != Backend.LOCAL
    hosted, refused = hosted_models(settings) if asks else ([], [])
    looking = asyncio.to_thread(examine_database, settings.database)
    health, workers_ai, r2 = await asyncio.gather(
        looking,
        _ask_workers_ai(settings, hosted, now) if asks else _nothing(),
        check_r2(settings, question.bucket, _PATIENCE_S),
    )
    choice = check_backend(
        question.backend, settings, holds_workers_ai=health.holds_workers_ai
    )
    uses_local = choice.backend is Backend.LOCAL or settings.wants_nsfw
    checks = (
        check_database(settings.database, health),
        choice.check,
        *refused,
        *workers_ai,
        *r2,
        check_local_models(is_needed=uses_local),
        *check_disk(settings.database),
        *check_versions(),
    )
    is_usable = choice.backend is not None and not refused
    return Examination(checks, backend=choice.backend if is_usable else None)


async def _ask_workers_ai(
    settings: Settings, hosted: Sequence[Hosted], now: Now
) -> list[Check]:
    async with AsyncExitStack() as stack:
        try:
            api = await stack.enter_async_context(open_api(settings))
        except ImgaiError as error:  # a base URL or a proxy that is of no use
            return [Check.failed(Family.WORKERS_AI, "host", error)]
        return await check_workers_ai(api, hosted, now, _PATIENCE_S)


async def _nothing() -> list[Check]:
    return []


def _without_secrets(
    examination: Examination, hidden: Mapping[str, str]
) -> Examination:
    """Return the same with every secret shortened, whoever may have quoted it."""

    def clean(text: str) -> str:
        for secret, shown in hidden.items():
            text = text.replace(secret, shown)
        return text

    return replace(
        examination,
        checks=tuple(
            replace(one, found=clean(one.found), remedy=clean(one.remedy))
            for one in examination.checks
        ),
    )
