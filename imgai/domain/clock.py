"""What time it is. Whoever needs to know is handed a clock; this is the default."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]  # with a zone


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)
