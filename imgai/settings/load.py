"""From the environment and `.env` to `Settings`."""

import os
import re
import shlex
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from imgai.errors import SettingsError
from imgai.settings.reading import Reader, parse_allowance, parse_rates
from imgai.settings.values import (
    DEFAULT_API_URL,
    R2,
    Allowance,
    Cloudflare,
    ModelChoice,
    RateSettings,
    Secret,
    Settings,
)
from imgai.settings.variables import VARIABLES

# Whether one exists is for Cloudflare to say.
_ACCOUNT_ID = re.compile(r"[0-9A-Fa-f]{32}")
# What stands in for Cloudflare may call its accounts as it likes, but not as long as an
# id, or longer: that is an id with a slip in it, or a token.
_OTHER_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,30}")
_TOKEN_BEGINS = re.compile(r"(Bearer\s|cf[a-z]{1,3}_)", re.IGNORECASE)
_OLD_TOKEN_LENGTH = 40  # of tokens made before they had a prefix
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_JURISDICTIONS = {"", "default", "eu", "fedramp"}


def load_settings(
    environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Return the settings of this process.

    Args:
        environment: variables; the process's own if None.
        folder: where `.env` is looked for; the working directory if None.

    Raises:
        SettingsError: a variable holds what it may not hold.
    """
    environment = os.environ if environment is None else environment
    reader = Reader(environment, read_dotenv(folder or Path()))
    database = reader.text("IMGAI_DB")
    budget: Allowance | None = None
    may_budget = "dollars such as 0.50, or neurons such as 8000n"
    return Settings(
        database=_expanded(database) if database else default_database(environment),
        is_enabled=reader.flag("ENABLE_AI_CLASSIFICATION", default=True),
        wants_captions=reader.flag("ENABLE_AI_CAPTIONS", default=True),
        wants_embeddings=reader.flag("ENABLE_VECTORIZE", default=True),
        wants_nsfw=reader.flag("ENABLE_AI_NSFW_DETECTION", default=False),
        width_px=reader.whole("AI_IMAGE_DOWNSCALE_WIDTH", 384, 32, 4096),
        max_labels=reader.whole("AI_MAX_LABELS", 10, 1, 1000),
        min_score=reader.number("AI_MIN_CLASSIFICATION_SCORE", 0.1, 0, 1),
        deadline_s=reader.whole("AI_PROCESSING_TIMEOUT_MS", 30_000, 100, 3_600_000)
        / 1000,
        workers=reader.whole("AI_BATCH_SIZE", 16, 1, 1024),
        cooldown_days=reader.number("AI_REANALYSIS_COOLDOWN_DAYS", 28, 0, 36_500),
        models=ModelChoice(
            labels=reader.text("AI_LABEL_MODEL") or "auto",
            caption=reader.text("AI_CAPTION_MODEL") or "auto",
            embedding=reader.text("AI_EMBEDDING_MODEL") or "auto",
        ),
        rates=reader.parsed(
            "AI_REQUESTS_PER_MINUTE",
            RateSettings(),
            parse_rates,
            "a number such as 720, or MODEL=720,MODEL=300",
        ),
        cloudflare=_cloudflare(reader),
        r2=_r2(reader),
        daily_budget=reader.parsed(
            "IMGAI_DAILY_BUDGET", budget, parse_allowance, may_budget
        ),
        origins=reader.origins,
    )


def _expanded(database: str) -> Path:
    try:
        return Path(database).expanduser()
    except RuntimeError as error:
        raise SettingsError(
            f"IMGAI_DB is {database[:80]!r}, and nobody knows where that home is.",
            hint="Write the whole path.",
        ) from error


def read_dotenv(folder: Path) -> dict[str, str]:
    """Return the variables of a folder's `.env`; none if there is no such file."""
    path = folder / ".env"
    try:
        if not path.is_file():
            return {}
        from dotenv import dotenv_values  # noqa: PLC0415  only where there is one

        held = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}.",
            hint="Mend it, or make it readable, or remove it.",
        ) from error
    return {name: value for name, value in held.items() if value is not None}


def warn_about_dotenv(folder: Path) -> str | None:
    """Return a warning when others on this machine can read a folder's secrets.

    That is when its `.env` holds one and its permissions let group or others read
    it. None when all is well, when there is no such file, and on Windows, where
    permissions are not told this way.

    Raises:
        SettingsError: there is one, and it cannot be read.
    """
    path = folder / ".env"
    secrets = {
        name
        for variable in VARIABLES
        if variable.is_secret
        for name in (variable.name, *variable.aliases)
    }
    held = sorted(name for name, value in read_dotenv(folder).items() if value)
    exposed = [name for name in held if name in secrets]
    if os.name == "nt" or not exposed or not path.stat().st_mode & _OTHERS_READ:
        return None
    return (
        f"{path.absolute()} holds {' and '.join(exposed)}, and others on this machine "
        f"can read it: chmod 600 {shlex.quote(str(path.absolute()))}"
    )


