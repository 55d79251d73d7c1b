"""A model's first call goes alone, and so does the first after an outage."""

import asyncio
from dataclasses import dataclass, field

from imgai.errors import (
    AccessDenied,
    HostDown,
    HostUnreachable,
    ImgaiError,
    LimitReached,
    RejectedImage,
    RunStopped,
    TransientError,
)
from imgai.limits.stop import Sleep
from imgai.models.base import Host, ModelReply, ModelRequest

# So many calls given up in a row, each after all its attempts, are an outage.
_FAILURES_OF_AN_OUTAGE = 3
# So many requests gone ahead in vain, with a pause before the second, end the run.
_MOST_PILOTS = 2
_PAUSE_S = 15.0


@dataclass(slots=True)
class Vanguard:
    """What the pilots of all models of a run share: the account's very first call.

    Until any model has answered, one call at a time is on its way, whichever model it
    asks: a wrong token concerns them all.
    """

    has_answered: bool = False
    verdict: ImgaiError | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class PilotedHost:
    """Sends one call ahead until the model has answered; then lets all through.

    A wrong token so costs one call, a retired model one 410. After an outage the
    model is paused and tried with one call again.
    """

    host: Host  # as it is asked in fair weather
    pilot: Host  # the same with less patience: it may never answer
    sleep: Sleep
    vanguard: Vanguard = field(default_factory=Vanguard)
    _is_proven: bool = False
    _has_answered: bool = False
    _failures: int = 0  # given up in a row
    _pilots_failed: int = 0
    _verdict: ImgaiError | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`.

        Raises:
            HostUnreachable: no model has ever answered, and this one was tried enough.
            HostDown: it, or another model, answered earlier in the run.
        """
        host = self.host
        try:
            reply = await self._ask_in_turn(request)
        except TransientError as error:
            # It may be to blame, or a storm. Another goes ahead before it is asked once
            # more, and half of the attempts that may be billed are left to it.
            host = self.pilot
            reply = await self._ask_in_turn(request, error)
        return reply or await self._ask_among_others(host, request)

    async def _ask_in_turn(
        self, request: ModelRequest, failed: TransientError | None = None
    ) -> ModelReply | None:
        """Return the reply to the call that goes ahead; None once the model answers."""
        if not self._is_proven:
            async with self._turn:
                # Perhaps the model has answered while this call waited for its turn.
                if not self._is_proven:
                    return await self._ask_alone(request, failed)
        return None

    async def _ask_alone(
        self, request: ModelRequest, failed: TransientError | None
    ) -> ModelReply:
        if self._verdict is not None:
            raise self._verdict
        if self._pilots_failed or self._has_answered:
            await self.sleep(_PAUSE_S)
        try:
            reply = await self._ask_ahead(request, failed)
        except TransientError as error:
            self._pilots_failed += failed is None  # requests are counted
            if self._pilots_failed < _MOST_PILOTS:
                raise
            self._verdict = self._give_up(request.profile.model, error)
            raise self._verdict from error
        except (RejectedImage, RunStopped):
            raise  # says nothing of the model yet
        except ImgaiError as error:  # the token, the quota, the model itself
            self._verdict = error
            raise
        self._is_proven = self._has_answered = True
        self._failures = self._pilots_failed = 0
        return reply

    async def _ask_ahead(
        self, request: ModelRequest, failed: TransientError | None
    ) -> ModelReply:
        vanguard = self.vanguard
        if vanguard.has_answered:
            return await self.pilot.ask(request)
        async with vanguard.turn:
            if vanguard.verdict is not None:
                raise vanguard.verdict
            if failed is not None and not vanguard.has_answered:
                raise failed  # no other model has answered meanwhile: it is no storm
            try:
                reply = await self.pilot.ask(request)
            except (AccessDenied, HostUnreachable, LimitReached) as error:
                vanguard.verdict = error
                raise
            vanguard.has_answered = True
            return reply

    async def _ask_among_others(self, host: Host, request: ModelRequest) -> ModelReply:
        try:
            reply = await host.ask(request)
        except TransientError:
            self._failures += 1
            if self._failures >= _FAILURES_OF_AN_OUTAGE:
                self._is_proven = False
            raise
        self._failures = 0
        return reply

    def _give_up(self, model: str, error: TransientError) -> ImgaiError:
        said = f"{model} does not answer. The last word: {error}"
        if self._has_answered or self.vanguard.has_answered:
            return HostDown(said, hint="The next run goes on from here.")
        return HostUnreachable(
            said, hint="Check the network; `imgai doctor` tells what can be reached."
        )
