"""What the database holds, as `show` and `status` tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from imgai.domain.derive import Analysis
from imgai.domain.images import OwnWords, Picture
from imgai.domain.predictions import Backend, Prediction, Task, VectorSpace
from imgai.domain.relevance import Calibration


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One place an image was seen, as it was when it was last read."""

    uri: str
    size_bytes: int
    format: str | None  # None: it was never told apart
    file_hash: str | None
    taken_at: str | None  # as the camera says: local time, ISO 8601
    first_seen_at: datetime
    gone_at: datetime | None
    words: OwnWords = field(default_factory=OwnWords)  # of people, not of models


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """One image and task that a run gave up."""

    uri: str
    task: Task | None  # None: the image could not be read
    model: str | None
    reason: str
    message: str
    is_permanent: bool  # will not be tried again while the image is unchanged
    is_skip: bool  # passed over rather than failed: not an image
    attempts: int
    failed_at: datetime
    resolved_at: datetime | None  # None: it still stands


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """All that is known of one picture, and where each answer came from."""

    picture: Picture
    analysis: Analysis  # what the answers say, as searches see it
    answers: tuple[Prediction, ...]  # by task, those that count first
    counting: frozenset[tuple[Task, str]]  # (task, model) of those it rests on


@dataclass(frozen=True, slots=True)
class ShownImage:
    """What `show` tells of one image.

    `image` is None when a picture was asked for that no image shows any more;
    `picture` is None when the image could not be read.
    """

    image: ImageRecord | None
    picture: PictureRecord | None
    copies: tuple[ImageRecord, ...] = ()  # other images of the picture
    failures: tuple[FailureRecord, ...] = ()  # newest first


@dataclass(frozen=True, slots=True)
class Answered:
    """How many pictures have an answer to a task, and from where."""

    by_backend: Mapping[Backend, int]  # each picture at the best backend it has
    missing: int  # have none good enough


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What one model has answered."""

    task: Task
    backend: Backend
    model: str
    pictures: int


@dataclass(frozen=True, slots=True)
class SpaceRecord:
    """One vector space and how many pictures have an embedding in it."""

    space: VectorSpace
    backend: Backend
    pictures: int
    calibration: Calibration | None = None  # None: its model was not measured here


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was spent, as far as it is known."""

    calls: int
    neurons: float  # calls in flight, or lost in a crash, at the most they may cost
    perhaps_billed: int  # calls without an answer that the host may have counted
    unpriced_calls: int  # nobody knows what they cost


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One `classify`."""

    source: str
    backend: Backend
    started_at: datetime
    finished_at: datetime | None  # None: it is at work, or died
    exit_code: int | None
    analysed: int
    failed: int
    pending: int
    neurons: float


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """How the whole database stands."""

    path: Path
    size_bytes: int  # with the write-ahead log beside it
    images: int  # that are not gone
    gone: int
    pictures: int  # with an image that is not gone
    backend: Backend  # that a run would use now
    tasks: Mapping[Task, Answered]  # those the settings want
    failed: Mapping[str, int]  # images by reason, unresolved
    skipped: Mapping[str, int]  # images by reason, passed over as no images
    today: Ledger  # since 00:00 UTC
    ever: Ledger
    models: tuple[ModelRecord, ...] = ()
    spaces: tuple[SpaceRecord, ...] = ()
    last_run: RunRecord | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `prune` forgot, or would forget."""

    images: int
    pictures: int
    answers: int
    failures: int
