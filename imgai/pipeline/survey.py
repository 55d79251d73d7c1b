"""A look at the sources before a run: what is known, what is new. Writes nothing."""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from imgai.domain.estimate import Survey
from imgai.domain.images import PassedOver, SourceImage
from imgai.domain.plan import Known, Renewal, Wanted, missing_tasks, stale_tasks
from imgai.domain.predictions import Task
from imgai.errors import ImageError, NotAnImage, TransientError
from imgai.pipeline.candidates import final_failures
from imgai.prepare.identity import identify
from imgai.sources.base import Source
from imgai.store.failures import read_failures
from imgai.store.images import KnownPicture, find_known, find_picture
from imgai.store.predictions import read_predictions


@dataclass(slots=True)
class Surveyor:
    """Counts what a run would have to ask.

    Attributes:
        connection: of the database, for reading; None if there is none yet.
        wanted: what the run wants of each picture.
        reads_files: whether unknown files are read and told apart by their picture,
            so that their copies count once, too. Buckets are never read, only listed.
        limit: the run's --limit.
    """

    connection: sqlite3.Connection | None
    wanted: Wanted
    reads_files: bool
    limit: int | None = None
    found: Survey = field(default_factory=Survey)
    _pictures: set[str] = field(default_factory=set)
    # A library has few combinations of answers, and a million pictures of each.
    _missing: dict[int, frozenset[Task]] = field(default_factory=dict)

    async def look(self, sources: Sequence[Source]) -> Survey:
        """Look at every source to its end.

        Raises:
            SourceUnreadable: a listing broke off.
            StoreError: the database cannot be read.
        """
        for source in sources:
            async for batch in source.batches():
                images = []
                for one in batch:
                    if isinstance(one, PassedOver):
                        self.found.seen += 1
                        self.found.skipped += 1
                    else:
                        images.append(one)
                await self._look_at(source, images)
                if self._is_full:
                    return self.found
        return self.found

    @property
    def _is_full(self) -> bool:
        return self.limit is not None and self.found.new >= self.limit

    async def _look_at(self, source: Source, images: Sequence[SourceImage]) -> None:
        known: Sequence[Known | None] = [None] * len(images)
        if self.connection is not None:
            known = find_known(self.connection, images)
        for image, one in zip(images, known, strict=True):
            if self._is_full:
                return
            self.found.seen += 1
            if one is not None and one.is_unchanged and one.picture_id is not None:
                picture = KnownPicture(
                    one.picture_id, one.picture_hash or "", one.answered
                )
                self._count_known(image, picture)
            elif self._is_broken(image):
                self.found.skipped += 1
            elif self.reads_files and image.etag is None:
                await self._read(source, image)
            else:
                self._count(self.wanted.tasks)

    async def _read(self, source: Source, image: SourceImage) -> None:
        try:
            file = await source.read(image)
            identity = await asyncio.to_thread(identify, file.content)
        except NotAnImage:
            self.found.skipped += 1
            return
        except (ImageError, TransientError):
            self.found.unreadable += 1
            return
        picture = None
        if self.connection is not None:
            picture = find_picture(self.connection, identity.picture_hash)
        if picture is not None:
            self._count_known(file.image, picture)
        else:
            self._count_once(identity.picture_hash, self.wanted.tasks)

    def _count_known(self, image: SourceImage, picture: KnownPicture) -> None:
        """Count a picture that the database knows, for what a run would ask of it."""
        tasks = self._tasks(picture)
        left = tasks - self._given_up(image, picture.picture_hash) if tasks else tasks
        if tasks and not left:
            self.found.skipped += 1
        else:
            self._count_once(picture.picture_hash, left)

    def _count_once(self, picture_hash: str, tasks: frozenset[Task]) -> None:
        if not tasks or picture_hash in self._pictures:
            self.found.known += 1  # a copy is, by the time its turn comes
            return
        self._pictures.add(picture_hash)
        self._count(tasks)

    def _tasks(self, picture: KnownPicture) -> frozenset[Task]:
        missing = self._missing.get(picture.answered)
        if missing is None:
            missing = missing_tasks(self.wanted, picture.answered)
            self._missing[picture.answered] = missing
        if self.wanted.renewal is Renewal.NEVER or self.connection is None:
            return missing
        stored = read_predictions(self.connection, picture.id)
        return missing | stale_tasks(self.wanted, stored)

    def _is_broken(self, image: SourceImage) -> bool:
        return None in self._given_up(image)

    def _given_up(
        self, image: SourceImage, picture_hash: str | None = None
    ) -> frozenset[Task | None]:
        """Return what an ordinary run leaves alone for good; None: all of the image."""
        is_ordinary = self.wanted.renewal is not Renewal.ALWAYS
        if self.connection is None or self.wanted.retries_failed or not is_ordinary:
            return frozenset()
        past = read_failures(self.connection, image, picture_hash=picture_hash)
        return frozenset(final_failures(past))

    def _count(self, tasks: frozenset[Task]) -> None:
        self.found.new += 1
        if tasks & {Task.LABELS, Task.CAPTION} and Task.EMBEDDING in self.wanted.tasks:
            tasks |= {Task.EMBEDDING}  # new labels or a new caption: a new text
        for task in tasks:
            self.found.to_ask[task] = self.found.to_ask.get(task, 0) + 1
