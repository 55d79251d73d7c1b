"""The guards around a host: budgets, pace, retries."""

import asyncio

import pytest

from imgai.domain.predictions import Labels
from imgai.domain.report import Spent
from imgai.errors import (
    AccessDenied,
    BadAnswer,
    BudgetExhausted,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    RejectedImage,
    RunStopped,
    StoreError,
)
from imgai.limits.budget import Budget
from imgai.limits.rate import Pace
from imgai.limits.retry import RetryPolicy
from imgai.models.base import ModelReply, ModelRequest
from imgai.models.guarded import (
    BudgetedHost,
    PacedHost,
    RetryingHost,
    StoppingHost,
)
from imgai.models.profiles import PROFILES, neurons_at_most
from tests.fakes import FakeClock, FakeHost
from tests.models.prepared import prepared_image

pytestmark = pytest.mark.anyio

PRICED = PROFILES[0]
AT_MOST = neurons_at_most(PRICED) or 0.0
REQUEST = ModelRequest(PRICED, prepared_image(), picture_hashes=("p1",))
UNMEASURED = ModelReply(Labels(()), None, 5)
TIMED_OUT = ModelUnavailable("timed out", perhaps_billed=True)


@pytest.mark.parametrize(
    ("reply", "cost"),
    [
        (ModelReply(Labels(()), 0.25, 5), 0.25),
        (UNMEASURED, AT_MOST),
        (RejectedImage("no"), 0),
        (ModelUnavailable("down"), 0),
        (TIMED_OUT, AT_MOST),
        (BadAnswer("nonsense"), AT_MOST),
    ],
)
async def test_a_budget_is_settled_by_what_a_call_cost(
    reply: ModelReply | ImgaiError, cost: float
) -> None:
    """Reserved at the most it may cost, while it is in flight."""
    budget = Budget(10, "--budget")
    inner = FakeHost([reply])
    left_in_flight: list[float] = []

    async def look() -> None:
        left_in_flight.append(budget.left_neurons)

    inner.before = look
    await asyncio.gather(
        BudgetedHost(inner, [budget]).ask(REQUEST), return_exceptions=True
    )

    assert left_in_flight == [10 - AT_MOST]
    assert budget.left_neurons == pytest.approx(10 - cost)


async def test_a_spent_budget_sends_nothing_and_holds_nothing() -> None:
    """Of two budgets, the one that had room gets its reservation back."""
    day, run = Budget(10, "IMGAI_DAILY_BUDGET"), Budget(0, "--budget")
    host = FakeHost()

    with pytest.raises(BudgetExhausted, match="--budget"):
        await BudgetedHost(host, [day, run]).ask(REQUEST)

    assert (host.asked, day.left_neurons) == ([], 10)


async def test_a_budget_learns_that_a_model_costs_more_than_its_price() -> None:
    """Else many calls in flight would pass it together."""
    budget = Budget(10, "--budget")
    host = BudgetedHost(FakeHost([ModelReply(Labels(()), 6.0, 5)]), [budget])
    await host.ask(REQUEST)

    with pytest.raises(BudgetExhausted):
        await host.ask(REQUEST)

    assert budget.left_neurons == 4


def paces(clock: FakeClock) -> list[Pace]:
    return [Pace(6000, clock.sleep, clock) for _ in range(2)]


@pytest.mark.parametrize(
    ("error", "own_s", "other_s"),
    [
        (RateLimited("3021"), 60, 0),
        (RateLimited("3021", retry_after_s=7), 7, 0),
        (RateLimited("971", pauses_everything=True), 60, 60),
        (RateLimited("971", retry_after_s=300, pauses_everything=True), 300, 300),
        (RateLimited("971", retry_after_s=1, pauses_everything=True), 60, 60),
    ],
)
async def test_a_limit_pauses_its_model_and_the_platforms_pauses_all(
    error: RateLimited, own_s: float, other_s: float
) -> None:
    """3021 is one model's minute; 971 blocks the whole account."""
    clock = FakeClock()
    own, other = paces(clock)
    host = PacedHost(FakeHost([error]), own, [own, other])

    with pytest.raises(RateLimited) as caught:
        await host.ask(REQUEST)
    await other.wait()
    other_went_s = clock()
    await own.wait()

    assert other_went_s == pytest.approx(other_s)
    assert clock() == pytest.approx(own_s, abs=1)
    assert caught.value.retry_after_s == 0, "or it would be waited for twice"


async def test_retries_are_counted_and_stop_with_the_run() -> None:
    """The first attempt is no retry; a stopping run begins no other."""
    clock, spent = FakeClock(), Spent()
    inner = FakeHost([ModelUnavailable("busy")] * 3)
    await RetryingHost(inner, RetryPolicy(), clock.sleep, spent).ask(REQUEST)

    async def stopping(_seconds: float) -> None:
        raise RunStopped("stopping")

    inner.script = [ModelUnavailable("busy")]
    with pytest.raises(RunStopped):
        await RetryingHost(inner, RetryPolicy(), stopping, spent).ask(REQUEST)

    assert (spent.retries, len(inner.asked)) == (3, 5)


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (AccessDenied("no"), True),
        (QuotaExhausted("spent"), True),
        (StoreError("full"), True),
        (RejectedImage("no"), False),
        (ModelUnavailable("down"), False),
        (ModelRetired("gone"), False),
        (RunStopped("stopping"), False),
    ],
)
async def test_the_call_that_shows_that_a_run_cannot_go_on_ends_it(
    error: ImgaiError, *, ends: bool
) -> None:
    """At once: other workers would go on asking until its picture is done."""
    told: list[ImgaiError] = []

    with pytest.raises(type(error)):
        await StoppingHost(FakeHost([error]), told.append).ask(REQUEST)

    assert told == ([error] if ends else [])
