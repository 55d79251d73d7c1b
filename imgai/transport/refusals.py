"""Which error a refusal of Cloudflare's is: by its code first, then by its status.

Four different answers share HTTP 429, and some 4xx are about the settings rather than
about one image, so the status alone would mislead.

Source: https://developers.cloudflare.com/workers-ai/platform/errors/, and codes that
are seen in public reports but stand on no page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    RejectedImage,
    SettingsError,
)
from imgai.transport.waits import next_midnight_utc, retry_after_s

_DAILY_NEURONS_SPENT = {3036, 4006}
_DAILY_NEURONS_SPENT_TEXT = "daily free allocation"
_PLATFORM_THROTTLED = {971}
_MODEL_MINUTE_FULL = {3021}
_OUT_OF_CAPACITY = {3040}
_TIMED_OUT = {3007, 3008, 3046}
_NO_SUCH_MODEL = {1031, 3042, 5007, 5028}
_MODEL_NOT_FOR_THIS_ACCOUNT = {3041, 5016, 5018, 5035}
_NO_SUCH_ACCOUNT = {7003}
_TOKEN_REFUSED = {1000, 3023, 6003, 9106, 9109, 10000}
_INPUT_REFUSED = {3003, 3006, 3010, 3030, 5004, 5006, 8007}

# Blocks of the whole platform last "the next five minutes"; reports say a minute or so.
_PLATFORM_WAIT_S = 60.0
# Nobody documents where the minute begins; asking four times in it finds its end.
_MINUTE_WAIT_S = 15.0
# The edge gave up waiting for a host that may be at work still.
_HOST_TOO_SLOW = {504, 524}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that says no, as it came over the wire.

    Attributes:
        status: of HTTP; 200 happens.
        headers: by lower-case name.
        codes: every error code in the body.
        said: the body's messages, fit to be shown.
    """

    status: int
    headers: Mapping[str, str]
    codes: frozenset[int]
    said: str

    @property
    def message(self) -> str:
        """What was answered, in one line."""
        codes = "".join(f", code {code}" for code in sorted(self.codes))
        return f"Cloudflare said {self.status}{codes}: {self.said or 'nothing'}"


def refusal_error(refusal: Refusal, now: datetime) -> ImgaiError:
    """Return the error that a refusal means.

    Args:
        refusal: what was answered.
        now: the time, with its zone; waits and the end of the day count from it.
    """
    if refusal.headers.get("cf-mitigated") == "challenge":
        return _challenged(refusal, now)
    for codes, meaning in _MEANINGS:
        if refusal.codes & codes:
            return meaning(refusal, now)
    if _DAILY_NEURONS_SPENT_TEXT in refusal.said.lower():
        return _quota(refusal, now)
    return _by_status(refusal, now)


def _by_status(refusal: Refusal, now: datetime) -> ImgaiError:
    by_class = _CLASS_MEANINGS.get(refusal.status // 100, _no_answer)
    return _STATUS_MEANINGS.get(refusal.status, by_class)(refusal, now)


def _wait_s(refusal: Refusal, now: datetime) -> float | None:
    return retry_after_s(refusal.headers.get("retry-after"), now)


def _wait_or(refusal: Refusal, now: datetime, default_s: float) -> float:
    asked = _wait_s(refusal, now)
    return default_s if asked is None else asked


def _quota(refusal: Refusal, now: datetime) -> ImgaiError:
    return QuotaExhausted(
        refusal.message,
        hint="The daily allocation is back at 00:00 UTC; a paid plan has no such end.",
        retry_at=next_midnight_utc(now),
    )


def _throttled(refusal: Refusal, now: datetime) -> ImgaiError:
    return RateLimited(
        refusal.message,
        retry_after_s=_wait_or(refusal, now, _PLATFORM_WAIT_S),
        pauses_everything=True,
    )


def _minute_full(refusal: Refusal, now: datetime) -> ImgaiError:
    return RateLimited(
        refusal.message, retry_after_s=_wait_or(refusal, now, _MINUTE_WAIT_S)
    )


def _unavailable(refusal: Refusal, now: datetime) -> ImgaiError:
    return ModelUnavailable(
        refusal.message,
        retry_after_s=_wait_s(refusal, now),
        perhaps_billed=refusal.status in _HOST_TOO_SLOW,
    )


def _challenged(refusal: Refusal, _now: datetime) -> ImgaiError:
    return ModelUnavailable(
        f"Cloudflare's firewall held up the request ({refusal.status}, challenge)",
        hint="Another network, or a rule for this address, gets around it.",
    )


def _retired(refusal: Refusal, _now: datetime) -> ImgaiError:
    return ModelRetired(refusal.message, hint="`imgai doctor` lists the living models.")


def _not_for_this_account(refusal: Refusal, _now: datetime) -> ImgaiError:
    return ModelRetired(
        refusal.message,
        hint="This account may not use the model: choose another, or agree to its "
        "terms or plan in Cloudflare's dashboard.",
    )


def _no_account(refusal: Refusal, _now: datetime) -> ImgaiError:
    return SettingsError(
        refusal.message,
        hint="CLOUDFLARE_ACCOUNT_ID is no account's id: 32 hexadecimal digits, on the "
        "dashboard's overview page.",
    )


def _denied(refusal: Refusal, _now: datetime) -> ImgaiError:
    return AccessDenied(
        refusal.message,
        hint="CLOUDFLARE_API_TOKEN needs the Workers AI permission for this account: "
        "the dashboard's Workers AI template makes such a token.",
    )


def _rejected(refusal: Refusal, _now: datetime) -> ImgaiError:
    return RejectedImage(refusal.message)


def _no_path(refusal: Refusal, _now: datetime) -> ImgaiError:
    return SettingsError(
        refusal.message,
        hint="Check CLOUDFLARE_API_BASE_URL and CLOUDFLARE_ACCOUNT_ID.",
    )


def _busy(refusal: Refusal, now: datetime) -> ImgaiError:
    return RateLimited(refusal.message, retry_after_s=_wait_s(refusal, now))


def _no_answer(refusal: Refusal, _now: datetime) -> ImgaiError:
    return BadAnswer(refusal.message)


_Meaning = Callable[[Refusal, datetime], ImgaiError]

# Most telling first: a body may hold several codes.
_MEANINGS: tuple[tuple[set[int], _Meaning], ...] = (
    (_DAILY_NEURONS_SPENT, _quota),
    (_PLATFORM_THROTTLED, _throttled),
    (_MODEL_MINUTE_FULL, _minute_full),
    (_OUT_OF_CAPACITY | _TIMED_OUT, _unavailable),
    (_NO_SUCH_MODEL, _retired),
    (_MODEL_NOT_FOR_THIS_ACCOUNT, _not_for_this_account),
    (_NO_SUCH_ACCOUNT, _no_account),
    (_TOKEN_REFUSED, _denied),
    (_INPUT_REFUSED, _rejected),
)
_STATUS_MEANINGS: dict[int, _Meaning] = {
    401: _denied,
    402: _denied,
    403: _denied,
    404: _no_path,
    405: _no_path,
    408: _unavailable,
    409: _unavailable,
    410: _retired,
    425: _unavailable,
    429: _busy,
}
_CLASS_MEANINGS: dict[int, _Meaning] = {4: _rejected, 5: _unavailable}
