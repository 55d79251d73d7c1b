"""A model that is asked only some of what it can answer."""

from dataclasses import dataclass

from imgai.domain.images import PreparedImage
from imgai.domain.predictions import Backend, Prediction, Task
from imgai.models.base import ImageModel


@dataclass(frozen=True, slots=True)
class NarrowedModel:
    """Another model, for fewer tasks: it is an `ImageModel`."""

    model: ImageModel
    tasks: frozenset[Task]

    @property
    def backend(self) -> Backend:
        """See `ImageModel.backend`."""
        return self.model.backend

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `ImageModel.predict`."""
        return await self.model.predict(image, tasks & self.tasks)
