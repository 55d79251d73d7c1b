"""Which backend a run uses, what it asks, and of which models."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from imgai.domain.predictions import Backend, Task
from imgai.errors import ModelRetired, SettingsError
from imgai.models.local.availability import missing_parts
from imgai.settings.values import Settings

if TYPE_CHECKING:  # what models are like is loaded when one is to be asked
    from imgai.models.profiles import Profile

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


def require_models(settings: Settings, backend: Backend) -> None:
    """Return if the run may ask what the settings name.

    Raises:
        SettingsError: imgai knows no such model, or it is not installed.
        ModelRetired: a model that is named is retired.
    """
    tasks = wanted_tasks(settings)
    if backend is not Backend.WORKERS_AI:
        return
    for task, named in named_models(settings).items():
        if task in tasks and named != "auto":
            chosen_profiles(task, named)


def named_models(settings: Settings) -> dict[Task, str]:
    """Return what the settings name for each task: a hosted model, or "auto"."""
    return {
        Task.LABELS: settings.models.labels,
        Task.CAPTION: settings.models.caption,
        Task.EMBEDDING: settings.models.embedding,
    }


def chosen_profiles(task: Task, named: str) -> "tuple[Profile, ...]":
    """Return the models of a task in the order in which they are asked.

    Args:
        task: what they are for.
        named: a model's name: it alone; or "auto": every living one.

    Raises:
        SettingsError: imgai knows no such model.
        ModelRetired: the named one is retired.
    """
    from imgai.models.profiles import find_profile, living  # noqa: PLC0415

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
