"""When a failed call is worth repeating, and after how long."""

import asyncio
from dataclasses import dataclass, replace

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)
from tenacity.stop import stop_base

from imgai.errors import BadAnswer, ModelUnavailable, TransientError
from imgai.limits.stop import Sleep


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits double from `first_wait_s` to `longest_wait_s`, plus jitter.

    A wait that the host names (Retry-After) is taken instead, up to
    `longest_named_wait_s`. With the defaults, a storm in which 45 % of all calls are
    refused leaves one call in 19 million unanswered: with 600 calls, one run in 30,000.
    That is so while an attempt takes 3 s or less, its turn in the pace left aside for
    which `with_turns` has patience; more, and patience ends before attempts do. Where
    each failed attempt may have been billed it is one call in 3,000, by choice.
    """

    attempts: int = 21
    # Of those that may have been billed: at the price of a picture, a storm of cut
    # connections is worth weathering, a picture that never gets an answer is not.
    billed_attempts: int = 10
    patience_s: float = 300.0  # give up rather than begin another wait past this
    first_wait_s: float = 1.0
    longest_wait_s: float = 12.0
    longest_named_wait_s: float = 120.0

    def with_turns(self, turn_s: float) -> "RetryPolicy":
        """Return the policy with patience for what is no fault of the host's.

        Args:
            turn_s: how long each attempt waits for its turn among the others.
        """
        return replace(self, patience_s=self.patience_s + self.attempts * turn_s)


# A model that has not answered yet in a run is given up after a minute: it may never
# do. `PilotedHost` asks twice in this way, so that hardly more first calls stay
# unanswered than others, and no more attempts of them may be billed.
FIRST_CALL = RetryPolicy(attempts=10, billed_attempts=5, longest_wait_s=8.0)


def retrying(policy: RetryPolicy, sleep: Sleep = asyncio.sleep) -> AsyncRetrying:
    """Repeat on `TransientError`; let every other error through at once.

    The last error is raised when attempts or patience are used up.
    """
    backoff = wait_exponential(
        policy.first_wait_s, policy.longest_wait_s
    ) + wait_random(0, policy.first_wait_s)

    def wait(state: RetryCallState) -> float:
        asked_s = getattr(_error(state), "retry_after_s", None)
        if asked_s is None:
            return backoff(state)
        return min(float(asked_s), policy.longest_named_wait_s)

    return AsyncRetrying(
        retry=retry_if_exception_type(TransientError),
        stop=stop_after_attempt(policy.attempts)
        | stop_before_delay(policy.patience_s)
        | _StopWhenCostly(policy.billed_attempts),
        wait=wait,
        sleep=sleep,
        reraise=True,
    )


class _StopWhenCostly(stop_base):
    """Counts the failed attempts of one call that may be billed, and stops at some."""

    def __init__(self, attempts: int) -> None:
        self._left = attempts

    def __call__(self, retry_state: RetryCallState) -> bool:
        self._left -= may_be_billed(_error(retry_state))
        return self._left <= 0


def may_be_billed(error: BaseException | None) -> bool:
    """Whether the failed call may have cost something all the same."""
    match error:
        case BadAnswer() | ModelUnavailable(perhaps_billed=True):
            return True
        case _:
            return False


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
