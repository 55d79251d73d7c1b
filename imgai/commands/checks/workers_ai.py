"""Workers AI: reached, the token taken, its models alive, its clock like ours."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from imgai.commands.checks.backend import Hosted
from imgai.commands.checks.models import check_models
from imgai.commands.checks.token import Verified, check_token, verify_token
from imgai.domain.checks import Check, Family
from imgai.domain.clock import Now
from imgai.errors import (
    AccessDenied,
    ImgaiError,
    ModelUnavailable,
    SettingsError,
    TransientError,
)
from imgai.models.catalogue import ListedModel, read_catalogue
from imgai.present.amounts import shown_duration
from imgai.transport.cloudflare import ApiAnswer, CloudflareApi

T = TypeVar("T")

_MOST_SKEW = timedelta(minutes=1)
_NO_CATALOGUE = (
    "Whether each model lives shows itself when it is first asked; check"
    " CLOUDFLARE_API_BASE_URL if it is not Cloudflare's own."
)


async def check_workers_ai(
    api: CloudflareApi, hosted: Sequence[Hosted], now: Now, patience_s: float
) -> list[Check]:
    """Ask Cloudflare what costs nothing: the token, the catalogue, the time.

    Args:
        api: with the credentials in force.
        hosted: the models that `classify` would ask.
        now: the clock, in UTC.
        patience_s: how long each question may take.
    """
    dates: list[Check] = []

    async def verify() -> Verified:
        verified = await verify_token(api)
        dates.extend(check_clock(verified.answer, now()))
        return verified

    verified, catalogue = await asyncio.gather(
        outcome(verify(), patience_s), outcome(read_catalogue(api), patience_s)
    )
    moment = now()
    is_accepted = isinstance(catalogue, dict)
    checks = [
        check_token(verified, moment, is_accepted=is_accepted),
        _check_catalogue(catalogue, verified),
    ]
    if isinstance(catalogue, dict):
        today = moment.date()
        checks += [check_models(one, catalogue, today) for one in hosted]
    return _without_echoes(checks) + dates


async def outcome(asking: Awaitable[T], patience_s: float) -> T | ImgaiError:
    """Return what comes of a question: the answer, or the error it ended with."""
    try:
        async with asyncio.timeout(patience_s):
            return await asking
    except TimeoutError:
        return ModelUnavailable(f"no answer within {patience_s:g} s")
    except ImgaiError as error:
        return error


def check_clock(answer: ApiAnswer, now: datetime) -> list[Check]:
    """Return how this machine's clock compares; nothing if the answer has no date.

    Args:
        answer: has just come.
        now: by this machine's clock, in UTC.
    """
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return []
    skew = now - (said if said.tzinfo else said.replace(tzinfo=UTC))
    if abs(skew) <= _MOST_SKEW:
        return [Check.well(Family.MACHINE, "clock", "agrees with Cloudflare's")]
    way = "ahead of" if skew > timedelta() else "behind"
    found = f"{shown_duration(abs(skew).total_seconds())} {way} Cloudflare's"
    remedy = (
        "Set the clock: R2 refuses requests that are 15 minutes off, and budgets"
        " count days by it."
    )
    return [Check.doubtful(Family.MACHINE, "clock", found, remedy)]


def _check_catalogue(
    catalogue: dict[str, ListedModel] | ImgaiError, verified: Verified | ImgaiError
) -> Check:
    name = "host"
    if isinstance(catalogue, dict):
        found = f"reached, {len(catalogue):,} models in its catalogue"
        return Check.well(Family.WORKERS_AI, name, found)
    is_verified = isinstance(verified, Verified)
    knows_account = isinstance(verified, Verified) and verified.knows_account
    if isinstance(catalogue, AccessDenied) and is_verified:
        lacking = AccessDenied(
            f"the token is valid, and may not use this account's Workers AI:"
            f" {catalogue}",
            hint=catalogue.hint,
        )
        return Check.failed(Family.WORKERS_AI, name, lacking)
    is_without = isinstance(catalogue, SettingsError) and knows_account
    is_passing = isinstance(catalogue, TransientError) and is_verified
    if is_without or is_passing:
        found = f"Cloudflare answers, and its catalogue of models does not: {catalogue}"
        return Check.doubtful(Family.WORKERS_AI, name, found, _NO_CATALOGUE)
    return Check.failed(Family.WORKERS_AI, name, catalogue)


def _without_echoes(checks: list[Check]) -> list[Check]:
    """Leave out what only repeats the failure before it, word for word."""
    kept: list[Check] = []
    for check in checks:
        said = (check.status, check.found, check.remedy)
        if all(said != (one.status, one.found, one.remedy) for one in kept):
            kept.append(check)
    return kept
