"""When a failed call is worth repeating, and after how long."""

import asyncio
from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from imgai.errors import TransientError
from imgai.limits.stop import Sleep


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits double from `first_wait_s` to `longest_wait_s`, plus jitter.

    A wait that the host names (Retry-After) is taken instead, up to
    `longest_named_wait_s`.
    """

    attempts: int = 5
    patience_s: float = 300.0  # give up rather than begin another wait past this
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_named_wait_s: float = 120.0


def retrying(policy: RetryPolicy, sleep: Sleep = asyncio.sleep) -> AsyncRetrying:
    """Repeat on `TransientError`; let every other error through at once.

    The last error is raised when attempts or patience are used up.
    """
    backoff = wait_exponential_jitter(policy.first_wait_s, policy.longest_wait_s)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, TransientError) else None
        if asked_s is None:
            return backoff(state)
        return min(asked_s, policy.longest_named_wait_s)

    return AsyncRetrying(
        retry=retry_if_exception_type(TransientError),
        stop=stop_after_attempt(policy.attempts) | stop_before_delay(policy.patience_s),
        wait=wait,
        sleep=sleep,
        reraise=True,
    )
