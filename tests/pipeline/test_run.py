"""The workers of a run: bounded, stoppable, and honest about bugs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from imgai.domain.events import Event, RunStopping
from imgai.domain.images import SourceImage
from imgai.errors import AccessDenied, QuotaExhausted, RunStopped, SourceUnreadable
from imgai.limits.stop import Stop
from imgai.pipeline.candidates import Candidate
from imgai.pipeline.run import run
from tests.fakes import FakeSource

pytestmark = pytest.mark.anyio

WORKERS = 3


class Line:
    """Candidates without end, or up to an error; counts those that were taken."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.taken = 0
        self._count = count
        self._error = error

    async def __aiter__(self) -> AsyncIterator[Candidate]:
        source = FakeSource()
        for number in range(self._count):
            self.taken += 1
            yield Candidate(source, SourceImage(f"file:///{number}", 1, 1, None), None)
        if self._error:
            raise self._error


async def test_only_so_many_images_are_in_flight() -> None:
    """Nothing is listed ahead of the workers, so memory holds a few images."""
    line, in_flight, most_ahead, done = Line(50), 0, 0, 0

    async def process(_candidate: Candidate) -> None:
        nonlocal in_flight, most_ahead, done
        in_flight += 1
        assert in_flight <= WORKERS
        await asyncio.sleep(0)
        most_ahead = max(most_ahead, line.taken - done)
        in_flight -= 1
        done += 1

    await run(aiter(line), process, lambda _event: None, Stop(), WORKERS)

    assert done == 50
    assert most_ahead <= WORKERS + 1


async def test_a_stop_lets_what_is_in_flight_finish_and_begins_nothing() -> None:
    """What was paid for is stored."""
    line, stop, finished = Line(100), Stop(), 0
    together = asyncio.Barrier(WORKERS)

    async def process(_candidate: Candidate) -> None:
        nonlocal finished
        await together.wait()
        stop.ask()
        await asyncio.sleep(0)
        finished += 1

    async with asyncio.timeout(10):
        await run(aiter(line), process, lambda _event: None, stop, WORKERS)

    assert (finished, line.taken) == (WORKERS, WORKERS)


async def test_a_stop_during_the_listing_begins_no_image() -> None:
    """Neither the one that is being listed nor those that wait for their turn."""
    stop, begun = Stop(), 0

    async def slow() -> AsyncIterator[Candidate]:
        async for candidate in Line(100):
            await asyncio.sleep(0)
            stop.ask()
            yield candidate

    async def process(_candidate: Candidate) -> None:
        nonlocal begun
        begun += 1

    await run(slow(), process, lambda _event: None, stop, WORKERS)

    assert begun == 0


async def test_what_concerns_the_run_is_told_once_and_stops_it() -> None:
    """Each worker in flight meets the refused token; the first is the reason."""
    events: list[Event] = []
    stop = Stop()
    together = asyncio.Barrier(WORKERS)

    async def process(_candidate: Candidate) -> None:
        await together.wait()
        raise AccessDenied("refused")

    async with asyncio.timeout(10):
        await run(aiter(Line(100)), process, events.append, stop, WORKERS)

    (told,) = events
    assert isinstance(told, RunStopping)
    assert stop.error is told.error
    assert isinstance(told.error, AccessDenied)


async def test_an_image_whose_turn_did_not_come_is_no_news() -> None:
    """`RunStopped` only says that a stop was heeded."""
    events: list[Event] = []
    stop = Stop()
    reason = QuotaExhausted("spent")

    async def process(_candidate: Candidate) -> None:
        stop.ask(reason)
        raise RunStopped("stopping")

    await run(aiter(Line(100)), process, events.append, stop, WORKERS)

    assert events == []
    assert stop.error is reason


async def test_a_listing_that_breaks_off_stops_the_run() -> None:
    """What was listed before is processed; then the error is told."""
    events: list[Event] = []
    done: list[str] = []

    async def process(candidate: Candidate) -> None:
        done.append(candidate.image.uri)

    line = Line(5, SourceUnreadable("the disk is gone"))
    await run(aiter(line), process, events.append, Stop(), WORKERS)

    assert len(done) == 5
    assert [type(event) for event in events] == [RunStopping]


async def test_a_bug_ends_the_run_with_its_traceback() -> None:
    """What is no ImgaiError is ours: it is not swallowed, whatever else goes on."""

    async def process(_candidate: Candidate) -> None:
        raise KeyError("a bug")

    with pytest.raises(ExceptionGroup) as caught:
        await run(aiter(Line(9)), process, lambda _event: None, Stop(), WORKERS)

    assert caught.group_contains(KeyError)
