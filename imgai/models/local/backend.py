"""The embedded backend: every task, on this machine, without a network."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import assert_never

from PIL import Image

from imgai.domain.clock import Now, utc_now
from imgai.domain.images import PreparedImage
from imgai.domain.predictions import Answer, Backend, Prediction, Task
from imgai.models.local.imagenet import read_classes
from imgai.models.local.lazy import Lazy
from imgai.models.local.nsfw import NsfwModel
from imgai.models.local.pixels import decode
from imgai.models.local.scene import Eyes, Scene
from imgai.models.local.semantics import Semantics
from imgai.models.local.wording import Wording

# Stable ids, stored beside every prediction.
MODELS = {
    Task.LABELS: "local/ssdlite-mobilenet-v2+efficientnet-lite0",
    Task.CAPTION: "local/composed",
    Task.EMBEDDING: "local/minilm-l6-v2-conse",
    Task.NSFW: "local/open-nsfw",
}
_MOST_THREADS = 8  # each picture in work takes some 20 MB


class LocalModels:
    """Answers every task with small networks. An `ImageModel`.

    A network is loaded when a task first needs it. Pictures are looked at in threads
    of its own, one each, as many as there are processors: the networks let go of
    Python's lock while they run.
    """

    def __init__(self, threads: int | None = None, now: Now = utc_now) -> None:
        """Load nothing yet.

        Args:
            threads: how many pictures are looked at at once; None: one a processor.
            now: the clock that predictions are dated by, in UTC.
        """
        workers = threads or min(os.cpu_count() or 1, _MOST_THREADS)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="imgai-local")
        self._now = now
        classes = Lazy(read_classes)
        self._eyes = Lazy(Eyes)
        self._wording = Lazy(lambda: Wording(classes.get()))
        self._semantics = Lazy(lambda: Semantics(classes.get()))
        self._nsfw = Lazy(NsfwModel)

    @property
    def tasks(self) -> frozenset[Task]:
        """See `ImageModel.tasks`."""
        return frozenset(MODELS)

    @property
    def backend(self) -> Backend:
        """See `ImageModel.backend`."""
        return Backend.LOCAL

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `ImageModel.predict`. The predictions come in the order of `Task`.

        Raises:
            UnreadableImage: the prepared copy cannot be decoded.
            SettingsError: a model's file is missing or not the right one.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._predict, image, tasks)

    def close(self) -> None:
        """Let the pictures in work finish, and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """Look once, and answer each task from what was seen."""
        sight = _Sight(decode(image), self._eyes)
        predictions: list[Prediction] = []
        for task in (task for task in Task if task in tasks):
            # What tasks share is counted once, for the first that needs it.
            started_s = time.perf_counter()
            answer = self._answer(task, sight)
            took_ms = round((time.perf_counter() - started_s) * 1000)
            predictions.append(
                Prediction(
                    task=task,
                    backend=Backend.LOCAL,
                    model=MODELS[task],
                    answer=answer,
                    predicted_at=self._now(),
                    processing_time_ms=took_ms,
                    params={"width": image.width_px},
                )
            )
        return tuple(predictions)

    def _answer(self, task: Task, sight: "_Sight") -> Answer:
        """Return the answer to one task."""
        match task:
            case Task.LABELS:
                return self._wording.get().labels(sight.scene)
            case Task.CAPTION:
                return self._wording.get().caption(sight.scene)
            case Task.EMBEDDING:
                return self._semantics.get().embed(sight.scene)
            case Task.NSFW:
                return self._nsfw.get().score(sight.image)
            case _:
                assert_never(task)


class _Sight:
    """One picture while it is looked at; the networks run when first asked."""

    def __init__(self, image: Image.Image, eyes: Lazy[Eyes]) -> None:
        self.image = image
        self._eyes = eyes

    @cached_property
    def scene(self) -> Scene:
        """What detector and classifier see in it."""
        return self._eyes.get().look(self.image)
