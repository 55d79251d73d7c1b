"""One call goes ahead: of the account, of each model, and after an outage."""

import asyncio
from dataclasses import dataclass, field

import pytest

from imgai.domain.predictions import Labels
from imgai.errors import (
    AccessDenied,
    BadAnswer,
    HostDown,
    HostUnreachable,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RejectedImage,
    RunStopped,
)
from imgai.models.base import ModelReply, ModelRequest
from imgai.models.pilot import PilotedHost, Vanguard
from imgai.models.profiles import PROFILES
from tests.fakes import FakeClock, FakeHost
from tests.models.prepared import prepared_image

pytestmark = pytest.mark.anyio

REQUEST = ModelRequest(PROFILES[0], prepared_image())
DOWN = ModelUnavailable("down")


async def yield_often() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@dataclass(slots=True)
class Piloted:
    """A piloted host whose fair-weather host and pilot are one."""

    vanguard: Vanguard = field(default_factory=Vanguard)
    inner: FakeHost = field(default_factory=lambda: FakeHost(before=yield_often))
    clock: FakeClock = field(default_factory=FakeClock)
    host: PilotedHost = field(init=False)

    def __post_init__(self) -> None:
        self.host = PilotedHost(
            self.inner, self.inner, self.clock.sleep, vanguard=self.vanguard
        )

    async def ask(self, times: int = 1) -> list[type]:
        """Ask so often at the same time; return the kinds of what comes of it."""
        asked = [self.host.ask(REQUEST) for _ in range(times)]
        return [
            type(one) for one in await asyncio.gather(*asked, return_exceptions=True)
        ]


async def test_the_first_call_goes_alone() -> None:
    """The others start when it has answered."""
    piloted = Piloted()
    asked_when_answered: list[int] = []

    async def look() -> None:
        await yield_often()
        asked_when_answered.append(len(piloted.inner.asked))

    piloted.inner.before = look

    assert await piloted.ask(5) == [ModelReply] * 5
    assert asked_when_answered[0] == 1
    assert piloted.inner.most_in_flight == 4


@pytest.mark.parametrize("error", [AccessDenied("no"), QuotaExhausted("spent")])
async def test_a_wrong_token_costs_one_call_whatever_is_asked(
    error: ImgaiError,
) -> None:
    """All models share the account: neither asks again what one was refused."""
    vanguard = Vanguard()
    labels, caption = Piloted(vanguard), Piloted(vanguard)
    labels.inner.script = caption.inner.script = [error, error, error]

    ends = await asyncio.gather(labels.ask(5), caption.ask(5))

    assert list(ends) == [[type(error)] * 5] * 2
    assert len(labels.inner.asked) + len(caption.inner.asked) == 1


async def test_until_the_account_has_answered_one_call_is_on_its_way() -> None:
    """Then each model sends its own first call."""
    vanguard = Vanguard()
    labels, caption = Piloted(vanguard), Piloted(vanguard)
    caption.inner = caption.host.host = caption.host.pilot = labels.inner

    await asyncio.gather(labels.ask(), caption.ask())

    assert labels.inner.most_in_flight == 1


async def test_a_retired_model_costs_one_call() -> None:
    """And says nothing about other models."""
    vanguard = Vanguard()
    labels, caption = Piloted(vanguard), Piloted(vanguard)
    labels.inner.script = [ModelRetired("410")]

    assert await labels.ask(5) == [ModelRetired] * 5
    assert len(labels.inner.asked) == 1
    assert await caption.ask() == [ModelReply]


async def test_a_refused_picture_says_nothing_about_the_model() -> None:
    """The next picture goes ahead instead."""
    piloted = Piloted()
    piloted.inner.script = [RejectedImage("no")]

    assert await piloted.ask(3) == [RejectedImage, ModelReply, ModelReply]
    assert piloted.clock.slept == []


