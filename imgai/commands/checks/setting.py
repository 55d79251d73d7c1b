"""The settings: what is in force, where it came from, and what is doubtful about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from imgai.domain.checks import Check, Family, ShownSetting
from imgai.errors import SettingsError
from imgai.settings.load import load_settings, warn_about_dotenv
from imgai.settings.values import Allowance, RateSettings, Secret, Settings

_NOT_SET = "–"
_SHOWN_OF_AN_ID = 4  # characters at its beginning, and half as many at its end


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and what there is to say about them.

    Attributes:
        settings: None when a variable holds what it may not hold.
        shown: each variable, fit to be shown; empty without settings.
        checks: what was found.
    """

    settings: Settings | None
    shown: tuple[ShownSetting, ...]
    checks: tuple[Check, ...]


def check_settings(
    folder: Path, flags: Mapping[str, str], change: Callable[[Settings], Settings]
) -> Loaded:
    """Return the settings that `classify` would use in a folder.

    Args:
        folder: the working directory, where `.env` is looked for.
        flags: variables that a flag of the command line stands for, with the flag.
        change: puts what the flags say in place.
    """
    try:
        settings = change(load_settings(folder=folder))
        exposed = warn_about_dotenv(folder)
    except SettingsError as error:
        return Loaded(None, (), (Check.failed(Family.SETTINGS, "values", error),))
    shown = shown_settings(settings, flags)
    set_ones = sum(one.origin != "default" for one in shown)
    checks = [
        Check.well(
            Family.SETTINGS,
            "values",
            f"{set_ones} set, {len(shown) - set_ones} at their defaults",
        )
    ]
    if exposed:
        warning, _, remedy = exposed.rpartition(": ")
        checks.append(Check.doubtful(Family.SETTINGS, ".env", warning, remedy))
    if not settings.is_enabled:
        found = "ENABLE_AI_CLASSIFICATION is false: classify does nothing"
        remedy = "Set it to true, or unset it."
        checks.append(Check.doubtful(Family.SETTINGS, "enabled", found, remedy))
    return Loaded(settings, shown, tuple(checks))


def shown_settings(
    settings: Settings, flags: Mapping[str, str]
) -> tuple[ShownSetting, ...]:
    """Return every variable with its value in force and where that came from."""
    return tuple(
        ShownSetting(
            name,
            show(settings) or _NOT_SET,
            f"flag ({flags[name]})"
            if name in flags
            else settings.origins.get(name, "default"),
        )
        for name, show in _SHOWN.items()
    )


def hidden_parts(settings: Settings) -> Mapping[str, str]:
    """Return what must not be shown, and what may be in its place."""
    cloudflare, r2 = settings.cloudflare, settings.r2
    secrets = (cloudflare.api_token, r2.secret_access_key, r2.session_token)
    shown = {one.reveal(): str(one) for one in secrets if one is not None}
    for identifier in (cloudflare.account_id, r2.access_key_id):
        if identifier:
            shown[identifier] = shortened(identifier)
    return shown


def shortened(identifier: str) -> str:
    """Return the beginning and the end of an id, as people tell accounts apart."""
    if len(identifier) < 4 * _SHOWN_OF_AN_ID:
        return "…" if identifier else ""
    return f"{identifier[:_SHOWN_OF_AN_ID]}…{identifier[-_SHOWN_OF_AN_ID // 2 :]}"


def _secret(secret: Secret | None) -> str:
    return str(secret) if secret else ""


def _flag(value: bool) -> str:  # noqa: FBT001  it is shown, and switches nothing
    return "true" if value else "false"


def _url(url: str | None) -> str:
    """Return a URL without the name and password one may hold."""
    if not url:
        return ""
    host = urlsplit(url).netloc.rpartition("@")[2]
    return urlsplit(url)._replace(netloc=host).geturl()


def _allowance(allowance: Allowance | None) -> str:
    if allowance is None:
        return ""
    if allowance.neurons is not None:
        return f"{allowance.neurons:g}n"
    return f"${allowance.dollars:g}"


def _rates(rates: RateSettings) -> str:
    each = [f"{model}={rate:g}" for model, rate in rates.by_model.items()]
    every = [f"{rates.every_model:g}"] if rates.every_model is not None else []
    return ",".join(every + each) or "per model"


_SHOWN: Mapping[str, Callable[[Settings], str]] = {
    "ENABLE_AI_CLASSIFICATION": lambda held: _flag(held.is_enabled),
    "ENABLE_AI_CAPTIONS": lambda held: _flag(held.wants_captions),
    "ENABLE_VECTORIZE": lambda held: _flag(held.wants_embeddings),
    "ENABLE_AI_NSFW_DETECTION": lambda held: _flag(held.wants_nsfw),
    "AI_IMAGE_DOWNSCALE_WIDTH": lambda held: str(held.width_px),
    "AI_MAX_LABELS": lambda held: str(held.max_labels),
    "AI_MIN_CLASSIFICATION_SCORE": lambda held: f"{held.min_score:g}",
    "AI_PROCESSING_TIMEOUT_MS": lambda held: f"{held.deadline_s * 1000:.0f}",
    "AI_BATCH_SIZE": lambda held: str(held.workers),
    "AI_REANALYSIS_COOLDOWN_DAYS": lambda held: f"{held.cooldown_days:g}",
    "AI_LABEL_MODEL": lambda held: held.models.labels,
    "AI_CAPTION_MODEL": lambda held: held.models.caption,
    "AI_EMBEDDING_MODEL": lambda held: held.models.embedding,
    "AI_REQUESTS_PER_MINUTE": lambda held: _rates(held.rates),
    "CLOUDFLARE_ACCOUNT_ID": lambda held: shortened(held.cloudflare.account_id),
    "CLOUDFLARE_API_TOKEN": lambda held: _secret(held.cloudflare.api_token),
    "CLOUDFLARE_API_BASE_URL": lambda held: _url(held.cloudflare.api_url),
    "CLOUDFLARE_AI_GATEWAY": lambda held: held.cloudflare.gateway or "",
    "CLOUDFLARE_AI_GATEWAY_KEEPS_IMAGES": lambda held: str(
        held.cloudflare.gateway_keeps_images
    ).lower(),
    "R2_ACCESS_KEY_ID": lambda held: shortened(held.r2.access_key_id),
    "R2_SECRET_ACCESS_KEY": lambda held: _secret(held.r2.secret_access_key),
    "R2_SESSION_TOKEN": lambda held: _secret(held.r2.session_token),
    "R2_ENDPOINT_URL": lambda held: _url(held.r2.endpoint_url),
    "R2_JURISDICTION": lambda held: held.r2.jurisdiction,
    "IMGAI_DB": lambda held: str(held.database),
    "IMGAI_DAILY_BUDGET": lambda held: _allowance(held.daily_budget),
}
