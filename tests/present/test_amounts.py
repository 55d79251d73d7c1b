"""Numbers as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from imgai.present.amounts import (
    counted,
    json_time,
    shown_bytes,
    shown_dollars,
    shown_duration,
    shown_neurons,
    shown_time,
)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (185, "3 min 5 s"),
        (7_800, "2 h 10 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, shown: str) -> None:
    """Nobody wants the seconds of a run of days."""
    assert shown_duration(seconds) == shown


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [
        (0, "$0"),
        (0.00001, "under $0.0001"),
        (0.0042, "$0.0042"),
        (0.5, "$0.50"),
        (1234.5, "$1,234.50"),
    ],
)
def test_small_money_is_never_shown_as_none(dollars: float, shown: str) -> None:
    """What costs a hundredth of a cent is not free."""
    assert shown_dollars(dollars) == shown


@pytest.mark.parametrize(
    ("neurons", "shown"),
    [(0, "0 neurons"), (0.424, "0.424 neurons"), (8120.4, "8,120 neurons")],
)
def test_neurons_have_three_digits_or_all(neurons: float, shown: str) -> None:
    """One picture costs a fraction, a night thousands."""
    assert shown_neurons(neurons) == shown


def test_counts_sizes_and_times_are_in_plain_words() -> None:
    """Plural, units, and the zone."""
    moment = datetime(2026, 11, 23, 2, tzinfo=timezone(timedelta(hours=2)))

    assert counted(1, "copy", "copies") == "1 copy"
    assert counted(1204, "image") == "1,204 images"
    assert [shown_bytes(1), shown_bytes(1_500), shown_bytes(3 << 40)] == [
        "1 byte",
        "1.5 KB",
        "3.0 TB",
    ]
    assert shown_time(moment) == "2026-11-23 00:00 UTC"
    assert json_time(moment.astimezone(UTC)) == "2026-11-23T00:00:00Z"
