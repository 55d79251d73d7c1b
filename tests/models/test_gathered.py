"""Texts gathered into requests: when one goes, and whose error is whose."""

import asyncio
from collections.abc import Sequence

import pytest

from imgai.errors import ModelUnavailable, RejectedImage, RunStopped
from imgai.limits.stop import Sleep, Stop
from imgai.models.base import EmbeddedText
from imgai.models.gathered import MOST_TEXTS, GatheringEmbedder
from tests.fakes import SPACE, FakeEmbedder, vector_of

pytestmark = pytest.mark.anyio


async def for_ever(_seconds: float = 0.0) -> None:
    await asyncio.Event().wait()


class Together:
    """Workers that embed one text each."""

    def __init__(self, embedder: FakeEmbedder, sleep: Sleep = for_ever) -> None:
        self.gathering = GatheringEmbedder(embedder, sleep)

    async def work(self, text: str) -> EmbeddedText:
        """Carry a picture to its embedding."""
        with self.gathering.company():
            await asyncio.sleep(0)
            return await self.gathering.embed(text, f"picture of {text}")

    async def embed(self, *texts: str) -> list[EmbeddedText | BaseException]:
        """Embed texts at the same time, each for its own worker."""
        async with asyncio.timeout(10):
            return await asyncio.gather(
                *(self.work(text) for text in texts), return_exceptions=True
            )


def texts(count: int) -> list[str]:
    return [f"text {number}" for number in range(count)]


async def test_a_request_goes_when_nobody_else_is_on_the_way() -> None:
    """No timer adds waiting: here it would wait for ever."""
    embedder = FakeEmbedder()

    ends = await Together(embedder).embed("a", "b", "c")

    assert embedder.asked == [["a", "b", "c"]]
    assert ends == [EmbeddedText(vector_of(text), SPACE, 0.1) for text in "abc"]


async def test_a_request_goes_when_its_first_text_has_waited() -> None:
    """50 ms, while somebody is still on the way."""
    embedder = FakeEmbedder()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    together = Together(embedder, sleep)
    with together.gathering.company():
        await together.embed("a", "b")

    assert embedder.asked == [["a", "b"]]
    assert slept == [0.05]


