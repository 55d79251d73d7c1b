"""The flag that stops a run, and the sleep that heeds it."""

import asyncio

import pytest

from imgai.errors import QuotaExhausted, RunStopped, StoreError
from imgai.limits.stop import Stop
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio


async def for_ever(_seconds: float) -> None:
    await asyncio.Event().wait()


async def test_a_sleep_lasts_as_long_as_it_should() -> None:
    """Nothing is asked: the sleep is any other."""
    clock = FakeClock()
    stop = Stop(clock.sleep)

    await stop.sleep(7)

    assert clock.slept == [7]


async def test_a_stop_ends_every_sleep_at_once() -> None:
    """A run that waits out a minute does not keep the user waiting."""
    stop = Stop(for_ever)
    sleeps = [asyncio.ensure_future(stop.sleep(60)) for _ in range(3)]
    await asyncio.sleep(0)

    stop.ask()

    async with asyncio.timeout(10):
        ends = await asyncio.gather(*sleeps, return_exceptions=True)
    assert [type(end) for end in ends] == [RunStopped] * 3


@pytest.mark.parametrize("seconds", [60.0, 0.0])
async def test_nobody_falls_asleep_in_a_stopping_run(seconds: float) -> None:
    """Not even for no time: it is how a paced call learns that it may not go."""
    clock = FakeClock()
    stop = Stop(clock.sleep)
    stop.ask()

    with pytest.raises(RunStopped):
        await stop.sleep(seconds)

    assert clock.slept == []


async def test_the_first_reason_counts() -> None:
    """What follows it is its consequence."""
    stop = Stop()
    first = QuotaExhausted("spent")

    stop.ask()
    stop.ask(first)
    stop.ask(StoreError("full"))

    assert stop.asked
    assert stop.error is first


async def test_a_cancelled_sleep_leaves_nothing_running() -> None:
    """The second Ctrl-C cancels whatever sleeps."""
    before = asyncio.all_tasks()
    sleep = asyncio.ensure_future(Stop(for_ever).sleep(60))
    await asyncio.sleep(0)
    sleep.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sleep

    assert asyncio.all_tasks() == before
