"""One task, several models in order: the next takes over when one is gone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from imgai.domain.events import Event, ModelReplaced
from imgai.domain.images import PreparedImage
from imgai.domain.predictions import Backend, Prediction, Task, VectorSpace
from imgai.errors import ModelRetired, RejectedImage
from imgai.models.base import EmbeddedText, ImageModel, TextEmbedder

# A model that refuses so many pictures, before it ever took one, is asked wrongly or
# asked in vain: it, not the pictures, is at fault.
_MOST_REFUSALS = 3


class Succession:
    """An image model that is the first living one of several.

    A retired model gives way to the next for the rest of the run. So does one that
    refuses its first pictures while the next takes them; no picture is marked as
    refused for it.
    """

    def __init__(
        self,
        task: Task,
        models: Sequence[tuple[str, ImageModel]],
        alternatives: Sequence[str],
        emit: Callable[[Event], None],
    ) -> None:
        """Line the models up.

        Args:
            task: what they are asked.
            models: (name, model) pairs in order. One pair alone when the user named
                the model: it is not replaced.
            alternatives: names of living models, for the error when all are gone.
            emit: told when a model is replaced.
        """
        self._task = task
        self._models = models
        self._alternatives = alternatives
        self._emit = emit
        self._current = 0
        self._has_answered = [False] * len(models)
        self._refusals = [0] * len(models)
        # Pictures wait here until the first model has answered or given way: behind a
        # model that refuses everything, they would all be refused first.
        self._turn = asyncio.Lock()

    @property
    def tasks(self) -> frozenset[Task]:
        """See `ImageModel.tasks`."""
        return frozenset({self._task})

    @property
    def backend(self) -> Backend:
        """See `ImageModel.backend`."""
        return self._models[0][1].backend

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `ImageModel.predict`."""
        while True:
            asked = self._current
            try:
                if self._has_answered[asked]:
                    return await self._ask(asked, image, tasks)
                async with self._turn:
                    if asked == self._current and not self._has_answered[asked]:
                        return await self._ask_unproven(asked, image, tasks)
            except ModelRetired as error:
                self._replace(asked, str(error))

    async def _ask_unproven(
        self, position: int, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """Ask a model that has not answered yet, and the next if it refuses."""
        try:
            return await self._ask(position, image, tasks)
        except RejectedImage as error:
            return await self._ask_the_next(position, error, image, tasks)

    async def _ask(
        self, position: int, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        predictions = await self._models[position][1].predict(image, tasks)
        self._has_answered[position] = True
        return predictions

    async def _ask_the_next(
        self,
        refuser: int,
        refusal: RejectedImage,
        image: PreparedImage,
        tasks: frozenset[Task],
    ) -> tuple[Prediction, ...]:
        """Find out whether the picture is at fault, or the model that refused it.

        Raises:
            RejectedImage: nobody takes it.
            ModelRetired: nobody else is left, and the model refuses everything.
        """
        is_alone = True
        for position in range(refuser + 1, len(self._models)):
            try:
                predictions = await self._ask(position, image, tasks)
            except ModelRetired:
                continue
            except RejectedImage:
                is_alone = False
                continue
            if self._has_refused_enough(refuser):
                self._replace(refuser, _refusing(refusal))
            return predictions
        if is_alone or not any(self._has_answered[refuser:]):
            refusal.is_permanent = False  # perhaps the fault is ours: ask again
        if is_alone and self._has_refused_enough(refuser):
            raise ModelRetired(_refusing(refusal)) from refusal
        raise refusal

    def _has_refused_enough(self, position: int) -> bool:
        """Count a refusal, and return whether the model is to give way for it."""
        self._refusals[position] += 1
        return self._refusals[position] >= _MOST_REFUSALS

    def _replace(self, position: int, why: str) -> None:
        if position != self._current:
            return  # another worker was first to notice
        name = self._models[position][0]
        if position + 1 >= len(self._models):
            raise _none_left(self._task, name, why, self._alternatives)
        self._current = position + 1
        self._emit(ModelReplaced(name, self._models[self._current][0], why))


def _refusing(refusal: RejectedImage) -> str:
    return f"it refused its first pictures: {refusal}"


@dataclass(frozen=True, slots=True)
class NoticingEmbedder:
    """A text embedder that tells when its model turns out to be retired."""

    embedder: TextEmbedder
    retired: Callable[[VectorSpace], Awaitable[None]]

    @property
    def space(self) -> VectorSpace:
        """See `TextEmbedder.space`."""
        return self.embedder.space

    @property
    def backend(self) -> Backend:
        """See `TextEmbedder.backend`."""
        return self.embedder.backend

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        try:
            return await self.embedder.embed(texts, picture_hashes)
        except ModelRetired:
            await self.retired(self.space)
            raise


class TextSuccession:
    """A text embedder that is the first living one of several.

    A retired model gives way to the next for the rest of the run. Its space is
    another one, so nothing that the first has embedded can be compared with it.
    """

    def __init__(
        self,
        embedders: Sequence[TextEmbedder],
        alternatives: Sequence[str],
        emit: Callable[[Event], None],
    ) -> None:
        """Line the embedders up; the arguments are those of `Succession`."""
        self._embedders = embedders
        self._alternatives = alternatives
        self._emit = emit
        self._current = 0

    @property
    def space(self) -> VectorSpace:
        """The space of the model in turn; an embedding tells its own."""
        return self._embedders[self._current].space

    @property
    def backend(self) -> Backend:
        """See `TextEmbedder.backend`."""
        return self._embedders[self._current].backend

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        while True:
            asked = self._current
            try:
                return await self._embedders[asked].embed(texts, picture_hashes)
            except ModelRetired as error:
                self._replace(asked, str(error))

    def _replace(self, position: int, why: str) -> None:
        if position != self._current:
            return  # another request was first to notice
        name = self.space.model
        if position + 1 >= len(self._embedders):
            raise _none_left(Task.EMBEDDING, name, why, self._alternatives)
        self._current = position + 1
        self._emit(ModelReplaced(name, self.space.model, why))


def _none_left(
    task: Task, name: str, why: str, alternatives: Sequence[str]
) -> ModelRetired:
    others = [other for other in alternatives if other != name]
    hint = (
        f"Set AI_{_SETTING[task]}_MODEL to auto or to one of: {', '.join(others)}."
        if others
        else "`imgai doctor` lists the living models; a newer imgai may know more."
    )
    return ModelRetired(f"{name} cannot be used: {why}", hint=hint)


_SETTING = {Task.LABELS: "LABEL", Task.CAPTION: "CAPTION", Task.EMBEDDING: "EMBEDDING"}