@pytest.mark.parametrize("count", [MOST_TEXTS, 2 * MOST_TEXTS + 30])
async def test_a_request_holds_a_hundred_texts_at_most(count: int) -> None:
    """More go in the next, each caller with its own answer."""
    embedder = FakeEmbedder()
    wanted = texts(count)

    ends = await Together(embedder).embed(*wanted)

    assert [len(asked) for asked in embedder.asked[:-1]] == [100] * (count // 101)
    assert [text for asked in embedder.asked for text in asked] == wanted
    assert [one.vector for one in ends if isinstance(one, EmbeddedText)] == [
        vector_of(text) for text in wanted
    ]


async def test_a_full_request_waits_for_nobody() -> None:
    """Though somebody is on the way, and the timer never rings."""
    embedder = FakeEmbedder()
    together = Together(embedder)

    with together.gathering.company():
        await together.embed(*texts(MOST_TEXTS))

    assert len(embedder.asked) == 1


async def test_an_empty_text_is_answered_without_a_request() -> None:
    """There is nothing to embed; that is an answer."""
    embedder = FakeEmbedder()

    assert await Together(embedder).embed("") == [EmbeddedText(None, SPACE)]
    assert embedder.asked == []


async def test_a_worker_that_gives_up_holds_up_nobody() -> None:
    """It leaves without a text, and the others go."""
    embedder = FakeEmbedder()
    together = Together(embedder)

    async def give_up() -> None:
        with together.gathering.company():
            await asyncio.sleep(0)
            raise ModelUnavailable("no caption")

    ends = await asyncio.gather(together.embed("a"), give_up(), return_exceptions=True)

    assert embedder.asked == [["a"]]
    assert isinstance(ends[1], ModelUnavailable)


async def test_an_error_reaches_every_caller_of_its_request() -> None:
    """They shared the request, so they share its fate; the next is another."""
    embedder = FakeEmbedder(script=[ModelUnavailable("down")])
    together = Together(embedder)

    ends = await together.embed("a", "b")

    assert [type(end) for end in ends] == [ModelUnavailable] * 2
    assert [type(end) for end in await together.embed("a")] == [EmbeddedText]


async def test_one_refused_text_spares_its_neighbours() -> None:
    """They are asked for in halves to find the one at fault."""
    no = RejectedImage("no")
    embedder = FakeEmbedder(script=[no, None, no, no, None])

    ends = await Together(embedder).embed("a", "b", "c")

    assert embedder.asked == [["a", "b", "c"], ["a"], ["b", "c"], ["b"], ["c"]]
    assert [type(end) for end in ends] == [EmbeddedText, RejectedImage, EmbeddedText]


async def test_one_refused_text_of_a_hundred_costs_few_requests() -> None:
    """And none of the others is embedded twice."""
    embedder = _Choosy()
    texts = [*map(str, range(MOST_TEXTS - 1)), "bad"]

    ends = await Together(embedder).embed(*texts)

    assert sum(isinstance(end, EmbeddedText) for end in ends) == MOST_TEXTS - 1
    assert len(embedder.asked) <= 15
    answered = [batch for batch in embedder.asked if "bad" not in batch]
    assert sum(map(len, answered)) == MOST_TEXTS - 1


class _Choosy(FakeEmbedder):
    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        embedded = await super().embed(texts, picture_hashes)
        if "bad" in texts:
            raise RejectedImage("no")
        return embedded


async def test_a_stop_is_told_to_those_that_wait() -> None:
    """No request goes for them; their pictures are left for the next run."""
    embedder, stop = FakeEmbedder(), Stop(for_ever)
    together = Together(embedder, stop.sleep)

    with together.gathering.company():
        waiting = asyncio.ensure_future(together.embed("a", "b"))
        for _ in range(5):
            await asyncio.sleep(0)
        stop.ask()
        ends = await waiting

    assert [type(end) for end in ends] == [RunStopped] * 2
    assert embedder.asked == []


async def test_closing_after_cancelled_callers_cancels_their_request() -> None:
    """Nobody waits for its answer: the journal hears of it as perhaps billed."""
    sent = asyncio.Event()

    async def hang() -> None:
        sent.set()
        await for_ever()

    together = Together(FakeEmbedder(before=hang))
    before = asyncio.all_tasks()
    caller = asyncio.ensure_future(together.embed("a"))
    await sent.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    async with asyncio.timeout(10):
        await together.gathering.close()

    assert asyncio.all_tasks() == before


async def test_closing_ends_what_a_refused_request_had_still_to_ask() -> None:
    """Whoever pressed Ctrl-C twice waits for one call to end, not for the others."""
    asked_again = asyncio.Event()

    async def hang_from_the_second_on() -> None:
        if len(embedder.asked) > 1:
            asked_again.set()
            await for_ever()

    embedder = FakeEmbedder(script=[RejectedImage("no")])
    embedder.before = hang_from_the_second_on
    together = Together(embedder)
    callers = asyncio.ensure_future(together.embed("a", "b", "c"))
    await asked_again.wait()
    callers.cancel()
    with pytest.raises(asyncio.CancelledError):
        await callers

    async with asyncio.timeout(10):
        await together.gathering.close()

    assert embedder.asked == [["a", "b", "c"], ["a"]]


async def test_an_embedder_that_loses_a_text_leaves_nobody_waiting() -> None:
    """It would be a bug, and a bug ends a run; it does not hang it."""
    together = Together(_Forgetful())

    ends = await together.embed("a", "b")

    assert [type(end) for end in ends] == [EmbeddedText, ValueError]


class _Forgetful(FakeEmbedder):
    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        return (await super().embed(texts, picture_hashes))[:1]
