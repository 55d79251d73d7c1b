"""Ids: unique, and in the order in which they were given."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.ids import time_ordered_id

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(  # noqa: DTZ001  made UTC here
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(MOMENTS)
def test_an_id_is_a_uuid_that_tells_its_time(moment: datetime) -> None:
    """Any tool that knows version 7 can read it."""
    found = uuid.UUID(time_ordered_id(moment))

    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    since = timedelta(milliseconds=found.int >> 80)
    assert timedelta(0) <= moment - datetime(1970, 1, 1, tzinfo=UTC) - since
    assert moment - datetime(1970, 1, 1, tzinfo=UTC) - since < timedelta(milliseconds=1)


@given(MOMENTS, st.integers(1, 10**12))
def test_a_later_id_sorts_behind(moment: datetime, microseconds: int) -> None:
    """As text, which is how the database holds it."""
    earlier = moment - timedelta(microseconds=microseconds)
    if earlier >= datetime(1970, 1, 1, tzinfo=UTC):
        assert time_ordered_id(earlier) < time_ordered_id(moment)


def test_ids_of_one_moment_differ() -> None:
    """Many calls begin at the same time."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)

    assert len({time_ordered_id(moment) for _ in range(1_000)}) == 1_000
