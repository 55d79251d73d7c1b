"""The API token: known to Cloudflare, active, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imgai.domain.checks import Check, Family
from imgai.errors import AccessDenied, ImgaiError, SettingsError
from imgai.present.amounts import shown_time
from imgai.transport.cloudflare import ApiAnswer, CloudflareApi

_SOON = timedelta(days=14)
_NAME = "token"
_REPLACE_IT = (
    "Make a new one in the dashboard (the Workers AI template) and set"
    " CLOUDFLARE_API_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What Cloudflare says of a token.

    Attributes:
        answer: as it came.
        knows_account: the account itself answered, so its id is right.
    """

    answer: ApiAnswer
    knows_account: bool


async def verify_token(api: CloudflareApi) -> Verified:
    """Ask what a token is. Costs nothing.

    An account's token is known to the account alone and a user's to the user, so the
    account is asked first, then the user.

    Raises:
        AccessDenied: neither knows it.
        SettingsError: there is no such account, or no such API.
        TransientError: Cloudflare did not answer.
    """
    try:
        answer = await api.get(api.account_path("tokens/verify"))
    except AccessDenied:
        return Verified(await api.get("user/tokens/verify"), knows_account=False)
    except SettingsError:
        answer = await api.get("user/tokens/verify")
        return Verified(answer, knows_account=False)
    return Verified(answer, knows_account=True)


def check_token(
    verified: Verified | ImgaiError, now: datetime, *, is_accepted: bool
) -> Check:
    """Return how the token is.

    Args:
        verified: what Cloudflare said, or why it did not.
        now: the time, in UTC.
        is_accepted: Workers AI has taken the token just now, so that it works
            whatever else is said of it.
    """
    if not isinstance(verified, ImgaiError):
        result = verified.answer.result
        return _check_verified(result if isinstance(result, dict) else {}, now)
    if is_accepted:
        found = f"Workers AI accepts it, and it could not be verified: {verified}"
        return Check.doubtful(Family.WORKERS_AI, _NAME, found)
    return Check.failed(Family.WORKERS_AI, _NAME, verified)


def _check_verified(result: Mapping[str, object], now: datetime) -> Check:
    status = result.get("status", "active")
    begins, ends = _moment(result.get("not_before")), _moment(result.get("expires_on"))
    if ends and ends <= now:
        return _refused(f"expired on {shown_time(ends)}")
    if status != "active":
        return _refused("disabled or expired")
    if begins and begins > now:
        return _refused(f"not valid before {shown_time(begins)}")
    if ends and ends - now <= _SOON:
        found = f"active, but only until {shown_time(ends)}"
        return Check.doubtful(Family.WORKERS_AI, _NAME, found, _REPLACE_IT)
    until = f" until {shown_time(ends)}" if ends else ", does not expire"
    return Check.well(Family.WORKERS_AI, _NAME, f"active{until}")


def _refused(how: str) -> Check:
    error = AccessDenied(f"the API token is {how}", hint=_REPLACE_IT)
    return Check.failed(Family.WORKERS_AI, _NAME, error)


def _moment(value: object) -> datetime | None:
    """Return a time in ISO 8601, in UTC if it names no zone; None of anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment
