"""Ids that are unique everywhere and sort by time."""

import uuid
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = (1 << 62) - 1


def time_ordered_id(moment: datetime) -> str:
    """Return a UUID of version 7: the time to a quarter of a µs, and 62 random bits.

    Rows keyed by such ids are added at the end of their index, so that a commit writes
    one page of it, and not one for each row. Source: RFC 9562, sections 5.7 and 6.2,
    where the fraction of a millisecond is method 3.

    Args:
        moment: UTC, 1970 or later.
    """
    milliseconds, rest = divmod(moment - _EPOCH, timedelta(milliseconds=1))
    fraction = rest.microseconds * 0x1000 // 1_000
    random = uuid.uuid4().int & _RANDOM_BITS
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 0b10 << 62 | random
    return str(uuid.UUID(int=value))
