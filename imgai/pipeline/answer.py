"""Asking every model about one picture, and storing each answer as it comes."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from imgai.domain.clock import Now
from imgai.domain.derive import Analysis, embedding_text, text_hash
from imgai.domain.images import PreparedImage
from imgai.domain.predictions import TEXT_HASH, Embedding, Prediction, Task
from imgai.errors import ImageError, ImgaiError, TransientError
from imgai.models.base import ImageModel
from imgai.models.gathered import GatheringEmbedder
from imgai.store.images import KnownPicture
from imgai.store.journal import Journal


@dataclass(slots=True)
class Answers:
    """What came of asking about one picture."""

    analysis: Analysis
    answered: set[Task] = field(default_factory=set)
    errors: dict[Task, ImageError | TransientError] = field(default_factory=dict)
    neurons: float = 0.0


@dataclass(frozen=True, slots=True)
class Answering:
    """The models of a run, and the journal that keeps what they say.

    `text` is None when an image model makes the embeddings itself, from the pixels.
    """

    journal: Journal
    images: Sequence[ImageModel]
    text: GatheringEmbedder | None
    now: Now

    @property
    def pixel_tasks(self) -> frozenset[Task]:
        """The tasks for which a model must see the picture."""
        return frozenset().union(*(model.tasks for model in self.images))

    async def ask(
        self,
        picture: KnownPicture,
        tasks: frozenset[Task],
        prepared: PreparedImage | None,
    ) -> Answers:
        """Ask about a picture; store every answer before returning.

        Image models are asked at the same time. The embedding of the text follows
        when they have answered or given up, if it is asked for or if what it stands
        for has changed.

        Args:
            picture: as the database knows it.
            tasks: what to ask.
            prepared: the pixels; needed for `pixel_tasks`.

        Raises:
            ImgaiError: of the kinds that concern the run. What else was in flight
                has been awaited and stored.
        """
        answers = await self._ask_image_models(picture, tasks, prepared)
        if self.text is not None:
            text = embedding_text(answers.analysis)
            # Nothing to embed is an answer only when nothing else is still to come.
            is_worth_asking = bool(text) or not answers.errors
            if is_worth_asking and await self._wants_embedding(
                picture, tasks, answers, text
            ):
                await self._embed(self.text, picture, text, answers)
        return answers

    def company(self) -> AbstractContextManager[None]:
        """Be on the way to ask, while the block runs. See `GatheringEmbedder`."""
        return nullcontext() if self.text is None else self.text.company()

    async def _ask_image_models(
        self,
        picture: KnownPicture,
        tasks: frozenset[Task],
        prepared: PreparedImage | None,
    ) -> Answers:
        answers = Answers(
            self.journal.analysis(picture) if picture.answered else Analysis()
        )
        if prepared is not None:
            asked = [
                self._ask_model(model, tasks & model.tasks, picture, prepared, answers)
                for model in self.images
                if tasks & model.tasks
            ]
            _raise_first(await asyncio.gather(*asked, return_exceptions=True))
        return answers

    async def _ask_model(
        self,
        model: ImageModel,
        tasks: frozenset[Task],
        picture: KnownPicture,
        prepared: PreparedImage,
        answers: Answers,
    ) -> None:
        try:
            predictions = await model.predict(prepared, tasks)
        except (ImageError, TransientError) as error:
            answers.errors.update(dict.fromkeys(tasks, error))
            return
        await self._store(picture, predictions, answers)

    async def _store(
        self, picture: KnownPicture, predictions: Sequence[Prediction], answers: Answers
    ) -> None:
        answers.analysis = await self.journal.add_predictions(picture, predictions)
        answers.answered.update(one.task for one in predictions)
        answers.neurons += sum(one.neurons for one in predictions)

    async def _wants_embedding(
        self,
        picture: KnownPicture,
        tasks: frozenset[Task],
        answers: Answers,
        text: str,
    ) -> bool:
        if Task.EMBEDDING in tasks:
            return True
        if not answers.answered:
            return False
        # New labels or a new caption: does the stored embedding still stand for them?
        stored = [
            one.params.get(TEXT_HASH)
            for one in self.journal.predictions(picture)
            if one.task is Task.EMBEDDING
            and self.text
            and one.backend is self.text.backend
        ]
        return bool(stored) and text_hash(text) not in stored

    async def _embed(
        self,
        embedder: GatheringEmbedder,
        picture: KnownPicture,
        text: str,
        answers: Answers,
    ) -> None:
        try:
            embedded = await embedder.embed(text, picture.picture_hash)
        except (ImageError, TransientError) as error:
            answers.errors[Task.EMBEDDING] = error
            return
        space = embedded.space
        prediction = Prediction(
            task=Task.EMBEDDING,
            backend=embedder.backend,
            model=space.model,
            answer=Embedding(space, embedded.vector),
            predicted_at=self.now(),
            neurons=embedded.neurons,
            is_measured=embedded.is_measured,
            processing_time_ms=embedded.processing_time_ms,
            params={"pooling": space.pooling, TEXT_HASH: text_hash(text)},
        )
        await self._store(picture, [prediction], answers)


def _raise_first(results: Sequence[BaseException | None]) -> None:
    """Raise what concerns the run, now that everything in flight has come back."""
    errors = [one for one in results if one is not None]
    for error in errors:
        if not isinstance(error, ImgaiError):
            raise error
    if errors:
        raise errors[0]
