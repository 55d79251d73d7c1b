"""What every `ImageModel` must do, whatever is behind it."""

import asyncio

import pytest

from imgai.domain.predictions import (
    Answer,
    Caption,
    Embedding,
    Labels,
    NsfwScore,
    Task,
)
from imgai.models.base import ImageModel
from tests.models.prepared import prepared_image

IMAGE = prepared_image()
KINDS: dict[Task, type[Answer]] = {
    Task.LABELS: Labels,
    Task.CAPTION: Caption,
    Task.EMBEDDING: Embedding,
    Task.NSFW: NsfwScore,
}


class ImageModelContract:
    """Subclass it in a backend's test module and give it a `model` fixture."""

    @pytest.mark.anyio
    async def test_every_task_asked_for_is_answered_once(
        self, model: ImageModel
    ) -> None:
        """Alone or together, each task gets one prediction, of its own kind."""
        for tasks in [*(frozenset({task}) for task in model.tasks), model.tasks]:
            predictions = await model.predict(IMAGE, tasks)

            assert sorted(found.task for found in predictions) == sorted(tasks)
            for found in predictions:
                assert isinstance(found.answer, KINDS[found.task])

    @pytest.mark.anyio
    async def test_predictions_say_where_they_are_from(self, model: ImageModel) -> None:
        """Each is filed under a backend and model, in UTC, at no negative cost."""
        for found in await model.predict(IMAGE, model.tasks):
            assert found.backend == model.backend
            assert found.model != ""
            assert found.predicted_at.utcoffset() is not None
            assert found.neurons >= 0
            assert found.processing_time_ms >= 0

    @pytest.mark.anyio
    async def test_answers_are_within_their_bounds(self, model: ImageModel) -> None:
        """Scores are 0 to 1, a caption is one line and not empty."""
        for found in await model.predict(IMAGE, model.tasks):
            match found.answer:
                case Labels(detections):
                    assert all(0.01 <= one.score <= 1 for one in detections)
                    assert all(one.label.strip() == one.label for one in detections)
                case Caption(text):
                    assert text == " ".join(text.split()) != ""
                case NsfwScore(score):
                    assert 0 <= score <= 1
                case Embedding(space, vector):
                    assert vector is None or len(vector) == space.dims

    @pytest.mark.anyio
    async def test_many_calls_at_once_agree(self, model: ImageModel) -> None:
        """Calls share nothing: the same image gives the same answers."""
        several = await asyncio.gather(
            *(model.predict(IMAGE, model.tasks) for _ in range(8))
        )

        answers = [
            {found.task: (found.model, found.answer) for found in predictions}
            for predictions in several
        ]
        assert answers == [answers[0]] * 8
