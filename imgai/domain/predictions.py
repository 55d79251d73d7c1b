"""Predictions: what a model said about a picture."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Vector: TypeAlias = array[float]  # typecode "f" (float32), shape (dims,)
else:
    Vector = array  # Python 3.11 cannot subscript it


class Task(StrEnum):
    """A kind of prediction."""

    LABELS = "labels"
    CAPTION = "caption"
    EMBEDDING = "embedding"
    NSFW = "nsfw"


# Of an embedding's parameters, the one that tells what was embedded.
TEXT_HASH = "text_sha256"


class Backend(StrEnum):
    """Where models run, worse first."""

    LOCAL = "local"
    WORKERS_AI = "workers-ai"

    @property
    def rank(self) -> int:
        """Position from the worst, from 0: an answer of a higher rank is better."""
        return list(Backend).index(self)


class CaptionSource(StrEnum):
    """Whether a caption was written by a model or composed from labels."""

    MODEL = "model"
    COMPOSED = "composed"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the upright image.

    Edges are fractions of its width and height, from 0 at the top left to 1, so a
    box stays true whatever size the image was downscaled to.
    """

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def __post_init__(self) -> None:
        if not (
            0 <= self.x_min <= self.x_max <= 1 and 0 <= self.y_min <= self.y_max <= 1
        ):
            raise ValueError(f"box edges out of order or outside 0 to 1: {self}")


@dataclass(frozen=True, slots=True)
class Detection:
    """One label a model gave, and where it saw it."""

    label: str
    score: float  # the model's own confidence, 0 to 1; not a probability
    box: Box | None = None  # None: the label is about the whole image


@dataclass(frozen=True, slots=True)
class Labels:
    """The answer to `Task.LABELS`, before any threshold; may be empty."""

    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """The answer to `Task.CAPTION`: one line, never empty."""

    text: str
    source: CaptionSource = CaptionSource.MODEL


@dataclass(frozen=True, slots=True)
class NsfwScore:
    """The answer to `Task.NSFW`: 0 harmless, 1 explicit."""

    score: float


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """Vectors of one space can be compared; of two, never."""

    model: str
    pooling: str
    dims: int

    @property
    def key(self) -> str:
        """The space's name in the database and on the screen."""
        return f"{self.model}/{self.pooling}"


@dataclass(frozen=True, slots=True)
class Embedding:
    """The answer to `Task.EMBEDDING`.

    `vector` is None when there was nothing to embed: no label and no caption.
    """

    space: VectorSpace
    vector: Vector | None  # unit length


Answer = Labels | Caption | NsfwScore | Embedding


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model's answer to one task about one picture."""

    task: Task
    backend: Backend
    model: str  # as its host names it: "@cf/facebook/detr-resnet-50"
    answer: Answer
    predicted_at: datetime  # UTC
    neurons: float = 0.0
    is_measured: bool = True  # the host said how many neurons; else by the price table
    processing_time_ms: int = 0
    params: Mapping[str, str | int | float] = field(default_factory=dict)
