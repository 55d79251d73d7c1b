"""The guard that writes every call down, and how it ended."""

import asyncio
from dataclasses import dataclass, field

import pytest

from imgai.domain.journal import Call, Outcome
from imgai.domain.predictions import Labels
from imgai.domain.report import Spent
from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    RejectedImage,
    StoreError,
)
from imgai.limits.budget import Budget
from imgai.models.base import ModelReply, ModelRequest
from imgai.models.guarded import (
    BudgetedHost,
    JournalledHost,
)
from imgai.models.profiles import PROFILES, neurons_at_most
from tests.fakes import NOON, FakeHost, FakeJournal
from tests.models.prepared import prepared_image

pytestmark = pytest.mark.anyio

PRICED, UNPRICED = PROFILES[0], next(one for one in PROFILES if one.price is None)
AT_MOST = neurons_at_most(PRICED) or 0.0
REQUEST = ModelRequest(PRICED, prepared_image(), picture_hashes=("p1",))
UNPRICED_REQUEST = ModelRequest(UNPRICED, prepared_image(), picture_hashes=("p1",))
UNMEASURED = ModelReply(Labels(()), None, 5)
TIMED_OUT = ModelUnavailable("timed out", perhaps_billed=True)


@dataclass(slots=True)
class Journalled:
    """A journalled host and what it writes down."""

    inner: FakeHost = field(default_factory=FakeHost)
    journal: FakeJournal = field(default_factory=FakeJournal)
    spent: Spent = field(default_factory=Spent)

    async def ask(self, request: ModelRequest = REQUEST) -> ModelReply:
        """Ask through the journal."""
        host = JournalledHost(self.inner, self.journal, self.spent, lambda: NOON)
        return await host.ask(request)


async def test_a_call_is_written_down_before_it_is_sent() -> None:
    """Only so is every possible double bill on record after a crash."""
    host = Journalled()
    rows_when_sent: list[int] = []

    async def look() -> None:
        rows_when_sent.append(len(host.journal.rows))

    host.inner.before = look

    await host.ask()

    begun, ended = host.journal.rows
    assert rows_when_sent == [1]
    assert isinstance(begun, Call)
    assert (begun.id, begun.neurons_at_most) == (ended.id, AT_MOST)
    assert begun.picture_hashes == ("p1",)


async def test_a_call_that_cannot_be_written_down_is_not_sent() -> None:
    """A full disk ends the run before it costs more."""
    host = Journalled(journal=FakeJournal(failing=StoreError("full")))

    with pytest.raises(StoreError):
        await host.ask()

    assert (host.inner.asked, host.spent.calls) == ([], 0)


@pytest.mark.parametrize(
    ("error", "outcome", "costs"),
    [
        (RejectedImage("no"), Outcome.REFUSED, False),
        (AccessDenied("no"), Outcome.REFUSED, False),
        (ModelRetired("gone"), Outcome.REFUSED, False),
        (RateLimited("later"), Outcome.REFUSED, False),
        (QuotaExhausted("spent"), Outcome.REFUSED, False),
        (ModelUnavailable("down"), Outcome.FAILED, False),
        (TIMED_OUT, Outcome.PERHAPS_BILLED, True),
        (BadAnswer("nonsense"), Outcome.BAD_ANSWER, True),
    ],
)
async def test_each_error_has_its_outcome_on_record(
    error: ImgaiError, outcome: Outcome, *, costs: bool
) -> None:
    """What may have been billed counts at the most it can cost."""
    host = Journalled(FakeHost([error]))

    with pytest.raises(type(error)):
        await host.ask()

    (end,) = host.journal.ends
    assert (end.outcome, end.is_measured) == (outcome, False)
    assert end.neurons == (AT_MOST if costs else 0)
    assert host.spent.neurons == host.spent.neurons_estimated == end.neurons
    assert host.spent.perhaps_billed == (outcome is Outcome.PERHAPS_BILLED)
    assert (host.spent.calls, host.spent.calls_answered) == (1, 0)


@pytest.mark.parametrize(
    ("reply", "request_", "expected"),
    [
        (ModelReply(Labels(()), 3.5, 5), REQUEST, Spent(1, 1, 0, 3.5)),
        (UNMEASURED, REQUEST, Spent(1, 1, 0, AT_MOST, AT_MOST)),
        (UNMEASURED, UNPRICED_REQUEST, Spent(1, 1, unpriced_calls=1)),
        (ModelReply(Labels(()), 2.0, 5), UNPRICED_REQUEST, Spent(1, 1, 0, 2.0)),
    ],
    ids=["measured", "by the table", "unknown", "measured without a price"],
)
async def test_an_answer_costs_what_the_host_says_or_the_table(
    reply: ModelReply, request_: ModelRequest, expected: Spent
) -> None:
    """And where neither knows, the call is counted as unpriced, not as free."""
    host = Journalled(FakeHost([reply]))

    await host.ask(request_)

    (end,) = host.journal.ends
    assert host.spent == expected
    assert (end.outcome, end.neurons) == (Outcome.ANSWERED, expected.neurons)
    assert end.is_measured == (reply.neurons is not None)


async def test_a_cancelled_call_was_perhaps_billed() -> None:
    """A second Ctrl-C drops the connection; the host may have done the work."""
    host = Journalled()
    budget = Budget(100, "--budget")
    sent = asyncio.Event()

    async def hang() -> None:
        sent.set()
        await asyncio.Event().wait()

    host.inner.before = hang
    call = asyncio.ensure_future(BudgetedHost(host, [budget]).ask(REQUEST))
    await sent.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    assert [end.outcome for end in host.journal.ends] == [Outcome.PERHAPS_BILLED]
    assert budget.left_neurons == pytest.approx(100 - AT_MOST)


async def test_a_call_that_was_cancelled_while_written_down_cost_nothing() -> None:
    """Its row may be on disk by then: it is counted, as one that was not sent."""
    host = Journalled()
    writing = asyncio.Event()

    async def wait() -> None:
        writing.set()
        await asyncio.Event().wait()

    host.journal.after_row = wait
    call = asyncio.ensure_future(host.ask())
    await writing.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    assert [end.outcome for end in host.journal.ends] == [Outcome.FAILED]
    assert (host.spent.calls, host.spent.perhaps_billed) == (1, 0)
    assert host.spent.neurons == 0
    assert host.inner.asked == []
