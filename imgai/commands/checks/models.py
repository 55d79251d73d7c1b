"""The hosted models: each in the catalogue, to be retired, or gone."""

from collections.abc import Mapping
from datetime import date

from imgai.commands.checks.backend import Hosted
from imgai.domain.checks import Check, Family
from imgai.domain.predictions import Task
from imgai.errors import ModelRetired
from imgai.models.catalogue import ListedModel
from imgai.models.profiles import Profile, living

_VARIABLES = {
    Task.LABELS: "AI_LABEL_MODEL",
    Task.CAPTION: "AI_CAPTION_MODEL",
    Task.EMBEDDING: "AI_EMBEDDING_MODEL",
}

Catalogue = Mapping[str, ListedModel]


def check_models(hosted: Hosted, catalogue: Catalogue, today: date) -> Check:
    """Return how the models of a task are; the first that lives is asked."""
    usable = _usable(hosted.profiles, catalogue, today)
    first = hosted.profiles[0].model
    if not usable:
        return _none_left(hosted, catalogue, today)
    asked, others = usable[0], usable[1:]
    if asked.name != first:
        gone = _gone(first, catalogue)
        found = f"{gone}: auto takes {asked.name}{_notes(asked)}"
        remedy = f"{_VARIABLES[hosted.task]}={asked.name} says so for good."
        return _doubtful(hosted, found, remedy)
    if asked.retires_on:
        found = f"{asked.name} is planned to be retired on {asked.retires_on}"
        return _doubtful(hosted, found, _after(hosted, others, catalogue, today))
    if asked.needs_paid_plan:
        found = f"{asked.name} is for accounts on the Workers Paid plan only"
        return _doubtful(hosted, found, "On the free plan, choose another.")
    behind = "".join(f"; then {one.name}" for one in others)
    found = f"{asked.name} is in the catalogue{_notes(asked)}{behind}"
    return Check.well(Family.WORKERS_AI, _name(hosted), found)


def _usable(
    profiles: tuple[Profile, ...], catalogue: Catalogue, today: date
) -> list[ListedModel]:
    listed = (catalogue.get(profile.model) for profile in profiles)
    return [model for model in listed if model and not model.is_gone(today)]


def _none_left(hosted: Hosted, catalogue: Catalogue, today: date) -> Check:
    gone = "; ".join(_gone(one.model, catalogue) for one in hosted.profiles)
    others = _usable(living(hosted.task, today), catalogue, today)
    if hosted.is_named and others:
        names = ", ".join(model.name for model in others)
        hint = f"Set {_VARIABLES[hosted.task]} to auto, which takes the first living"
        hint += f" one, or to one of: {names}."
    else:
        hint = "A newer imgai may know of a model that lives: upgrade."
    error = ModelRetired(f"{gone}, and nothing replaces it", hint=hint)
    return Check.failed(Family.WORKERS_AI, _name(hosted), error)


def _after(
    hosted: Hosted, others: list[ListedModel], catalogue: Catalogue, today: date
) -> str:
    """Return what to do about a model that has its last day set."""
    if others:
        return f"From then on auto takes {others[0].name}; there is nothing to do."
    alive = _usable(living(hosted.task, today), catalogue, today)
    names = [one.name for one in alive if not one.retires_on]
    if hosted.is_named and names:
        return f"Set {_VARIABLES[hosted.task]} to auto or {' or '.join(names)} by then."
    return "A newer imgai will know what comes after it: upgrade by then."


def _gone(model: str, catalogue: Catalogue) -> str:
    listed = catalogue.get(model)
    if listed is None:
        return f"{model} is not in the catalogue"
    since = f" since {listed.retires_on}" if listed.retires_on else ""
    return f"{model} is gone{since}"


def _notes(model: ListedModel) -> str:
    return " (beta)" if model.is_beta else ""


def _name(hosted: Hosted) -> str:
    return f"model for {hosted.task}"


def _doubtful(hosted: Hosted, found: str, remedy: str) -> Check:
    return Check.doubtful(Family.WORKERS_AI, _name(hosted), found, remedy)
