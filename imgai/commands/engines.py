"""The engines of a run, wired: what does its heavy work, and where."""

from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)
from functools import partial
from typing import TYPE_CHECKING

from imgai.commands.engine_choice import EngineChoice, EngineKind
from imgai.commands.places import AnyImages
from imgai.commands.wiring import hosted_on, open_api
from imgai.domain.predictions import Backend, Task
from imgai.limits.stop import Stop
from imgai.models.base import Host, ImageModel
from imgai.pipeline.engine import Engine, InProcess
from imgai.prepare.preparer import Preparer
from imgai.settings.values import Settings

if TYPE_CHECKING:
    from imgai.pipeline.ray_engine import Station


def open_engine(
    choice: EngineChoice, settings: Settings, tasks: frozenset[Task], backend: Backend
) -> AbstractAsyncContextManager[Engine]:
    """Open the engine of a run. For the arguments see `open_in_process`.

    Raises:
        HostUnreachable: there is no Ray cluster at the address.
    """
    match choice.kind:
        case EngineKind.LOCAL:
            return open_in_process(settings, tasks, backend)
        case EngineKind.RAY:
            from imgai.pipeline.ray_engine import open_ray  # noqa: PLC0415  1 s

            return open_ray(
                choice.ray_address, partial(_open_station, settings, tasks, backend)
            )


@asynccontextmanager
async def _open_station(
    settings: Settings, tasks: frozenset[Task], backend: Backend
) -> AsyncIterator["Station"]:
    """Open what one worker of a cluster works with, in its own process."""
    from imgai.pipeline.ray_engine import Station  # noqa: PLC0415  not without Ray

    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(
            open_in_process(settings, tasks, backend)
        )
        yield Station(engine, AnyImages(settings, Stop(), stack))


@asynccontextmanager
async def open_in_process(
    settings: Settings, tasks: frozenset[Task], backend: Backend
) -> AsyncIterator[InProcess]:
    """Open the engine that does everything in this process.

    Args:
        settings: with credentials, if the backend is Workers AI.
        tasks: of the run.
        backend: that answers them, NSFW scores aside: those are always local.
    """
    local = tasks if backend is Backend.LOCAL else tasks & {Task.NSFW}
    async with AsyncExitStack() as stack:
        preparer = await stack.enter_async_context(Preparer(width_px=settings.width_px))
        host: Host | None = None
        if backend is Backend.WORKERS_AI:
            api = await stack.enter_async_context(open_api(settings))
            host = hosted_on(api, settings)
        models = stack.enter_context(_local_models()) if local else None
        yield InProcess(preparer, host, models)


@contextmanager
def _local_models() -> Iterator[ImageModel]:
    """Yield the local models. They load when first asked."""
    # Numpy and onnxruntime are only there with imgai[local], and take 0.2 s to load.
    from imgai.models.local.backend import LocalModels  # noqa: PLC0415

    with closing(LocalModels()) as models:
        yield models
