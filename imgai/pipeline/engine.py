"""Where the heavy work of a run is done: in this process, or on a cluster's machines.

Listing, planning, the guards around paid calls and the one database stay in this
process, whatever the engine. It is asked for the four things that need none of them.
"""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from imgai.domain.images import Identity, ImageFile, PreparedImage, SourceImage
from imgai.domain.predictions import Backend, Prediction, Task
from imgai.errors import ImageError, TransientError
from imgai.models.base import Host, ImageModel, ModelReply, ModelRequest
from imgai.prepare.anatomy import Anatomy
from imgai.prepare.preparer import Preparer


@dataclass(frozen=True, slots=True)
class Fetched:
    """An image that was read. Its bytes are let go with this object."""

    image: SourceImage  # as it was when it was read
    identity: Identity
    content: object  # the bytes, or what the engine finds them by


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image that could not be read, or is none."""

    image: SourceImage
    error: ImageError | TransientError
    file_hash: str | None = None  # SHA-256 of its bytes, if there were any


class Reader(Protocol):
    """What of a source an engine needs."""

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        ...


class Engine(Protocol):
    """Takes images through the stages of a run that need no database.

    Many calls of each run at once; how many at most is the caller's to decide, by
    the images it has in flight. An engine that loses a machine gives what it was
    doing to another, paid calls aside: those end as perhaps billed.
    """

    async def fetch(self, source: Reader, image: SourceImage) -> Fetched | Unreadable:
        """Read an image, and tell which file and which picture it is.

        Args:
            source: that listed it. On other machines it is read by its URI.
            image: as it was listed.

        Raises:
            ImgaiError: of the kinds that concern the run, not this image.
        """
        ...

    async def prepare(self, fetched: Fetched) -> PreparedImage:
        """Return the copy of a picture that models see.

        Raises:
            ImageError: it cannot be decoded.
            TransientError: it may be another time.
        """
        ...

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """Ask the local models. See `ImageModel.predict`."""
        ...

    async def ask(self, request: ModelRequest) -> ModelReply:
        """Send one request to the host of models, once. See `Host.ask`."""
        ...


@dataclass(frozen=True, slots=True)
class _Dissected:
    """A file's bytes, and what they were found to be made of: 1 ms for 4 MB."""

    content: bytes
    anatomy: Anatomy


@dataclass(frozen=True, slots=True)
class InProcess:
    """Does everything here. An `Engine`."""

    preparer: Preparer
    host: Host | None = None  # None: nothing is asked of it
    models: ImageModel | None = None  # likewise

    async def fetch(self, source: Reader, image: SourceImage) -> Fetched | Unreadable:
        """See `Engine.fetch`."""
        try:
            file = await source.read(image)
        except (ImageError, TransientError) as error:
            return Unreadable(image, error)
        try:
            identity, anatomy = await self.preparer.tell_apart(file.content)
        except ImageError as error:
            file_hash = hashlib.sha256(file.content).hexdigest()
            return Unreadable(file.image, error, file_hash)
        return Fetched(file.image, identity, _Dissected(file.content, anatomy))

    async def prepare(self, fetched: Fetched) -> PreparedImage:
        """See `Engine.prepare`."""
        file = fetched.content
        assert isinstance(file, _Dissected)  # noqa: S101  `fetch` put it there
        return await self.preparer.prepare(file.content, fetched.identity, file.anatomy)

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `Engine.predict`."""
        assert self.models is not None  # noqa: S101  whoever asks has wired them
        return await self.models.predict(image, tasks)

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Engine.ask`."""
        assert self.host is not None  # noqa: S101  likewise
        return await self.host.ask(request)


@dataclass(frozen=True, slots=True)
class EngineModel:
    """The local models, wherever an engine runs them; it is an `ImageModel`."""

    engine: Engine
    tasks: frozenset[Task]
    backend: Backend = Backend.LOCAL

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `ImageModel.predict`."""
        return await self.engine.predict(image, tasks & self.tasks)
