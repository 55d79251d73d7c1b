"""Requests a minute, paced evenly, and the pauses that a host asks for."""

import asyncio
import time
from collections.abc import Iterable

from imgai.limits.stop import Clock, Sleep

MINUTE_S = 60.0

# Pacing aims a little below the limit, since requests sent evenly do not arrive so:
# 98.5 % of it, and a burst of 1 %, never pass it in any minute (98.5 + 1 < 100).
_AIM = 0.985
_BURST = 0.01


class Pace:
    """Says when the next request may go, so that no minute holds more than allowed.

    Even pacing with a small burst (the generic cell rate algorithm, ITU-T I.371):
    a bucket that starts full would pass the limit in its first minute.
    """

    def __init__(
        self,
        requests_per_minute: float,
        sleep: Sleep = asyncio.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self._interval_s = MINUTE_S / (requests_per_minute * _AIM)
        burst = max(0, int(requests_per_minute * _BURST) - 1)
        self._tolerance_s = burst * self._interval_s
        self._sleep = sleep
        self._clock = clock
        self._due_s = float("-inf")  # when an evenly paced request would go
        self._paused_until_s = float("-inf")
        self.requests_per_minute = requests_per_minute

    def recall(self, ages_s: Iterable[float]) -> None:
        """Take up the pace of an earlier run.

        Args:
            ages_s: how long ago each of its requests of the last minute was sent.
                Less than nothing, where the wall clock was set back, counts as now.
        """
        now_s = self._clock()
        for age_s in sorted(ages_s, reverse=True):
            sent_s = now_s - max(0.0, age_s)
            self._due_s = max(self._due_s, sent_s) + self._interval_s

    def pause(self, seconds: float) -> None:
        """Let no request go for so long; a longer pause already begun stays."""
        self._paused_until_s = max(self._paused_until_s, self._clock() + seconds)

    async def wait(self) -> None:
        """Return when the caller's request may go; turns are given in order.

        The sleep is asked even when no wait is due: it is where a run that is
        stopping says so, and a stopping run sends no further call.
        """
        turn_s = self._take_turn()
        await self._sleep_until(turn_s)
        while turn_s < self._paused_until_s:  # a pause came meanwhile: queue anew
            turn_s = self._take_turn()
            await self._sleep_until(turn_s)

    def _take_turn(self) -> float:
        earliest_s = max(self._clock() - self._tolerance_s, self._paused_until_s)
        turn_s = max(self._due_s, earliest_s)
        self._due_s = turn_s + self._interval_s
        return turn_s

    async def _sleep_until(self, moment_s: float) -> None:
        await self._sleep(max(0.0, moment_s - self._clock()))
