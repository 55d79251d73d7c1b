"""The backend: which one `classify` would use, and the models it would ask."""

from dataclasses import dataclass

from imgai.commands.backends import choose_backend, chosen_profiles, wanted_tasks
from imgai.domain.checks import Check, Family
from imgai.domain.predictions import Backend, Task
from imgai.errors import SettingsError
from imgai.models.profiles import Profile
from imgai.settings.values import Settings

_NAMES = {Backend.WORKERS_AI: "Workers AI", Backend.LOCAL: "the local models"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What `classify` would use; no backend when none can be had."""

    backend: Backend | None
    check: Check


def check_backend(asked: str, settings: Settings, *, holds_workers_ai: bool) -> Choice:
    """Return which backend `classify` would use, found out as `classify` does.

    Args:
        asked: see `choose_backend`.
        settings: with credentials, or without.
        holds_workers_ai: see `choose_backend`.
    """
    try:
        backend = choose_backend(asked, settings, holds_workers_ai=holds_workers_ai)
        wanted_tasks(settings)  # NSFW scores need local models, whatever the backend
    except SettingsError as error:
        return Choice(None, Check.failed(Family.SETTINGS, "backend", error))
    found = f"{_NAMES[backend]} will be used"
    if backend is Backend.LOCAL and not settings.cloudflare.is_complete:
        found += ": no Cloudflare credentials are set"
    return Choice(backend, Check.well(Family.SETTINGS, "backend", found))


@dataclass(frozen=True, slots=True)
class Hosted:
    """The hosted models that `classify` would ask for one task.

    Attributes:
        task: what they are for.
        profiles: in the order in which they are asked; never empty.
        is_named: the user named the one there is: it is not replaced.
    """

    task: Task
    profiles: tuple[Profile, ...]
    is_named: bool


def hosted_models(settings: Settings) -> tuple[list[Hosted], list[Check]]:
    """Return the hosted models of each wanted task, and what forbids the others."""
    named = {Task.LABELS: settings.models.labels}
    if settings.wants_captions:
        named[Task.CAPTION] = settings.models.caption
    if settings.wants_embeddings:
        named[Task.EMBEDDING] = settings.models.embedding
    hosted, failures = [], []
    for task, model in named.items():
        try:
            profiles = chosen_profiles(task, model)
        except SettingsError as error:
            name = f"model for {task}"
            failures.append(Check.failed(Family.SETTINGS, name, error))
        else:
            hosted.append(Hosted(task, profiles, is_named=model != "auto"))
    return hosted, failures
