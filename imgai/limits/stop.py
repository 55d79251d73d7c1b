"""A flag that asks a run to stop, and a sleep that heeds it."""

import asyncio
from collections.abc import Awaitable, Callable

from imgai.errors import ImgaiError, RunStopped

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]  # seconds on a clock that never jumps


class Stop:
    """Asked once, by a signal, a limit or an error, and looked at by every worker.

    Nothing is torn down by it: calls in flight finish, and what was paid for is
    stored.
    """

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._asked = asyncio.Event()
        self._sleep = sleep
        self.error: ImgaiError | None = None

    @property
    def asked(self) -> bool:
        """Whether the run is to stop."""
        return self._asked.is_set()

    def ask(self, error: ImgaiError | None = None) -> None:
        """Ask the run to stop; the first error given is the reason that counts."""
        self.error = self.error or error
        self._asked.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than the run goes on.

        Raises:
            RunStopped: the run is to stop, now or before the time was over.
        """
        self.check()
        if seconds <= 0:
            return
        waits = {
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(self._asked.wait()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        self.check()

    def check(self) -> None:
        """Return at once while the run goes on.

        Raises:
            RunStopped: the run is to stop.
        """
        if self.asked:
            raise RunStopped("The run is stopping; this image waits for the next one.")
