"""How long a server asks its clients to wait."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from imgai.domain.clock import day_began

# The longest block that Cloudflare documents; whoever asks for more is not believed.
# https://developers.cloudflare.com/fundamentals/api/reference/limits/
LONGEST_WAIT_S = 300.0
_SECONDS = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,9})?")


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the wait that a Retry-After header asks for, 0 to 300 s.

    Args:
        value: seconds or an HTTP date; anything else counts as not said, and so does a
            moment that has passed: this machine's clock is ahead, or the server's late.
        now: the time it came, with its zone.
    """
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return _sensible(float(value))
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:  # RFC 9110 has these dates in UTC
            moment = moment.replace(tzinfo=UTC)
        return _sensible((moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def next_midnight_utc(now: datetime) -> datetime:
    """Return when the host's next day begins: at 00:00 UTC."""
    return day_began(now) + timedelta(days=1)


def _sensible(wait_s: float) -> float | None:
    return None if wait_s < 0 else min(wait_s, LONGEST_WAIT_S)
