"""What time it is. Whoever needs to know is handed a clock; this is the default."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]  # with a zone


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def day_began(now: datetime) -> datetime:
    """Return when the host's day began, by which allocations go: at 00:00 UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
