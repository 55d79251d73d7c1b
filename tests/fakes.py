"""Models, hosts, journals, sources and clocks for tests: each meets its Protocol.

They answer at once and truthfully until a script says otherwise, and remember what
they were asked.
"""

import hashlib
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import hypot

from imgai.domain.images import ImageFile, PreparedImage, SourceImage
from imgai.domain.journal import Call, CallEnd
from imgai.domain.predictions import (
    Answer,
    Backend,
    Labels,
    Prediction,
    Task,
    Vector,
    VectorSpace,
)
from imgai.errors import ImgaiError, Reason, UnavailableImage
from imgai.models.base import EmbeddedText, ModelReply, ModelRequest
from imgai.sources.base import Listed

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPACE = VectorSpace("embedder", "cls", 3)


async def at_once(_seconds: float = 0.0) -> None:
    """Sleep for no time at all."""


@dataclass(slots=True)
class FakeClock:
    """A clock that moves only while somebody sleeps, or when it is told to."""

    now_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """Return the seconds on the clock."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Move the clock on instead of waiting."""
        self.slept.append(seconds)
        self.now_s += seconds


@dataclass(slots=True)
class FakeHost:
    """A host of models: gives what its script holds, then empty labels for ever."""

    script: list[ModelReply | BaseException] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] = at_once
    asked: list[ModelRequest] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        self.asked.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.before()
            reply = self.script.pop(0) if self.script else ModelReply(Labels(()), 1, 5)
        finally:
            self.in_flight -= 1
        if isinstance(reply, BaseException):
            raise reply
        return reply


@dataclass(slots=True)
class FakeJournal:
    """A `CallJournal` in memory: what was begun and ended, in order."""

    rows: list[Call | CallEnd] = field(default_factory=list)
    failing: ImgaiError | None = None
    after_row: Callable[[], Awaitable[None]] = at_once

    async def begin_call(self, call: Call) -> None:
        """See `CallJournal.begin_call`."""
        if self.failing:
            raise self.failing
        self.rows.append(call)
        await self.after_row()

    async def end_call(self, end: CallEnd) -> None:
        """See `CallJournal.end_call`."""
        self.rows.append(end)

    @property
    def ends(self) -> list[CallEnd]:
        """How calls ended, in order."""
        return [row for row in self.rows if isinstance(row, CallEnd)]


@dataclass(slots=True)
class FakeImageModel:
    """An `ImageModel`: raises what its script holds, else gives its answers."""

    answers: dict[Task, Answer]
    backend: Backend = Backend.WORKERS_AI
    name: str = "model"
    script: list[BaseException | None] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] = at_once
    now: Callable[[], datetime] = lambda: NOON
    asked: list[str] = field(default_factory=list)  # picture hashes

    @property
    def tasks(self) -> frozenset[Task]:
        """See `ImageModel.tasks`."""
        return frozenset(self.answers)

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `ImageModel.predict`."""
        self.asked.append(image.picture.picture_hash)
        await self.before()
        error = self.script.pop(0) if self.script else None
        if error is not None:
            raise error
        return tuple(
            Prediction(
                task, self.backend, self.name, self.answers[task], self.now(), neurons=1
            )
            for task in Task
            if task in tasks
        )


@dataclass(slots=True)
class FakeEmbedder:
    """A `TextEmbedder` whose vectors depend on the text."""

    space: VectorSpace = SPACE
    backend: Backend = Backend.WORKERS_AI
    script: list[BaseException | None] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] = at_once
    asked: list[list[str]] = field(default_factory=list)  # texts, request by request

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        assert len(picture_hashes) in {0, len(texts)}
        self.asked.append(list(texts))
        await self.before()
        error = self.script.pop(0) if self.script else None
        if error is not None:
            raise error
        return [EmbeddedText(vector_of(text), self.space, 0.1) for text in texts]


def vector_of(text: str) -> Vector:
    """Return a vector of length 1 that only this text has."""
    numbers = [byte + 1.0 for byte in hashlib.sha256(text.encode()).digest()[:3]]
    return array("f", [number / hypot(*numbers) for number in numbers])


@dataclass(slots=True)
class FakeSource:
    """A folder in memory; files are put into it and taken away."""

    uri: str = "file:///photos/"
    is_complete: bool = True
    images: dict[str, ImageFile] = field(default_factory=dict)
    passed_over: list[Listed] = field(default_factory=list)
    errors: dict[str, BaseException] = field(default_factory=dict)  # of reading
    read_uris: list[str] = field(default_factory=list)
    batch: int = 100

    def put(self, name: str, content: bytes, mtime_ns: int | None = 1) -> str:
        """Write a file; return its URI. Without a time it is too young to trust."""
        uri = self.uri + name
        image = SourceImage(uri, len(content), mtime_ns, None)
        self.images[uri] = ImageFile(image, content)
        return uri

    def rename(self, old: str, new: str) -> None:
        """Move a file; it keeps its time."""
        file = self.images.pop(self.uri + old)
        self.put(new, file.content, file.image.mtime_ns)

    async def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Source.batches`. What has no time yet is listed with one."""
        listed = [
            *self.passed_over,
            *(
                one.image._replace(mtime_ns=one.image.mtime_ns or 7)
                for _, one in sorted(self.images.items())
            ),
        ]
        for start in range(0, len(listed), self.batch):
            yield listed[start : start + self.batch]

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        self.read_uris.append(image.uri)
        if image.uri in self.errors:
            raise self.errors[image.uri]
        if image.uri not in self.images:
            raise UnavailableImage("It is not there.", reason=Reason.VANISHED)
        return self.images[image.uri]
