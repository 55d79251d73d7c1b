"""When a failed call is repeated, and after how long."""

import asyncio
from collections.abc import Iterable, Iterator

import pytest

from imgai.errors import (
    BadAnswer,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    RejectedImage,
    TransientError,
)
from imgai.limits.retry import FIRST_CALL, RetryPolicy, retrying
from tests.fakes import FakeClock

POLICY = RetryPolicy(attempts=6, billed_attempts=3)
PERHAPS_BILLED = ModelUnavailable("timed out", perhaps_billed=True)


class Calls:
    """Calls that fail as they are told to, then succeed."""

    def __init__(self, errors: Iterable[ImgaiError]) -> None:
        self._errors: Iterator[ImgaiError] = iter(errors)
        self.count = 0
        self.clock = FakeClock()

    def run(self, policy: RetryPolicy) -> list[float]:
        """Call until it succeeds or is given up; return the waits."""
        asyncio.run(self._run(policy))
        return self.clock.slept

    async def _run(self, policy: RetryPolicy) -> None:
        async for attempt in retrying(policy, self.clock.sleep):
            with attempt:
                self.count += 1
                if (error := next(self._errors, None)) is not None:
                    raise error


def test_waits_double_up_to_the_longest_with_jitter() -> None:
    """1, 2, 4 and 8 s, then 12 s each, each with up to a second on top."""
    waits = Calls([ModelUnavailable("busy")] * 8).run(RetryPolicy())

    least = [1, 2, 4, 8, 12, 12, 12, 12]
    assert all(low <= wait <= low + 1 for low, wait in zip(least, waits, strict=True))


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(7.0, 7.0), (0.0, 0.0), (300.0, 120.0)]
)
def test_a_wait_that_the_host_names_is_obeyed_within_a_limit(
    asked_s: float, waited_s: float
) -> None:
    """Retry-After stands in place of the backoff; nobody is believed for hours."""
    busy = RateLimited("busy", retry_after_s=asked_s)

    assert Calls([busy]).run(RetryPolicy()) == [waited_s]


@pytest.mark.parametrize(
    ("error", "policy", "attempts"),
    [
        (ModelUnavailable("busy"), POLICY, 6),
        (BadAnswer("nonsense"), POLICY, 3),
        (PERHAPS_BILLED, POLICY, 3),
        (ModelUnavailable("busy"), RetryPolicy(), RetryPolicy().attempts),
        (PERHAPS_BILLED, RetryPolicy(), RetryPolicy().billed_attempts),
    ],
)
def test_a_call_is_given_up_sooner_where_each_attempt_costs(
    error: TransientError, policy: RetryPolicy, attempts: int
) -> None:
    """The last error is what the caller gets."""
    calls = Calls([error] * 99)

    with pytest.raises(type(error)) as caught:
        calls.run(policy)

    assert caught.value is error
    assert calls.count == attempts


def test_attempts_that_cost_nothing_do_not_count_as_those_that_do() -> None:
    """A busy host is asked on; three attempts that may be billed are the most."""
    errors = [PERHAPS_BILLED, ModelUnavailable("busy"), ModelUnavailable("busy")]
    calls = Calls(errors + [PERHAPS_BILLED] * 99)

    with pytest.raises(ModelUnavailable):
        calls.run(POLICY)

    assert calls.count == 5


def test_a_first_call_is_given_up_within_two_minutes() -> None:
    """The model may never answer."""
    calls = Calls([ModelUnavailable("busy")] * 99)

    with pytest.raises(ModelUnavailable):
        calls.run(FIRST_CALL)

    assert calls.clock() < 120


def test_patience_lasts_for_all_attempts() -> None:
    """With a minute to spare for the calls themselves."""
    calls = Calls([ModelUnavailable("busy")] * 99)

    with pytest.raises(ModelUnavailable):
        calls.run(RetryPolicy())

    assert calls.count == RetryPolicy().attempts
    assert calls.clock() < RetryPolicy().patience_s - 60


def test_patience_lasts_for_turns_among_many() -> None:
    """400 workers on 300 calls a minute: each attempt stands in a queue for 80 s."""
    patient = RetryPolicy().with_turns(80.0)
    calls = Calls([ModelUnavailable("busy")] * 99)

    with pytest.raises(ModelUnavailable):
        calls.run(patient)

    queued_s = 80.0 * calls.count
    assert calls.count == patient.attempts
    assert calls.clock() + queued_s < patient.patience_s - 60
    assert RetryPolicy().with_turns(0.0) == RetryPolicy()


def given_up(policy: RetryPolicy, refused: float, billed: float) -> float:
    """Return how probable it is that a call is given up.

    Args:
        policy: by which it is repeated.
        refused: how probable it is that an attempt fails and costs nothing.
        billed: how probable it is that one fails and may be billed.
    """
    going_on = [1.0]  # by how many attempts may have been billed
    lost = 0.0
    for _ in range(policy.attempts):
        failed = [0.0, *(chance * billed for chance in going_on)]
        for count, chance in enumerate(going_on):
            failed[count] += chance * refused
        if len(failed) > policy.billed_attempts:
            lost += failed.pop()
        going_on = failed
    return lost + sum(going_on)


@pytest.mark.parametrize("billed", [0.0, 0.1])
def test_a_storm_costs_fewer_than_one_run_of_600_calls_in_10_000_a_picture(
    billed: float,
) -> None:
    """Of all attempts 45 % fail; the first call of each of three models as well."""
    usual = given_up(RetryPolicy(), 0.45 - billed, billed)
    # Asked twice, when it is given up at first.
    first = given_up(FIRST_CALL, 0.45 - billed, billed) ** 2

    assert 597 * usual + 3 * first < 1 / 10_000


def test_no_call_is_billed_more_often_because_it_is_the_first() -> None:
    """It is asked twice."""
    assert 2 * FIRST_CALL.billed_attempts <= RetryPolicy().billed_attempts == 10


def test_patience_ends_before_a_wait_that_would_pass_it() -> None:
    """Rather than begin another wait, the image is given up."""
    calls = Calls([RateLimited("busy", retry_after_s=100)] * 99)

    with pytest.raises(RateLimited):
        calls.run(RetryPolicy(patience_s=99))

    assert calls.count == 1


@pytest.mark.parametrize(
    "error", [QuotaExhausted("spent"), RejectedImage("no"), ModelRetired("gone")]
)
def test_what_will_not_pass_is_not_repeated(error: ImgaiError) -> None:
    """It is let through at once."""
    calls = Calls([error])

    with pytest.raises(type(error)):
        calls.run(RetryPolicy())

    assert (calls.count, calls.clock.slept) == (1, [])
