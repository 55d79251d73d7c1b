"""How long a server asks to wait, whatever it writes into its headers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.transport.waits import LONGEST_WAIT_S, next_midnight_utc, retry_after_s

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("١٢", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-5", None),
        ("999999999", LONGEST_WAIT_S),
        ("9" * 400, None),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 22 Nov 2026 12:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 11:59:00 GMT", None),
        ("Sun, 22 Nov 2020 12:00:30 GMT", None),
        ("Sun, 22 Nov 2126 12:00:30 GMT", LONGEST_WAIT_S),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_a_retry_after_is_obeyed_within_reason(
    value: str | None, wait_s: float | None
) -> None:
    """Seconds or a date, never longer than Cloudflare's own block.

    A date that has passed tells that one of the clocks is wrong. Obeyed, it would have
    all attempts made at once.
    """
    assert retry_after_s(value, NOON) == wait_s


@given(value=st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ \w+ \d+ [\d:]+ \S+"))
def test_any_retry_after_is_a_sane_wait_or_none(value: str) -> None:
    """The header comes from outside: no value of it may crash or stall a run."""
    wait_s = retry_after_s(value, NOON)

    assert wait_s is None or 0 <= wait_s <= LONGEST_WAIT_S


@given(seconds=st.integers(-(10**6), 10**6))
def test_a_date_and_seconds_mean_the_same_wait(seconds: int) -> None:
    """A server may write either form of the header."""
    date = format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)

    assert retry_after_s(date, NOON) == retry_after_s(str(seconds), NOON)


@given(
    now=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.just(UTC),
    )
)
def test_the_next_day_begins_within_a_day(now: datetime) -> None:
    """Midnight is ahead, at most a day, and on the hour."""
    midnight = next_midnight_utc(now)

    assert timedelta(0) < midnight - now <= timedelta(days=1)
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
