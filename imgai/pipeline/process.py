"""One image, all the way: read, told apart, prepared, asked about, written down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from imgai.domain.events import (
    Event,
    ImageAnalysed,
    ImageFailed,
    ImagePassed,
    ImagesKnown,
)
from imgai.domain.images import PreparedImage, SourceImage
from imgai.domain.plan import Renewal, Wanted, missing_tasks, stale_tasks
from imgai.domain.predictions import Task
from imgai.errors import ImageError, ImgaiError, NotAnImage, Reason, TransientError
from imgai.pipeline.answer import Answering, Answers
from imgai.pipeline.candidates import Candidate, final_failures
from imgai.pipeline.engine import Engine, Unreadable
from imgai.prepare.admission import MemoryGate
from imgai.store.failures import Failure
from imgai.store.images import KnownPicture
from imgai.store.journal import Journal

# Of files read and not decoded yet. Half a dozen keep every core busy; without a limit
# a hundred workers would each hold one, of some megabytes, and wait for a core.
_FILES_BYTES = 24_000_000


_CUT = "truncated: part of the file is missing; what is there was looked at"


@dataclass(slots=True)
class Processing:
    """Carries images through every station. Shared by all workers of a run.

    Attributes:
        files: admits files to memory; an engine elsewhere may have a larger one.
    """

    journal: Journal
    engine: Engine
    answering: Answering
    wanted: Wanted
    emit: Callable[[Event], None]
    begin: Callable[[], Awaitable[None]]  # awaited once, before the first question
    files: MemoryGate = field(default_factory=lambda: MemoryGate(_FILES_BYTES))
    _beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _has_begun: bool = False
    _cannot_begin: ImgaiError | None = None
    _in_work: dict[str, asyncio.Event] = field(default_factory=dict)

    async def process(self, candidate: Candidate) -> None:
        """Bring what is missing of one image, and tell what became of it.

        Raises:
            ImgaiError: of the kinds that concern the run rather than this image.
        """
        with self.answering.company():
            await self._process(candidate)

    async def _process(self, candidate: Candidate) -> None:
        image, known = candidate.image, candidate.known
        if known and known.is_unchanged and known.picture_hash:
            if await self._ask_unread(image, known.picture_hash):
                return
        elif reason := await self._why_left_alone(image):
            self.emit(ImagePassed(image.uri, reason))
            return
        await self._read_and_ask(candidate)

    async def _ask_unread(self, image: SourceImage, picture_hash: str) -> bool:
        """Bring what needs no pixels; return whether nothing else is missing.

        What the listing knew is looked up again: another image of the picture may
        have brought its answers meanwhile.
        """
        async with self._turn_of(picture_hash):
            picture = self.journal.find_picture(picture_hash)
            if picture is None:
                return False
            tasks = await self._tasks(image, picture)
            if tasks & self.answering.pixel_tasks:
                return False
            await self._ask(image, picture, tasks, None)
            return True

    async def _read_and_ask(self, candidate: Candidate) -> None:
        async with AsyncExitStack() as held:
            room = self.files.admitted(candidate.image.size_bytes)
            await held.enter_async_context(room)
            await self._carry(candidate, held)

    async def _carry(self, candidate: Candidate, held: AsyncExitStack) -> None:
        """Read, prepare and ask; `held` is closed once the file has been let go."""
        file = await self.engine.fetch(candidate.source, candidate.image)
        if isinstance(file, Unreadable):
            await self._give_up(file.image, file.error, file.file_hash)
            return
        identity = file.identity
        async with self._turn_of(identity.picture_hash):
            picture = self.journal.find_picture(identity.picture_hash)
            tasks = self.wanted.tasks
            if picture is not None:
                await self.journal.see_image(file.image, identity, picture)
                tasks = await self._tasks(file.image, picture)
            prepared = None
            if picture is None or tasks & self.answering.pixel_tasks:
                try:
                    prepared = await self.engine.prepare(file)
                except (ImageError, TransientError) as error:
                    await self._give_up(file.image, error, identity.file_hash)
                    return
            if picture is None and prepared is not None:
                picture = await self.journal.add_picture(
                    prepared.picture, file.image, identity
                )
            image = file.image
            del file  # its megabytes need not wait for the models
            await held.aclose()
            if picture is not None:
                await self._ask(image, picture, tasks, prepared)

    async def _tasks(
        self, image: SourceImage, picture: KnownPicture
    ) -> frozenset[Task]:
        """Return what is to be asked about a known picture; tell it if nothing is."""
        missing = missing_tasks(self.wanted, picture.answered)
        stale: frozenset[Task] = frozenset()
        if self.wanted.renewal is not Renewal.NEVER:
            stored = self.journal.predictions(picture)
            stale = stale_tasks(self.wanted, stored)
        tasks = missing | stale
        if not tasks:
            self._tell_nothing_to_ask(image)
            return tasks
        final = await self._final_failures(image, picture.picture_hash)
        if not tasks - final.keys():
            self.emit(ImagePassed(image.uri, final[min(tasks)]))
        return frozenset(task for task in tasks if task not in final)

    def _tell_nothing_to_ask(self, image: SourceImage) -> None:
        if self.wanted.renewal is Renewal.COOLED_DOWN:
            self.emit(ImagePassed(image.uri, Reason.COOLING_DOWN))
        else:
            self.emit(ImagesKnown((image.uri,)))

    async def _final_failures(
        self, image: SourceImage, picture_hash: str | None = None
    ) -> dict[Task | None, Reason]:
        if self.wanted.retries_failed or self.wanted.renewal is Renewal.ALWAYS:
            return {}
        past = self.journal.past_failures(image, picture_hash=picture_hash)
        return final_failures(past)

    async def _why_left_alone(self, image: SourceImage) -> Reason | None:
        return (await self._final_failures(image)).get(None)

    async def _ask(
        self,
        image: SourceImage,
        picture: KnownPicture,
        tasks: frozenset[Task],
        prepared: PreparedImage | None,
    ) -> None:
        if not tasks:
            return
        await self._begin()
        answers = await self.answering.ask(picture, tasks, prepared)
        await self.journal.resolve(
            image.uri, frozenset(answers.answered), picture.picture_hash
        )
        for task, error in answers.errors.items():
            await self.journal.add_failure(
                Failure(
                    image=image,
                    reason=error.reason,
                    message=str(error),
                    is_permanent=_is_permanent(error),
                    is_skip=False,
                    task=task,
                    picture_hash=picture.picture_hash,
                )
            )
        self._tell(image, picture, answers, prepared)

    async def _begin(self) -> None:
        if not self._has_begun:
            async with self._beginning:
                if self._cannot_begin is not None:
                    raise self._cannot_begin
                if not self._has_begun:
                    await self._try_to_begin()

    async def _try_to_begin(self) -> None:
        try:
            await self.begin()
        except ImgaiError as error:
            self._cannot_begin = error  # for all workers that wait here
            raise
        self._has_begun = True

    def _tell(
        self,
        image: SourceImage,
        picture: KnownPicture,
        answers: Answers,
        prepared: PreparedImage | None,
    ) -> None:
        colours = prepared.picture.colours if prepared else ()
        is_cut = prepared is not None and prepared.picture.is_truncated
        if not answers.errors and not is_cut:
            self.emit(
                ImageAnalysed(
                    image.uri,
                    picture.picture_hash,
                    answers.analysis,
                    colours,
                    answers.neurons,
                )
            )
            return
        # A file of which a part is missing has its answers, and is told all the same:
        # somebody may still have it whole.
        task, error = next(iter(answers.errors.items()), (None, None))
        self.emit(
            ImageFailed(
                image.uri,
                error.reason if error else Reason.CORRUPT,
                str(error) if error else _CUT,
                task,
                picture.picture_hash,
                answers.analysis,
                colours,
                answers.neurons,
            )
        )

    async def _give_up(
        self,
        image: SourceImage,
        error: ImageError | TransientError,
        file_hash: str | None = None,
    ) -> None:
        """Write down that an image cannot be read, and tell it.

        A broken file that was known to be broken is passed over: only its time was
        too young to be trusted, its bytes are the same.
        """
        past = self.journal.past_failures(image, file_hash)
        is_skip = isinstance(error, NotAnImage)
        await self.journal.add_failure(
            Failure(
                image=image,
                reason=error.reason,
                message=str(error),
                is_permanent=_is_permanent(error),
                is_skip=is_skip,
                file_hash=file_hash,
            )
        )
        is_known = None in final_failures(past) and not self.wanted.retries_failed
        if is_skip or is_known:
            self.emit(ImagePassed(image.uri, error.reason))
        else:
            self.emit(ImageFailed(image.uri, error.reason, str(error)))

    @asynccontextmanager
    async def _turn_of(self, picture_hash: str) -> AsyncIterator[None]:
        """Let one image of a picture go at a time; the next finds its answers."""
        while (ahead := self._in_work.get(picture_hash)) is not None:
            await ahead.wait()
        done = self._in_work[picture_hash] = asyncio.Event()
        try:
            yield
        finally:
            del self._in_work[picture_hash]
            done.set()


def _is_permanent(error: ImageError | TransientError) -> bool:
    return isinstance(error, ImageError) and error.is_permanent