def _cloudflare(reader: Reader) -> Cloudflare:
    api_url = _url(reader, "CLOUDFLARE_API_BASE_URL") or DEFAULT_API_URL
    account_id = _account_id(reader, api_url)
    token = reader.text("CLOUDFLARE_API_TOKEN")
    if token and token.startswith("cfk_"):
        raise SettingsError(
            "CLOUDFLARE_API_TOKEN holds a global API key, and may be an API token.",
            hint="Make a token with the Workers AI template.",
        )
    if token and any(not "!" <= letter <= "~" for letter in token):
        raise SettingsError(
            "CLOUDFLARE_API_TOKEN holds spaces or characters that no token has.",
            hint='Paste the token alone, without quotes or "Bearer".',
        )
    return Cloudflare(
        account_id=account_id,
        api_token=Secret(token) if token else None,
        api_url=api_url,
        gateway=reader.text("CLOUDFLARE_AI_GATEWAY"),
        gateway_keeps_images=reader.flag(
            "CLOUDFLARE_AI_GATEWAY_KEEPS_IMAGES", default=False
        ),
    )


def _account_id(reader: Reader, api_url: str) -> str:
    """Return the account's id; empty if none is set.

    Raises:
        SettingsError: it cannot be one. The value is not shown: it may be a token.
    """
    held = reader.text("CLOUDFLARE_ACCOUNT_ID") or ""
    is_cloudflare = urlsplit(api_url).netloc == urlsplit(DEFAULT_API_URL).netloc
    may_be_other = not is_cloudflare and not _TOKEN_BEGINS.match(held)
    if not held or _ACCOUNT_ID.fullmatch(held):
        return held
    if may_be_other and _OTHER_ACCOUNT.fullmatch(held):
        return held
    raise SettingsError(
        f"CLOUDFLARE_ACCOUNT_ID ({reader.origins['CLOUDFLARE_ACCOUNT_ID']}) holds "
        f"{_likeness(held)}, and may be 32 hexadecimal digits.",
        hint="The dashboard shows the account id on the account's overview page, and"
        " in its address.",
    )


def _likeness(held: str) -> str:
    """Return what a value that is no account id looks like, without showing it."""
    if _TOKEN_BEGINS.match(held) or len(held) == _OLD_TOKEN_LENGTH:
        return "what looks like an API token"
    if "@" in held:
        return "what looks like an e-mail address"
    if not held.isalnum():
        return "quotes, spaces or other characters that no account id has"
    return f"{len(held)} letters and digits"


def _r2(reader: Reader) -> R2:
    secret = reader.text("R2_SECRET_ACCESS_KEY")
    session = reader.text("R2_SESSION_TOKEN")
    jurisdiction = (reader.text("R2_JURISDICTION") or "").lower()
    if jurisdiction not in _JURISDICTIONS:
        raise SettingsError(
            f"R2_JURISDICTION is {jurisdiction[:80]!r}, and may be eu or fedramp."
        )
    return R2(
        access_key_id=reader.text("R2_ACCESS_KEY_ID") or "",
        secret_access_key=Secret(secret) if secret else None,
        session_token=Secret(session) if session else None,
        endpoint_url=_url(reader, "R2_ENDPOINT_URL"),
        jurisdiction="" if jurisdiction == "default" else jurisdiction,
    )


def _url(reader: Reader, name: str) -> str | None:
    url = reader.text(name)
    if url is None:
        return None
    if not (re.match(r"https?://[^/]", url) and _has_host(url)):
        raise SettingsError(
            f"{name} is {url[:80]!r}, and may be a URL such as {DEFAULT_API_URL}."
        )
    return url.rstrip("/")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is no number
        return False


def default_database(environment: Mapping[str, str]) -> Path:
    """Return `imgai.db` in the user's data folder, by the platform's custom.

    Without a home (HOME unset, as under some cron) it is in the working directory.
    """
    if os.name == "nt":
        folder = environment.get("LOCALAPPDATA") or environment.get("APPDATA")
        return Path(folder) / "imgai" / "imgai.db" if folder else Path("imgai.db")
    if data := environment.get("XDG_DATA_HOME"):
        return Path(data) / "imgai" / "imgai.db"
    home = environment.get("HOME")
    if not home:
        return Path("imgai.db")
    custom = (
        "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    )
    return Path(home) / custom / "imgai" / "imgai.db"
