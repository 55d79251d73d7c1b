"""Guards around a host: each is a host itself, thirty lines, and tested alone.

Their order is written once, in `imgai.commands.wiring`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from imgai.domain.clock import Now, utc_now
from imgai.domain.ids import time_ordered_id
from imgai.domain.journal import Call, CallEnd, CallJournal, Outcome
from imgai.domain.report import Spent
from imgai.errors import (
    BadAnswer,
    ImageError,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    RateLimited,
    RunStopped,
    TransientError,
)
from imgai.limits.budget import Budget
from imgai.limits.rate import MINUTE_S, Pace
from imgai.limits.retry import RetryPolicy, retrying
from imgai.limits.stop import Sleep
from imgai.models.base import Host, ModelReply, ModelRequest
from imgai.models.profiles import neurons_at_most

# Cloudflare blocks a whole account for five minutes past 1,200 API calls in five
# minutes; a minute's pause is the least that is reported to help.
# https://developers.cloudflare.com/fundamentals/api/reference/limits/
_PLATFORM_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class JournalledHost:
    """Writes every call down before it is sent, and how it ended."""

    host: Host
    journal: CallJournal
    spent: Spent
    now: Now = utc_now

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        profile = request.profile
        at_most = neurons_at_most(profile, request.texts)
        started_at = self.now()
        call = Call(
            id=time_ordered_id(started_at),
            task=profile.task,
            model=profile.model,
            started_at=started_at,
            picture_hashes=request.picture_hashes,
            neurons_at_most=at_most,
        )
        await self._begin(call)
        try:
            reply = await self.host.ask(request)
        except ImgaiError as error:
            outcome = outcome_of(error)
            billed = outcome in {Outcome.PERHAPS_BILLED, Outcome.BAD_ANSWER}
            await self._end(call, outcome, (at_most or 0.0) if billed else 0.0)
            raise
        except asyncio.CancelledError:
            await self._end(call, Outcome.PERHAPS_BILLED, at_most or 0.0)
            raise
        self._count_answer(reply, at_most)
        neurons = at_most if reply.neurons is None else reply.neurons
        await self._end(
            call,
            Outcome.ANSWERED,
            neurons or 0.0,
            is_measured=reply.neurons is not None,
        )
        return reply

    async def _begin(self, call: Call) -> None:
        # Counted before it is on record: whoever is cancelled while it is being
        # written leaves a row all the same, of a call that was never sent.
        self.spent.calls += 1
        try:
            await self.journal.begin_call(call)
        except ImgaiError:
            self.spent.calls -= 1
            raise
        except asyncio.CancelledError:
            await self._end(call, Outcome.FAILED, 0.0)
            raise

    async def _end(
        self, call: Call, outcome: Outcome, neurons: float, *, is_measured: bool = False
    ) -> None:
        if outcome is Outcome.PERHAPS_BILLED:
            self.spent.perhaps_billed += 1
        if not is_measured:
            self.spent.neurons_estimated += neurons
        self.spent.neurons += neurons
        await self.journal.end_call(
            CallEnd(call.id, outcome, self.now(), neurons, is_measured)
        )

    def _count_answer(self, reply: ModelReply, at_most: float | None) -> None:
        self.spent.calls_answered += 1
        if reply.neurons is None and at_most is None:
            self.spent.unpriced_calls += 1


def outcome_of(error: ImgaiError) -> Outcome:
    """Return how a call that raised this ended, for the journal."""
    match error:
        case BadAnswer():
            return Outcome.BAD_ANSWER
        case ModelUnavailable(perhaps_billed=True):
            return Outcome.PERHAPS_BILLED
        case ModelUnavailable():
            return Outcome.FAILED
        case _:
            return Outcome.REFUSED


@dataclass(slots=True)
class BudgetedHost:
    """Lets a call go only while every budget has room for the most it can cost.

    That is what the price table says, or what the host has measured in this run where
    it is more: some models have been seen to cost three times their price.
    """

    host: Host
    budgets: Sequence[Budget]
    sleep: Sleep = asyncio.sleep  # asked after a wait for room: the run may be stopping
    _dearest: float = 0.0  # measured neurons of one picture or text

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`. Raises BudgetExhausted as well."""
        asked_about = max(1, len(request.texts))
        by_table = neurons_at_most(request.profile, request.texts) or 0.0
        at_most = max(by_table, self._dearest * asked_about)
        await self._reserve(at_most)
        spent = at_most
        try:
            reply = await self.host.ask(request)
        except ImgaiError as error:
            if outcome_of(error) in {Outcome.REFUSED, Outcome.FAILED}:
                spent = 0.0
            raise
        else:
            if reply.neurons is not None:
                spent = reply.neurons
                self._dearest = max(self._dearest, spent / asked_about)
            return reply
        finally:
            for budget in self.budgets:
                budget.settle(at_most, spent)

    async def _reserve(self, neurons: float) -> None:
        """Reserve in every budget, or in none."""
        reserved: list[Budget] = []
        try:
            for budget in self.budgets:
                await budget.room(neurons)
                budget.reserve(neurons)
                reserved.append(budget)
            if self.budgets:
                await self.sleep(0.0)
        except BaseException:
            for budget in reserved:
                budget.settle(neurons, 0.0)
            raise


@dataclass(frozen=True, slots=True)
class PacedHost:
    """Keeps to a model's requests a minute, and to the pauses a host asks for."""

    host: Host
    pace: Pace
    all_paces: Sequence[Pace]  # of every model: a limit of the platform pauses all

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        await self.pace.wait()
        try:
            return await self.host.ask(request)
        except RateLimited as error:
            if error.pauses_everything:
                pause_s = max(error.retry_after_s or 0.0, _PLATFORM_PAUSE_S)
                for pace in self.all_paces:
                    pace.pause(pause_s)
            else:
                self.pace.pause(error.retry_after_s or MINUTE_S)
            # The pause is in the pace, which the next attempt waits for: were it also
            # in the retry's own wait, it would be waited for twice.
            error.retry_after_s = 0.0
            raise


@dataclass(frozen=True, slots=True)
class RetryingHost:
    """Repeats another host's call while that may help."""

    host: Host
    policy: RetryPolicy
    sleep: Sleep = asyncio.sleep
    spent: Spent = field(default_factory=Spent)

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        async for attempt in retrying(self.policy, self.sleep):
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    self.spent.retries += 1
                return await self.host.ask(request)
        raise AssertionError("unreachable: the last error is re-raised")


@dataclass(frozen=True, slots=True)
class StoppingHost:
    """Ends the run at the very call that shows that it cannot go on.

    Whoever carries the picture hears of it only when the picture's other models have
    answered too, and all the other workers would go on asking meanwhile.
    """

    host: Host
    end: Callable[[ImgaiError], None]

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        try:
            return await self.host.ask(request)
        except (ImageError, TransientError, ModelRetired, RunStopped):
            raise  # of this picture, or another model may take over
        except ImgaiError as error:
            self.end(error)
            raise
