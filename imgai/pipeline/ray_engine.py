"""A Ray cluster as the engine of a run. Ray schedules, queues and restarts.

Each processor of the cluster gets one worker: a process, an actor in Ray's words,
that reads, prepares and asks many images at a time. An image's bytes stay on the
machine that fetched them; this process gets what the database needs, some 30 KB.
What a worker was doing when it died is done by another, paid calls aside.

Ray is imported here and in `imgai.pipeline.ray_crew`: it comes with `imgai[ray]`.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    redirect_stdout,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray.exceptions import ObjectLostError, RayError, RayTaskError

from imgai.domain.images import Identity, PreparedImage, SourceImage
from imgai.domain.predictions import Prediction, Task
from imgai.errors import HostUnreachable, ImgaiError, Reason, UnavailableImage
from imgai.models.base import ModelReply, ModelRequest
from imgai.pipeline.engine import Engine, Fetched, Reader, Unreadable
from imgai.pipeline.ray_crew import PATIENCE_S, Crew, WorkerDied

T = TypeVar("T")
Read = tuple[SourceImage, Identity]
_Promised = Awaitable[T | ImgaiError]

# How many workers may die over one step of a picture before it is given up.
_TRIES = 4
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


@dataclass(frozen=True, slots=True)
class _Held:
    """What was fetched, where it is: `Fetched.content`."""

    at: int  # number of the worker
    content: Any  # Ray's reference to it


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

    async def sign(self) -> str:
        """Give a sign of life: the id of this machine."""
        return str(ray.get_runtime_context().get_node_id())

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

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    async def fetch(
        self,
        source: Reader,  # noqa: ARG002  each worker has its own
        image: SourceImage,
    ) -> Fetched | Unreadable:
        """See `Engine.fetch`."""
        try:
            return await self._fetch(image)
        except WorkerDied as error:
            return Unreadable(image, error)

    async def prepare(self, fetched: Fetched) -> PreparedImage:
        """See `Engine.prepare`."""
        for _ in range(_TRIES):
            with suppress(WorkerDied):
                return await self._prepare(fetched)
            # What it held may be lost with it.
            again = await self._fetch(fetched.image)
            if isinstance(again, Unreadable):
                raise again.error
            if again.identity != fetched.identity:
                raise UnavailableImage(
                    "The file changed while it was read.", reason=Reason.CHANGED
                )
            fetched = again
        raise _died_over_it()

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `Engine.predict`."""

        def predict(_: int, worker: Any) -> _Promised[tuple[Prediction, ...]]:
            return worker.predict.remote(image, tasks)  # type: ignore[no-any-return]

        return await self._by_anybody(predict)

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Engine.ask`."""
        async with self._crew.least_busy() as (_, worker):
            # Paid: it is sent once, and whoever asked decides about the next time.
            return await _result(worker.ask.remote(request), is_paid=True)

    async def _fetch(self, image: SourceImage) -> Fetched | Unreadable:
        async def fetch(at: int, worker: Any) -> Fetched | Unreadable | ImgaiError:
            told, content = worker.fetch.options(num_returns=2).remote(image)
            found: Read | Unreadable | ImgaiError = await told
            if isinstance(found, tuple):
                return Fetched(*found, _Held(at, content))
            return found

        return await self._by_anybody(fetch)

    async def _prepare(self, fetched: Fetched) -> PreparedImage:
        held = fetched.content
        assert isinstance(held, _Held)  # noqa: S101  `fetch` put it there
        with self._crew.worker(held.at) as worker:
            return await _result(
                worker.prepare.remote(held.content, fetched.image, fetched.identity)
            )

    async def _by_anybody(self, step: Callable[[int, Any], _Promised[T]]) -> T:
        """Have something done that costs nothing: by another if a worker dies."""
        for _ in range(_TRIES):
            with suppress(WorkerDied):
                async with self._crew.least_busy() as (at, worker):
                    return await _result(step(at, worker))
        raise _died_over_it()


def _died_over_it() -> WorkerDied:
    return WorkerDied(f"{_TRIES} workers of the Ray cluster died over it.")


async def _result(promised: _Promised[T], *, is_paid: bool = False) -> T:
    """Return what a worker returned; raise what it raised on purpose.

    Raises:
        WorkerDied: if it was paid for, what it had sent, if anything, is perhaps
            billed.
    """
    try:
        result = await promised
    except RayError as error:
        if _is_bug(error):
            raise
        raise WorkerDied(
            f"A worker of the Ray cluster died: {type(error).__name__}.",
            perhaps_billed=is_paid,
        ) from error
    if isinstance(result, ImgaiError):
        raise result
    return result


def _is_bug(error: RayError) -> bool:
    """Return whether a worker's own code has failed. Its traceback is in the error."""
    if not isinstance(error, RayTaskError):
        return False
    # What it was given may have been lost with the machine that held it.
    return not isinstance(error.cause, ObjectLostError)


@asynccontextmanager
async def open_ray(
    address: str | None, open_station: OpenStation, patience_s: float = PATIENCE_S
) -> AsyncIterator[RayEngine]:
    """Open the engine of a cluster; leaving it ends its workers.

    Args:
        address: of the cluster; None: what RAY_ADDRESS names, or else one of this
            machine alone, started for the run.
        open_station: called once in each worker; pickled.
        patience_s: how long a call waits while no worker is there.

    Raises:
        HostUnreachable: there is no cluster at the address.
    """
    with _unheard():
        # Not on this thread: there Ray would take SIGTERM for itself.
        await asyncio.to_thread(_connect, address)
        try:
            processors = int(ray.cluster_resources().get("CPU", 1)) or 1
            worker = ray.remote(
                # One for each processor. With none to claim, all may be placed on one
                # machine; with it, those of a lost machine come back when another takes
                # its place, and the rest go on meanwhile.
                num_cpus=1,
                scheduling_strategy="SPREAD",
                max_restarts=-1,
                max_concurrency=_CALLS_AT_ONCE,
            )(_Worker)
            crew = Crew(
                [worker.remote(open_station) for _ in range(processors)], patience_s
            )
            try:
                yield RayEngine(crew)
            finally:
                await crew.close()
        finally:
            await asyncio.to_thread(ray.shutdown)


@contextmanager
def _unheard() -> Iterator[None]:
    """Send nowhere what is printed; results have their own way to stdout.

    Ray prints each death there, whatever it is told about logging.
    """
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
    ):
        yield


def _connect(address: str | None) -> None:
    # Ray would report its use to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    named = address or os.environ.get("RAY_ADDRESS", "")
    host, colon, port = named.rpartition("://")[2].rpartition(":")
    try:
        if colon:  # Ray itself would knock for minutes
            socket.create_connection((host, int(port)), _KNOCK_S).close()
        # Told nothing, it would join whatever cluster was last begun on this machine.
        ray.init(named or "local", logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise HostUnreachable(
            f"The Ray cluster cannot be reached or started: {error}",
            hint="`ray status` shows whether it is up; --ray-address names it.",
        ) from error
