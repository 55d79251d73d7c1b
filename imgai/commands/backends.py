"""Which backend a run uses, and its models with their guards around them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from imgai.domain.events import Event
from imgai.domain.journal import CallJournal
from imgai.domain.predictions import Backend, Task
from imgai.domain.report import Spent
from imgai.errors import ModelRetired, SettingsError
from imgai.limits.budget import Budget
from imgai.limits.rate import MINUTE_S, Pace
from imgai.limits.retry import FIRST_CALL, RetryPolicy
from imgai.limits.stop import Stop
from imgai.models.base import Host, ImageModel, TextEmbedder
from imgai.models.gathered import GatheringEmbedder
from imgai.models.guarded import BudgetedHost, JournalledHost, PacedHost, RetryingHost
from imgai.models.local.availability import missing_parts
from imgai.models.pilot import PilotedHost, Vanguard
from imgai.models.profiles import Profile, find_profile, living
from imgai.models.succession import Succession
from imgai.models.workers_ai import HostedImageModel, HostedTextEmbedder, WorkersAI
from imgai.settings.values import Settings
from imgai.transport.cloudflare import Account, CloudflareApi

if TYPE_CHECKING:
    from imgai.models.local.models import LocalModels

_BOTH_WAYS_OUT = (
    "Set CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN to use Workers AI, or install"
    " the local models: pip install 'imgai[local]'."
)


def choose_backend(
    asked: str, settings: Settings, *, holds_workers_ai: bool
) -> Backend:
    """Return the backend that a run uses.

    Args:
        asked: "auto", or a backend's name.
        settings: with credentials, or without.
        holds_workers_ai: whether the database has answers of Workers AI: such a
            library never falls back to local models by itself.

    Raises:
        SettingsError: what is asked for is not to be had; names both ways out.
    """
    has_credentials = settings.cloudflare.is_complete
    if asked == Backend.WORKERS_AI and not has_credentials:
        raise SettingsError(
            "Workers AI needs CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN; "
            f"{_lacking(settings)}.",
            hint=_BOTH_WAYS_OUT,
        )
    if asked == Backend.WORKERS_AI or (asked == "auto" and has_credentials):
        return Backend.WORKERS_AI
    if asked == "auto" and holds_workers_ai:
        raise SettingsError(
            "This database holds answers of Workers AI, and its credentials are not "
            "set.",
            hint="Set CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN; or say"
            " --backend local if local answers are meant for what is new.",
        )
    if missing := missing_parts():
        what = "The local models are" if asked == Backend.LOCAL else "No backend is"
        raise SettingsError(
            f"{what} not to be had: {', '.join(missing)} not installed"
            + ("." if asked == Backend.LOCAL else ", and no credentials are set."),
            hint=_BOTH_WAYS_OUT,
        )
    return Backend.LOCAL


def _lacking(settings: Settings) -> str:
    lacking = []
    if not settings.cloudflare.account_id:
        lacking.append("CLOUDFLARE_ACCOUNT_ID")
    if not settings.cloudflare.api_token:
        lacking.append("CLOUDFLARE_API_TOKEN")
    return " and ".join(lacking) + (" is" if len(lacking) == 1 else " are") + " not set"


def wanted_tasks(settings: Settings) -> frozenset[Task]:
    """Return what is asked about every picture.

    Raises:
        SettingsError: NSFW scores are wanted and the local model is not installed.
    """
    tasks = {Task.LABELS}
    if settings.wants_captions:
        tasks.add(Task.CAPTION)
    if settings.wants_embeddings:
        tasks.add(Task.EMBEDDING)
    if settings.wants_nsfw:
        if missing := missing_parts():
            raise SettingsError(
                "NSFW scores (--nsfw, ENABLE_AI_NSFW_DETECTION) come from a local "
                f"model, which needs {', '.join(missing)}.",
                hint="pip install 'imgai[local]'",
            )
        tasks.add(Task.NSFW)
    return frozenset(tasks)


def chosen_profiles(task: Task, named: str) -> tuple[Profile, ...]:
    """Return the models of a task in the order in which they are asked.

    Args:
        task: what they are for.
        named: a model's name: it alone; or "auto": every living one.

    Raises:
        SettingsError: imgai knows no such model.
        ModelRetired: the named one is retired.
    """
    today = datetime.now(UTC).date()
    alive = living(task, today)
    if named == "auto":
        return alive
    profile = find_profile(task, named)
    if profile.retired_on and profile.retired_on <= today:
        raise ModelRetired(
            f"{profile.model} was retired on {profile.retired_on}.",
            hint="Living models for this: auto, "
            + ", ".join(one.model for one in alive)
            + ".",
        )
    return (profile,)


@dataclass(frozen=True, slots=True)
class RunModels:
    """The models of a run, wired."""

    images: Sequence[ImageModel]
    text: TextEmbedder | None  # None: an image model makes the embeddings
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guards:
    """What stands around every paid call of a run."""

    journal: CallJournal
    stop: Stop
    spent: Spent
    budgets: Sequence[Budget]
    emit: Callable[[Event], None]
    recent_starts: Sequence[tuple[str, datetime]]  # of earlier runs, by model


@asynccontextmanager
async def workers_ai_models(
    settings: Settings, tasks: frozenset[Task], guards: Guards
) -> AsyncIterator[RunModels]:
    """Wire the models of Workers AI for a run."""
    named = {
        Task.LABELS: settings.models.labels,
        Task.CAPTION: settings.models.caption,
        Task.EMBEDDING: settings.models.embedding,
    }
    chosen = {
        task: chosen_profiles(task, name)
        for task, name in named.items()
        if task in tasks
    }
    async with open_api(settings) as api:
        host = WorkersAI(api, gateway=settings.cloudflare.gateway)
        wire = _Wiring(host, settings, guards, _paces(settings, chosen, guards))
        images: list[ImageModel] = [
            wire.succession(task, profiles, is_named=named[task] != "auto")
            for task, profiles in chosen.items()
            if task is not Task.EMBEDDING
        ]
        if Task.NSFW in tasks:
            images.append(local_models(frozenset({Task.NSFW})))
        text = None
        if embedding := chosen.get(Task.EMBEDDING):
            text = HostedTextEmbedder(wire.guarded(embedding[0]), embedding[0])
        names = tuple(profiles[0].model for profiles in chosen.values())
        yield RunModels(images, text, names)


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[CloudflareApi]:
    """Open Cloudflare's API with the settings' credentials, which must be there."""
    cloudflare = settings.cloudflare
    assert cloudflare.api_token is not None  # noqa: S101  `choose_backend` has looked
    account = Account(
        cloudflare.account_id, cloudflare.api_token.reveal(), cloudflare.api_url
    )
    api = CloudflareApi(account, deadline_s=settings.deadline_s)
    try:
        yield api
    finally:
        await api.aclose()


def _paces(
    settings: Settings, chosen: dict[Task, tuple[Profile, ...]], guards: Guards
) -> dict[str, Pace]:
    now = datetime.now(UTC)
    paces = {}
    for profile in (one for profiles in chosen.values() for one in profiles):
        per_minute = (
            settings.rates.by_model.get(profile.model)
            or settings.rates.every_model
            or profile.requests_per_minute
        )
        pace = Pace(per_minute, guards.stop.sleep)
        pace.recall(
            (now - started_at).total_seconds()
            for model, started_at in guards.recent_starts
            if model == profile.model and now - started_at < timedelta(seconds=MINUTE_S)
        )
        paces[profile.model] = pace
    return paces


@dataclass(frozen=True, slots=True)
class _Wiring:
    host: Host
    settings: Settings
    guards: Guards
    paces: dict[str, Pace]
    vanguard: Vanguard = field(default_factory=Vanguard)

    def guarded(self, profile: Profile) -> Host:
        """Put the guards around the host, for one model. The order is written here."""
        guards = self.guards
        journalled = JournalledHost(self.host, guards.journal, guards.spent)
        budgeted = BudgetedHost(journalled, guards.budgets)
        paced = PacedHost(
            budgeted, self.paces[profile.model], tuple(self.paces.values())
        )
        sleep, spent = guards.stop.sleep, guards.spent
        return PilotedHost(
            host=RetryingHost(paced, RetryPolicy(), sleep, spent),
            pilot=RetryingHost(paced, FIRST_CALL, sleep, spent),
            sleep=sleep,
            vanguard=self.vanguard,
        )

    def succession(
        self, task: Task, profiles: Sequence[Profile], *, is_named: bool
    ) -> Succession:
        models = [
            (one.model, HostedImageModel(self.guarded(one), one)) for one in profiles
        ]
        others = living(task, datetime.now(UTC).date()) if is_named else ()
        names = [one.model for one in others]
        return Succession(task, models, names, self.guards.emit)


@asynccontextmanager
async def local_run_models(tasks: frozenset[Task]) -> AsyncIterator[RunModels]:
    """Wire the local models for a run."""
    models = local_models(tasks)
    yield RunModels((models,), None, models.names)


def local_models(tasks: frozenset[Task]) -> "LocalModels":
    """Return the local models for some tasks. They load when first asked."""
    # Numpy and onnxruntime are only there with imgai[local], and take 0.2 s to load.
    from imgai.models.local.models import LocalModels  # noqa: PLC0415

    return LocalModels(tasks)


def gathering(models: RunModels, stop: Stop) -> GatheringEmbedder | None:
    """Return the text embedder of a run, with texts gathered into requests."""
    return GatheringEmbedder(models.text, stop.sleep) if models.text else None
