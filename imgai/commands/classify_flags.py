"""What was typed behind `imgai classify`, and what it means for settings and run."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from imgai.commands.backends import choose_backend, require_models
from imgai.commands.classify_run import ClassifyOptions
from imgai.commands.engine_choice import EngineChoice, EngineKind
from imgai.commands.options import settings_with
from imgai.commands.places import parse_selection, parse_shard
from imgai.domain.plan import Renewal
from imgai.domain.predictions import Backend
from imgai.settings.reading import parse_allowance
from imgai.settings.values import Allowance, Settings
from imgai.store.connection import reading
from imgai.store.header import size_of
from imgai.store.predictions import holds_backend

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_LONGEST_D = 36_500  # as AI_REANALYSIS_COOLDOWN_DAYS: calendars end somewhere


@dataclass(frozen=True, slots=True)
class Flags:
    """What was typed behind `imgai classify`."""

    sources: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    limit: int | None
    shard: str | None
    retry_failed: bool
    reanalyze: bool
    force: bool
    cooldown: str | None
    mark_gone: bool
    backend: str
    captions: bool | None
    embeddings: bool | None
    nsfw: bool | None
    width: int | None
    max_labels: int | None
    min_score: float | None
    timeout: float | None
    gateway: str | None
    budget: str | None
    time_limit: str | None
    max_failure_rate: str | None
    workers: int | None
    wait: bool
    yes: bool
    dry_run: bool
    engine: str
    ray_address: str | None
    db: Path | None
    as_json: bool
    show_all: bool
    quiet: bool
    verbose: bool


def settings_of(flags: Flags) -> Settings:
    """Return the settings with what the flags say in their place.

    Raises:
        SettingsError: a variable holds what it may not hold.
        BadParameter: a flag's value is malformed.
    """
    settings = settings_with(flags.db)
    if flags.shard is not None:
        settings = settings.of_shard(parse_shard(flags.shard).count)
    said: dict[str, Any] = {
        "wants_captions": flags.captions,
        "wants_embeddings": flags.embeddings,
        "wants_nsfw": flags.nsfw,
        "width_px": flags.width,
        "max_labels": flags.max_labels,
        "min_score": flags.min_score,
        "deadline_s": flags.timeout,
        "workers": flags.workers,
    }
    if flags.cooldown is not None:
        said["cooldown_days"] = parse_duration(flags.cooldown, "d") / _UNITS_S["d"]
    if flags.gateway is not None:
        said["cloudflare"] = replace(settings.cloudflare, gateway=flags.gateway)
    return replace(
        settings, **{name: value for name, value in said.items() if value is not None}
    )


def options_of(flags: Flags, settings: Settings) -> ClassifyOptions:
    """Return what the flags say of the run.

    Raises:
        BadParameter: a flag's value is malformed, or two exclude each other.
        SettingsError: the backend or a model they ask for is not to be had.
        ModelRetired: a model they ask for is retired.
        StoreError: the database is none of ours, or cannot be read.
    """
    if flags.reanalyze and flags.force:
        raise typer.BadParameter("--reanalyze and --force exclude each other")
    if flags.backend not in {"auto", *Backend}:
        raise typer.BadParameter(
            f"--backend is {flags.backend!r}, and may be auto, workers-ai or local"
        )
    if flags.engine not in set(EngineKind):
        raise typer.BadParameter(
            f"--engine is {flags.engine!r}, and may be local or ray"
        )
    engine = EngineChoice(EngineKind(flags.engine), flags.ray_address)
    engine.require()
    renewal = Renewal.ALWAYS if flags.force else Renewal.NEVER
    if flags.reanalyze:
        renewal = Renewal.COOLED_DOWN
    backend = choose_backend(
        flags.backend,
        settings,
        holds_workers_ai=_holds_workers_ai(settings.database),
    )
    require_models(settings, backend)
    return ClassifyOptions(
        backend=backend,
        renewal=renewal,
        retries_failed=flags.retry_failed,
        limit=flags.limit,
        budget=_budget(flags.budget),
        time_limit_s=(
            None if flags.time_limit is None else parse_duration(flags.time_limit, "s")
        ),
        max_failure_rate=(
            None
            if flags.max_failure_rate is None
            else parse_share(flags.max_failure_rate)
        ),
        trusts_losses=flags.mark_gone,
        selection=parse_selection(flags.include, flags.exclude, flags.shard),
        engine=engine,
    )


def _budget(text: str | None) -> Allowance | None:
    if text is None:
        return None
    try:
        return parse_allowance(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"--budget is {text!r}, and may be dollars such as 0.50 or neurons such "
            "as 5000n"
        ) from error


def _holds_workers_ai(database: Path) -> bool:
    """Whether the database, if there is one, has answers of Workers AI.

    Raises:
        StoreError: there is something at its place that is not ours.
    """
    if not size_of(database):
        return False
    with reading(database) as connection:
        return holds_backend(connection, Backend.WORKERS_AI)


def parse_duration(text: str, default_unit: str) -> float:
    """Return the seconds that "90s", "15m", "2h" or "28d" name.

    Raises:
        BadParameter: it is no duration, or one of more than a hundred years.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration such as 90s, 15m, 2h or 28d")
    duration_s = float(match[1]) * _UNITS_S[match[2] or default_unit]
    if duration_s > _LONGEST_D * _UNITS_S["d"]:
        raise typer.BadParameter(f"{text!r} is longer than {_LONGEST_D}d")
    return duration_s


def parse_share(text: str) -> float:
    """Return the share, 0 to 1, that "5%" or "0.05" names.

    Raises:
        BadParameter: it is neither.
    """
    try:
        share = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise typer.BadParameter(f"{text!r} is no share such as 5% or 0.05")
    return share
