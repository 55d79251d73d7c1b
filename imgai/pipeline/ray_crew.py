"""The workers of a Ray cluster, and who of them is there: nobody else gets a call.

Ray restarts a worker that dies: at once, or when a machine has room for it, which may
be never once its own is lost. Until then a call to it fails after a second, or waits.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ray.exceptions import RayError

from imgai.errors import HostDown, HostUnreachable, ModelUnavailable

# A cluster may have to start a machine first.
PATIENCE_S = 300.0


class WorkerDied(ModelUnavailable):
    """Over this call, or before it."""


class Crew:
    """The workers of a run, each called by its number.

    A worker is there from its first sign of life on. Once a call has found it dead,
    all workers of its machine have to give a sign again: the machine may be lost, and
    a call should not have to find that out from one dead worker after the other.
    """

    def __init__(self, workers: Sequence[Any], patience_s: float = PATIENCE_S) -> None:
        """Wait for the workers, within a running event loop.

        Args:
            workers: actors with a method `sign`, which returns their machine's id.
            patience_s: how long a call waits while no worker is there.
        """
        self._workers = workers
        self._patience_s = patience_s
        self._busy = [0] * len(workers)
        self._machines: dict[int, str] = {}  # of those that are there
        self._ever_there = False
        self._why_never = ""  # why a worker could not be made
        self._awaited = {
            at: asyncio.create_task(self._await(at)) for at in range(len(workers))
        }

    async def close(self) -> None:
        """Wait for nobody any more."""
        awaited = list(self._awaited.values())
        for one in awaited:
            one.cancel()
        await asyncio.gather(*awaited, return_exceptions=True)

    @asynccontextmanager
    async def least_busy(self) -> AsyncIterator[tuple[int, Any]]:
        """Yield a worker that is there, one with the fewest calls in flight.

        Raises:
            HostDown: there is none any more, and has not been for long.
            HostUnreachable: there never was one.
        """
        while not self._machines:
            await self._arrival()
        at = min(self._machines, key=self._busy.__getitem__)
        with self.worker(at) as worker:
            yield at, worker

    @contextmanager
    def worker(self, at: int) -> Iterator[Any]:
        """Yield one worker, for one call.

        Raises:
            WorkerDied: it is not there.
        """
        if at not in self._machines:
            raise WorkerDied("The worker is gone.")
        self._busy[at] += 1
        try:
            yield self._workers[at]
        except WorkerDied:
            self._miss(at)
            raise
        finally:
            self._busy[at] -= 1

    def _miss(self, at: int) -> None:
        machine = self._machines.get(at)
        missed = [one for one, its in self._machines.items() if its == machine]
        for one in missed:
            del self._machines[one]
            self._awaited[one] = asyncio.create_task(self._await(one))

    async def _await(self, at: int) -> None:
        try:
            # However often it dies meanwhile, Ray asks again.
            sign = self._workers[at].sign.options(max_task_retries=-1).remote()
            self._machines[at] = await sign
            self._ever_there = True
        except RayError as error:  # it will never come
            self._why_never = f": {str(error).strip().splitlines()[-1]}"
        finally:
            del self._awaited[at]

    async def _arrival(self) -> None:
        """Return when some worker has come, or is known never to come."""
        arrived: set[asyncio.Task[None]] = set()
        if self._awaited:
            arrived, _ = await asyncio.wait(
                self._awaited.values(),
                timeout=self._patience_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        if arrived or self._machines:
            return
        said = "The Ray cluster has no worker for imgai"
        hint = "`ray status` shows which machines it has, and what is in use."
        if self._ever_there:
            raise HostDown(f"{said} any more.", hint=hint)
        raise HostUnreachable(f"{said}{self._why_never or '.'}", hint=hint)
