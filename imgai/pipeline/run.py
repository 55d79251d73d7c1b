"""The workers of a run, each carrying one image at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from imgai.domain.events import Event, RunStopping
from imgai.errors import ImgaiError, RunStopped
from imgai.limits.stop import Stop
from imgai.pipeline.candidates import Candidate


async def run(
    candidates: AsyncIterator[Candidate],
    process: Callable[[Candidate], Awaitable[None]],
    emit: Callable[[Event], None],
    stop: Stop,
    workers: int,
) -> None:
    """Process every candidate, at most `workers` at a time, until a stop is asked.

    A worker takes its next image only when the last one is stored, so memory holds
    `workers` images however long the listing is. Stopping lets calls in flight
    finish: what was paid for is stored. What a run may not go on after (a refused
    token, a spent quota, a full disk) stops it, and is told as `RunStopping`.
    """
    turn = asyncio.Lock()  # an async iterator may not be advanced twice at once

    async def work() -> None:
        while not stop.asked:
            try:
                candidate = await _next(candidates, turn, stop)
                if candidate is None:
                    return
                await process(candidate)
            except RunStopped:
                return  # this image's turn did not come
            except ImgaiError as error:  # concerns the run, not this image
                if not stop.asked:
                    emit(RunStopping(error))
                stop.ask(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())


async def _next(
    candidates: AsyncIterator[Candidate], turn: asyncio.Lock, stop: Stop
) -> Candidate | None:
    """Return the next candidate; None when there is none or the run is to stop."""
    async with turn:
        # A stop may be asked for while this waits for others, or while it lists.
        candidate = None if stop.asked else await anext(candidates, None)
    return None if stop.asked else candidate
