"""Threads that nobody waits for: see `imgai.commands.leaving`."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class StrayThreads(ThreadPoolExecutor):
    """The threads of `to_thread`. None is waited for; what matters was awaited."""

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001  the signature of ThreadPoolExecutor
        *,
        cancel_futures: bool = False,
    ) -> None:
        """Let the threads go."""
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)


def tell_of_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell of what went wrong in a callback, but for what Ctrl-C does to threads.

    Python hears of a signal between any two of its steps, and the first Ctrl-C cancels
    what is awaited. If that is a thread whose answer is just being handed over, there
    is nobody left to take it, and no harm done.
    """
    if not isinstance(context.get("exception"), asyncio.InvalidStateError):
        loop.default_exception_handler(context)
