"""The seams of prediction: what looks at an image, what embeds a text, what is asked.

`ImageModel` and `TextEmbedder` are what the pipeline knows. `Host` is one level
below: one paid request to a model that runs elsewhere. Guards (retry, rate, budget,
journal) are hosts around a host, so each is written once, for images and texts alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from imgai.domain.images import PreparedImage
from imgai.domain.predictions import (
    Backend,
    Caption,
    Labels,
    Prediction,
    Task,
    Vector,
    VectorSpace,
)
from imgai.models.profiles import Profile


class ImageModel(Protocol):
    """Looks at one image and says what it sees.

    Many calls may run at once, so an implementation keeps nothing between them.
    """

    @property
    def tasks(self) -> frozenset[Task]:
        """The tasks it can answer."""
        ...

    @property
    def backend(self) -> Backend:
        """Where it runs."""
        ...

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """Say what the image shows: one prediction for each task asked for.

        Args:
            image: the prepared copy.
            tasks: not empty, among `self.tasks`.

        Raises:
            ImageError: this image cannot be handled; others can.
            TransientError: the same call may succeed later.
            ImgaiError: any other concerns the run, not this image.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text's embedding and what it cost."""

    vector: Vector | None  # unit length, `space.dims` wide; None for an empty text
    space: VectorSpace
    neurons: float = 0.0  # this text's share of the call
    is_measured: bool = True
    processing_time_ms: int = 0


class TextEmbedder(Protocol):
    """Turns texts into embeddings of one space."""

    @property
    def space(self) -> VectorSpace:
        """The space of its embeddings."""
        ...

    @property
    def backend(self) -> Backend:
        """Where it runs."""
        ...

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """Embed texts, in order.

        Args:
            texts: 1 to 100, none empty.
            picture_hashes: the pictures they are about, for the journal of calls;
                empty when a text is a query.

        Raises:
            RejectedImage: a text was refused for good, or one of several.
            TransientError: the same call may succeed later.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to a hosted model: an image or some texts."""

    profile: Profile
    image: PreparedImage | None = None
    texts: tuple[str, ...] = ()
    picture_hashes: tuple[str, ...] = ()  # the pictures it is about


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a hosted model answered."""

    answer: Labels | Caption | tuple[Vector, ...]  # vectors: one a text, unit length
    neurons: float | None  # None: the host did not say
    processing_time_ms: int


class Host(Protocol):
    """Something that can be asked to run a model."""

    async def ask(self, request: ModelRequest) -> ModelReply:
        """Run the request's model once.

        Raises:
            ModelRetired: the host does not offer this model to this account.
            AccessDenied: the token was refused.
            QuotaExhausted: nothing more is to be had today.
            RejectedImage: the host refused this input as bad.
            TransientError: the same call may succeed later (RateLimited,
                ModelUnavailable, BadAnswer).
        """
        ...
