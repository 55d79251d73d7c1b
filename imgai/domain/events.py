"""What a run reports while it works."""

from dataclasses import dataclass

from imgai.domain.derive import Analysis
from imgai.domain.estimate import Estimate
from imgai.domain.images import Swatch
from imgai.domain.predictions import Backend, Task
from imgai.errors import ImgaiError, Reason


@dataclass(frozen=True, slots=True)
class ImageAnalysed:
    """Every task that was asked for has its answer."""

    uri: str
    picture_hash: str
    analysis: Analysis
    colours: tuple[Swatch, ...]
    neurons: float  # spent on it in this run


@dataclass(frozen=True, slots=True)
class WorkBegan:
    """Told once, before the first image that wants work: who will be asked.

    A run that finds nothing to do never tells it.
    """

    backend: Backend
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanMade:
    """Told before the first paid call: what the run may cost, and how long it takes."""

    estimate: Estimate


@dataclass(frozen=True, slots=True)
class ImagesListed:
    """A source showed some more images; what becomes of each is told later."""

    count: int


@dataclass(frozen=True, slots=True)
class ImagesKnown:
    """Nothing had to be asked: the pictures have their answers."""

    uris: tuple[str, ...]  # many at a time: a run may know a million


@dataclass(frozen=True, slots=True)
class ImagePassed:
    """Not an image, excluded, cooling down, or known to be broken."""

    uri: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class ImageFailed:
    """Given up in this run; what was answered before the failure is kept."""

    uri: str
    reason: Reason
    message: str
    task: Task | None = None  # None: the image could not be read
    picture_hash: str | None = None
    analysis: Analysis | None = None
    colours: tuple[Swatch, ...] = ()
    neurons: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelReplaced:
    """A model was given up for the rest of the run, and another took its place."""

    old_model: str
    new_model: str
    why: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know that stops nothing."""

    message: str


@dataclass(frozen=True, slots=True)
class RunStopping:
    """No new image is begun; calls in flight finish."""

    error: ImgaiError


ImageOutcome = ImageAnalysed | ImagesKnown | ImagePassed | ImageFailed
Event = (
    ImageOutcome
    | WorkBegan
    | PlanMade
    | ImagesListed
    | ModelReplaced
    | Warned
    | RunStopping
)
