"""The models of a run with their guards around them: the one place of their order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from imgai.commands.backends import chosen_profiles, named_models
from imgai.domain.events import Event, RunStopping
from imgai.domain.journal import CallJournal
from imgai.domain.predictions import Task, VectorSpace
from imgai.domain.report import Spent
from imgai.errors import ImgaiError
from imgai.limits.budget import Budget
from imgai.limits.rate import MINUTE_S, Pace
from imgai.limits.retry import FIRST_CALL, RetryPolicy
from imgai.limits.stop import Stop
from imgai.models.base import Host, ImageModel, TextEmbedder
from imgai.models.gathered import GatheringEmbedder
from imgai.models.guarded import (
    BudgetedHost,
    JournalledHost,
    PacedHost,
    RetryingHost,
    StoppingHost,
)
from imgai.models.neurons import DOLLARS_PER_NEURON
from imgai.models.pilot import PilotedHost, Vanguard
from imgai.models.profiles import Profile, living
from imgai.models.succession import NoticingEmbedder, Succession, TextSuccession
from imgai.models.workers_ai import HostedImageModel, HostedTextEmbedder, WorkersAI
from imgai.pipeline.engine import Engine, EngineModel
from imgai.settings.values import Allowance, Settings
from imgai.transport.cloudflare import Account, CloudflareApi

if TYPE_CHECKING:
    from imgai.models.local.embedder import LocalEmbedder


@dataclass(frozen=True, slots=True)
class RunModels:
    """The models of a run, wired."""

    images: Sequence[ImageModel]
    text: TextEmbedder | None  # None: an image model makes the embeddings
    names: tuple[str, ...]
    pictures_per_minute: float | None = None  # that they may be asked about; None: any


@dataclass(frozen=True, slots=True)
class Guards:
    """What stands around every paid call of a run."""

    journal: CallJournal
    stop: Stop
    spent: Spent
    budgets: Sequence[Budget]
    emit: Callable[[Event], None]
    recent_starts: Sequence[tuple[str, datetime]]  # of earlier runs, by model
    retired: Callable[[VectorSpace], Awaitable[None]]  # told whose model is gone

    def end(self, error: ImgaiError) -> None:
        """End the run: no call is sent any more."""
        if not self.stop.asked:
            self.emit(RunStopping(error))
        self.stop.ask(error)


def workers_ai_models(
    settings: Settings, tasks: frozenset[Task], guards: Guards, engine: Engine
) -> RunModels:
    """Wire the models of Workers AI for a run, and what an engine asks them by."""
    named = named_models(settings)
    chosen = {
        task: chosen_profiles(task, name)
        for task, name in named.items()
        if task in tasks
    }
    wire = _Wiring(engine, settings, guards, _paces(settings, chosen, guards))
    images: list[ImageModel] = [
        wire.succession(task, profiles, is_named=named[task] != "auto")
        for task, profiles in chosen.items()
        if task is not Task.EMBEDDING
    ]
    if Task.NSFW in tasks:
        images.append(EngineModel(engine, frozenset({Task.NSFW})))
    text = None
    if embedding := chosen.get(Task.EMBEDDING):
        text = wire.text_succession(embedding, is_named=named[Task.EMBEDDING] != "auto")
    names = tuple(profiles[0].model for profiles in chosen.values())
    # Texts are gathered, so their model's limit is a hundred times as far off.
    limits = [
        wire.paces[profiles[0].model].requests_per_minute
        for task, profiles in chosen.items()
        if task is not Task.EMBEDDING
    ]
    return RunModels(images, text, names, min(limits, default=None))


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


def hosted_on(api: CloudflareApi, settings: Settings) -> WorkersAI:
    """Return Workers AI behind an API, through the gateway if one is set."""
    return WorkersAI(
        api,
        gateway=settings.cloudflare.gateway,
        gateway_keeps_images=settings.cloudflare.gateway_keeps_images,
    )


def daily_budget(allowance: Allowance, today: datetime, spent: float) -> Budget:
    """Return what may be spent today.

    Args:
        allowance: of the settings, for a day.
        today: when the day began.
        spent: neurons, since then.
    """
    limit = allowance.in_neurons(DOLLARS_PER_NEURON)
    return Budget(limit, "IMGAI_DAILY_BUDGET", spent, today + timedelta(days=1))


def _paces(
    settings: Settings, chosen: dict[Task, tuple[Profile, ...]], guards: Guards
) -> dict[str, Pace]:
    now = datetime.now(UTC)
    paces = {}
    for profile in (one for profiles in chosen.values() for one in profiles):
        per_minute = settings.rates.of(profile.model, profile.requests_per_minute)
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
        budgeted = BudgetedHost(journalled, guards.budgets, guards.stop.sleep)
        paced = PacedHost(
            budgeted, self.paces[profile.model], tuple(self.paces.values())
        )
        sleep, spent = guards.stop.sleep, guards.spent
        per_minute = self.paces[profile.model].requests_per_minute
        policy = RetryPolicy().with_turns(self.settings.workers * MINUTE_S / per_minute)
        piloted = PilotedHost(
            host=RetryingHost(paced, policy, sleep, spent),
            pilot=RetryingHost(paced, FIRST_CALL, sleep, spent),
            sleep=sleep,
            vanguard=self.vanguard,
        )
        return StoppingHost(piloted, guards.end)

    def succession(
        self, task: Task, profiles: Sequence[Profile], *, is_named: bool
    ) -> Succession:
        models = [
            (one.model, HostedImageModel(self.guarded(one), one)) for one in profiles
        ]
        return Succession(
            task, models, _alternatives(task, is_named=is_named), self.guards.emit
        )

    def text_succession(
        self, profiles: Sequence[Profile], *, is_named: bool
    ) -> TextSuccession:
        embedders = [
            NoticingEmbedder(
                HostedTextEmbedder(self.guarded(one), one), self.guards.retired
            )
            for one in profiles
        ]
        others = _alternatives(Task.EMBEDDING, is_named=is_named)
        return TextSuccession(embedders, others, self.guards.emit)


def _alternatives(task: Task, *, is_named: bool) -> list[str]:
    """Return the models that a user who named one may choose in its place."""
    others = living(task, datetime.now(UTC).date()) if is_named else ()
    return [one.model for one in others]


def local_run_models(tasks: frozenset[Task], engine: Engine) -> RunModels:
    """Wire the local models for a run."""
    # Numpy and onnxruntime are only there with imgai[local], and take 0.2 s to load.
    from imgai.models.local.backend import MODELS  # noqa: PLC0415

    names = tuple(MODELS[task] for task in Task if task in tasks)
    return RunModels((EngineModel(engine, tasks),), None, names)


def local_embedder() -> "LocalEmbedder":
    """Return what embeds texts on this machine. It loads when first asked."""
    from imgai.models.local.embedder import LocalEmbedder  # noqa: PLC0415

    return LocalEmbedder()


def gathering(models: RunModels, stop: Stop) -> GatheringEmbedder | None:
    """Return the text embedder of a run, with texts gathered into requests."""
    return GatheringEmbedder(models.text, stop.sleep) if models.text else None
