"""The pace: never past the limit in any minute, and close below it."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.limits.rate import MINUTE_S, Pace
from tests.fakes import FakeClock

RATES = st.sampled_from([0.5, 1, 2, 7, 20, 99, 100, 199, 200, 250, 300, 720])
GAPS = st.lists(st.sampled_from([0.0] * 9 + [0.1, 1.0, 7.5, 59.0, 61.0]), max_size=150)


def sent_at(pace: Pace, clock: FakeClock, gaps: Sequence[float]) -> list[float]:
    """Return when requests go that come one after the other, so far apart."""

    async def send() -> list[float]:
        sent = []
        comes_s = clock()
        for gap_s in gaps:
            comes_s += gap_s
            clock.now_s = max(clock(), comes_s)
            await pace.wait()
            sent.append(clock())
        return sent

    return asyncio.run(send())


def most_in_a_minute(sent: Sequence[float]) -> int:
    """Return the most requests in any 60 s, the first moment counted, the last not."""
    return max(
        (
            bisect_left(sent, start_s + MINUTE_S - 1e-6) - position
            for position, start_s in enumerate(sent)
        ),
        default=0,
    )


@given(rate=RATES, gaps=GAPS)
def test_no_minute_holds_more_than_the_limit(rate: float, gaps: list[float]) -> None:
    """However requests come: evenly, in bursts, or after a long rest."""
    clock = FakeClock()

    sent = sent_at(Pace(rate, clock.sleep, clock), clock, gaps)

    assert most_in_a_minute(sent) <= max(1, rate)
    assert sent == sorted(sent)


@pytest.mark.parametrize("rate", [20, 60, 300, 720, 3000])
def test_three_full_minutes_use_the_limit(rate: int) -> None:
    """98 % of it at least, and never more, from the first minute on."""
    clock = FakeClock()

    sent = sent_at(Pace(rate, clock.sleep, clock), clock, [0.0] * rate * 3)

    assert rate * 0.98 <= len(sent) * MINUTE_S / sent[-1]
    assert most_in_a_minute(sent) <= rate


@given(rate=RATES, first=st.integers(1, 200), rest_s=st.sampled_from([0.0, 3.0, 45.0]))
def test_a_restart_does_not_begin_anew(rate: float, first: int, rest_s: float) -> None:
    """The requests of both runs together keep to the limit."""
    clock = FakeClock()
    before = sent_at(Pace(rate, clock.sleep, clock), clock, [0.0] * first)
    clock.now_s += rest_s
    restarted = Pace(rate, clock.sleep, clock)
    now_s = clock()
    restarted.recall(now_s - at_s for at_s in before if now_s - at_s < MINUTE_S)

    after = sent_at(restarted, clock, [0.0] * 100)

    assert most_in_a_minute(before + after) <= max(1, rate)


def test_requests_of_a_while_ago_hold_up_nobody() -> None:
    """They have had their share of the minute: a quiet end is no debt."""
    clock = FakeClock()
    pace = Pace(60, clock.sleep, clock)
    now_s = clock()
    pace.recall([50.0, 49.0, 48.0])

    assert sent_at(pace, clock, [0.0]) == [now_s]


def test_a_clock_that_was_set_back_does_not_hold_up_a_run() -> None:
    """Requests of the future count as of now: a moment's wait, not hours."""
    clock = FakeClock()
    pace = Pace(60, clock.sleep, clock)
    pace.recall([-7200.0, -7200.0])

    assert sent_at(pace, clock, [0.0])[0] < 5


def test_a_pause_holds_everybody_and_is_never_shortened() -> None:
    """The longer one counts; afterwards requests go evenly again."""
    clock = FakeClock()
    pace = Pace(60, clock.sleep, clock)
    pace.pause(30)
    pace.pause(10)

    sent = sent_at(pace, clock, [0.0] * 3)

    assert sent[0] == 30
    assert sent[1] - sent[0] == pytest.approx(60 / 60 / 0.985)


def test_a_pause_reaches_those_that_wait_already() -> None:
    """Those in the queue when the host says stop were not sent yet."""
    clock = FakeClock()
    pace = Pace(60, lambda seconds: paused_once(seconds), clock)  # noqa: PLW0108  defined below

    async def paused_once(seconds: float) -> None:
        await clock.sleep(seconds)
        if len(clock.slept) == 2:
            pace.pause(20)

    first, second = sent_at(pace, clock, [0.0, 0.0])

    assert first == 0
    assert second >= 20
