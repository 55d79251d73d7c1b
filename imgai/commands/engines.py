"""The engines of a run, wired: what does its heavy work, and where."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager

from imgai.commands.wiring import hosted_on, open_api
from imgai.domain.predictions import Backend, Task
from imgai.models.base import Host, ImageModel
from imgai.pipeline.engine import InProcess
from imgai.prepare.preparer import Preparer
from imgai.settings.values import Settings


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
