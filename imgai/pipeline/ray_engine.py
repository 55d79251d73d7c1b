"""A Ray cluster as the engine of a run. Ray schedules, queues and restarts.

Each processor of the cluster gets one worker: a process, an actor in Ray's words,
that reads, prepares and asks many images at a time. An image's bytes stay on the
machine that fetched them; this process gets what the database needs, some 30 KB.

Only here is Ray imported: it comes with `imgai[ray]`.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from imgai.domain.images import Identity, PreparedImage, SourceImage
from imgai.domain.predictions import Prediction, Task
from imgai.errors import HostUnreachable, ImgaiError, ModelUnavailable, TransientError
from imgai.models.base import ModelReply, ModelRequest
from imgai.pipeline.engine import Engine, Fetched, Reader, Unreadable

T = TypeVar("T")
Read = tuple[SourceImage, Identity]

# How often what costs nothing is done again when its worker dies. A picture on which
# every worker dies is given up.
_RETRIES = 3
_KNOCK_S = 5.0
# Images in flight are bounded by --workers; this only has to be more.
_CALLS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Station:
    """What a worker works with: an engine of its own process, and what it reads by."""

    engine: Engine
    reader: Reader


# Called in the worker's process: it has to be picklable.
OpenStation = Callable[[], AbstractAsyncContextManager[Station]]


class _Worker:
    """The actor. Errors that imgai raises on purpose are returned: they stay whole."""

    def __init__(self, open_station: OpenStation) -> None:
        self._opened = open_station()
        self._station: Station | None = None
        self._turn = asyncio.Lock()

    async def _ready(self) -> Station:
        async with self._turn:
            if self._station is None:
                # Never left: it ends with its process.
                self._station = await self._opened.__aenter__()
            return self._station

    async def _tried(self, step: Callable[[Station], Awaitable[T]]) -> T | ImgaiError:
        try:
            return await step(await self._ready())
        except ImgaiError as error:
            return error

    async def fetch(
        self, image: SourceImage
    ) -> tuple[Read | Unreadable | ImgaiError, object]:
        found = await self._tried(lambda at: at.engine.fetch(at.reader, image))
        if isinstance(found, Fetched):
            return (found.image, found.identity), found.content
        return found, None

    async def prepare(
        self, content: object, image: SourceImage, identity: Identity
    ) -> PreparedImage | ImgaiError:
        fetched = Fetched(image, identity, content)
        return await self._tried(lambda at: at.engine.prepare(fetched))

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...] | ImgaiError:
        return await self._tried(lambda at: at.engine.predict(image, tasks))

    async def ask(self, request: ModelRequest) -> ModelReply | ImgaiError:
        return await self._tried(lambda at: at.engine.ask(request))


class RayEngine:
    """Does everything on the workers of a Ray cluster. An `Engine`."""

    def __init__(self, workers: list[Any]) -> None:
        self._workers = workers
        self._busy = [0] * len(workers)

    async def fetch(
        self,
        source: Reader,  # noqa: ARG002  each worker has its own
        image: SourceImage,
    ) -> Fetched | Unreadable:
        """See `Engine.fetch`."""
        with self._least_busy() as worker:
            fetch = worker.fetch.options(num_returns=2, max_task_retries=_RETRIES)
            told, content = fetch.remote(image)
            try:
                found: Unreadable | Read = await _result(told)
            except TransientError as error:
                return Unreadable(image, error)
        if isinstance(found, Unreadable):
            return found
        return Fetched(*found, content)

    async def prepare(self, fetched: Fetched) -> PreparedImage:
        """See `Engine.prepare`."""
        with self._least_busy() as worker:
            prepare = worker.prepare.options(max_task_retries=_RETRIES)
            return await _result(
                prepare.remote(fetched.content, fetched.image, fetched.identity)
            )

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `Engine.predict`."""
        with self._least_busy() as worker:
            predict = worker.predict.options(max_task_retries=_RETRIES)
            return await _result(predict.remote(image, tasks))

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Engine.ask`."""
        with self._least_busy() as worker:
            # Paid: never sent again by Ray.
            ask = worker.ask.options(max_task_retries=0)
            return await _result(ask.remote(request))

    @contextmanager
    def _least_busy(self) -> Iterator[Any]:
        """Yield a worker with the fewest calls in flight."""
        at = self._busy.index(min(self._busy))
        self._busy[at] += 1
        try:
            yield self._workers[at]
        finally:
            self._busy[at] -= 1


async def _result(promised: Awaitable[T | ImgaiError]) -> T:
    """Return what a worker returned; raise what it raised on purpose.

    Raises:
        ModelUnavailable: the worker died over it. What it had sent, if anything, is
            perhaps billed.
    """
    try:
        result = await promised
    except RayTaskError:
        raise  # a bug of ours, with the worker's traceback
    except RayError as error:
        raise ModelUnavailable(
            f"A worker of the Ray cluster died: {type(error).__name__}.",
            perhaps_billed=True,
        ) from error
    if isinstance(result, ImgaiError):
        raise result
    return result


@asynccontextmanager
async def open_ray(
    address: str | None, open_station: OpenStation
) -> AsyncIterator[RayEngine]:
    """Open the engine of a cluster; leaving it ends its workers.

    Args:
        address: of the cluster; None: what RAY_ADDRESS names, or else one of this
            machine alone, started for the run.
        open_station: called once in each worker; pickled.

    Raises:
        HostUnreachable: there is no cluster at the address.
    """
    # Not on this thread: there Ray would take SIGTERM for itself.
    await asyncio.to_thread(_connect, address)
    try:
        processors = int(ray.cluster_resources().get("CPU", 1)) or 1
        worker = ray.remote(
            num_cpus=1,
            max_restarts=-1,
            max_concurrency=_CALLS_AT_ONCE,
            scheduling_strategy="SPREAD",
        )(_Worker)
        yield RayEngine([worker.remote(open_station) for _ in range(processors)])
    finally:
        await asyncio.to_thread(ray.shutdown)


def _connect(address: str | None) -> None:
    # Ray would report its use to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    named = address or os.environ.get("RAY_ADDRESS", "")
    host, colon, port = named.rpartition("://")[2].rpartition(":")
    try:
        if colon:  # Ray itself would knock for minutes
            socket.create_connection((host, int(port)), _KNOCK_S).close()
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise HostUnreachable(
            f"The Ray cluster cannot be reached or started: {error}",
            hint="`ray status` shows whether it is up; --ray-address names it.",
        ) from error