async def test_a_host_that_never_answers_is_unreachable_after_two_pilots() -> None:
    """Each has been tried for a minute; others are spared it, and none is blamed."""
    piloted = Piloted()
    piloted.inner.script = [DOWN] * 99

    ends = await piloted.ask(6)

    assert ends == [HostUnreachable] * 6
    assert len(piloted.inner.asked) == 2
    assert piloted.clock.slept == [15]


async def test_a_first_call_that_was_given_up_is_asked_once_more() -> None:
    """A storm that hits the very first call does not cost its picture."""
    piloted = Piloted()
    piloted.inner.script = [DOWN]

    assert await piloted.ask(3) == [ModelReply] * 3
    assert piloted.clock.slept == [15]


async def test_a_request_that_is_to_blame_itself_ends_alone() -> None:
    """Another shows that the model answers, before it is asked once more."""
    piloted = Piloted()
    piloted.inner.script = [BadAnswer("?"), ModelReply(Labels(()), 1, 5)]
    piloted.inner.script += [BadAnswer("?")]

    assert await piloted.ask(2) == [BadAnswer, ModelReply]
    assert await piloted.ask(2) == [ModelReply] * 2


async def test_a_request_that_is_alone_has_two_turns() -> None:
    """It counts as one that failed: the next picture is tried before the run ends."""
    piloted = Piloted(Vanguard(has_answered=True))
    piloted.inner.script = [BadAnswer("?")] * 2

    assert await piloted.ask() == [BadAnswer]
    assert await piloted.ask() == [ModelReply]
    assert piloted.clock.slept == [15, 15]


async def test_one_turn_is_enough_where_no_model_has_answered() -> None:
    """A laptop without its network is told so no later for it."""
    piloted = Piloted()
    piloted.inner.script = [DOWN] * 99

    assert await piloted.ask() == [ModelUnavailable]
    assert len(piloted.inner.asked) == 1


async def test_an_outage_pauses_the_model_and_one_call_looks_again() -> None:
    """Three calls given up in a row; when the next answers, all goes on as before."""
    piloted = Piloted()
    await piloted.ask()
    piloted.inner.script = [DOWN] * 3
    assert await piloted.ask(3) == [ModelUnavailable] * 3
    piloted.inner.most_in_flight = 0

    async def look() -> None:
        assert piloted.inner.in_flight == 1
        await yield_often()
        piloted.inner.before = yield_often

    piloted.inner.before = look

    assert await piloted.ask(4) == [ModelReply] * 4
    assert piloted.clock.slept == [15]
    assert piloted.inner.most_in_flight == 3


async def test_an_answer_between_failures_is_no_outage() -> None:
    """In a storm, some calls come through: nobody is paused."""
    piloted = Piloted()
    await piloted.ask()
    piloted.inner.script = [DOWN, DOWN]
    await piloted.ask(3)
    piloted.inner.script = [DOWN, DOWN]
    await piloted.ask(3)

    assert piloted.clock.slept == []


async def test_a_host_that_stays_away_is_down() -> None:
    """It answered before: the run goes on another day (75, not 69)."""
    piloted = Piloted()
    await piloted.ask()
    piloted.inner.script = [DOWN] * 99

    await piloted.ask(3)
    ends = await piloted.ask(4)

    assert ends == [HostDown] * 4
    assert piloted.clock.slept == [15, 15]


async def test_a_model_that_never_answers_beside_one_that_does_is_down() -> None:
    """The account and the network are fine: the run goes on another time."""
    vanguard = Vanguard()
    assert await Piloted(vanguard).ask() == [ModelReply]
    silent = Piloted(vanguard, FakeHost(script=[DOWN] * 99))

    ends = [await silent.ask() for _ in range(2)]

    assert ends[-1] == [HostDown]


async def test_a_run_that_stops_before_the_first_answer_sends_nothing_more() -> None:
    """Those that wait behind the first call are left for the next run."""
    piloted = Piloted()
    piloted.inner.script = [RunStopped("stopping")]

    assert await piloted.ask(3) == [RunStopped] * 3
    assert len(piloted.inner.asked) == 1
