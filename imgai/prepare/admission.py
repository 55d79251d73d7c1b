"""Lets decodes in by the memory they will need, not by their number."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class MemoryGate:
    """Admits work while the memory it needs, all together, stays within a limit.

    First come, first served: a large picture waits until there is room, and small ones
    that come later do not overtake it for ever.

    Args:
        limit_bytes: how much may be in use at once.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._in_use_bytes = 0
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @property
    def in_use_bytes(self) -> int:
        """How much is admitted now."""
        return self._in_use_bytes

    @asynccontextmanager
    async def admitted(self, need_bytes: int) -> AsyncIterator[None]:
        """Wait for room, and hold it until the block ends.

        Args:
            need_bytes: more than the limit counts as the limit: it goes in alone.
        """
        need_bytes = min(need_bytes, self._limit_bytes)
        async with self._turn:
            while self._in_use_bytes + need_bytes > self._limit_bytes:
                self._freed.clear()
                await self._freed.wait()
            self._in_use_bytes += need_bytes
        try:
            yield
        finally:
            self._in_use_bytes -= need_bytes
            self._freed.set()
