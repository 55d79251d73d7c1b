"""What a source lists, less what is known: the images that want work."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from imgai.domain.events import Event, ImagePassed, ImagesKnown, ImagesListed
from imgai.domain.images import PassedOver, SourceImage
from imgai.domain.plan import (
    Known,
    PastFailure,
    Renewal,
    Wanted,
)
from imgai.domain.predictions import Task
from imgai.errors import Reason
from imgai.sources.base import Listed, Source
from imgai.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may want work, and what is known of it."""

    source: Source
    image: SourceImage
    known: Known | None


@dataclass(slots=True)
class SeenImages:
    """Which images of the database a listing has shown: one bit each."""

    _bits: bytearray = field(default_factory=bytearray)

    def add(self, image_id: int) -> None:
        """Remember that the image was shown."""
        byte = image_id >> 3
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1024 - len(self._bits)))
        self._bits[byte] |= 1 << (image_id & 7)

    def __contains__(self, image_id: int) -> bool:
        byte = image_id >> 3
        return byte < len(self._bits) and bool(self._bits[byte] >> (image_id & 7) & 1)


class Candidates:
    """Walks a source and lets through what is not known to be done.

    Whole batches are compared with the database in one statement, so that a nightly
    run over an unchanged library costs a walk and little more.
    """

    def __init__(
        self,
        source: Source,
        journal: Journal,
        wanted: Wanted,
        emit: Callable[[Event], None],
        limit: int | None = None,
    ) -> None:
        """Begin.

        Args:
            source: what is walked.
            journal: what is known.
            wanted: what the run wants of each picture.
            emit: told of every image that is known or passed over.
            limit: at most so many images are let through; the rest is not listed.
        """
        self._source = source
        self._journal = journal
        self._wanted = wanted
        self._emit = emit
        self.limit_left = limit
        self._enough = [wanted.enough(task) for task in wanted.tasks]
        # A library has few combinations of answers, and a million pictures of each.
        self._is_all: dict[int, bool] = {}
        self.seen = SeenImages()
        self.not_shown: set[str] = set()  # given up by an earlier run, not seen yet
        self.was_cut = False

    async def __aiter__(self) -> AsyncGenerator[Candidate, None]:
        """Yield what wants work, in the source's order."""
        failed = frozenset(await self._journal.failed_uris(self._source.uri))
        self.not_shown.update(failed)
        async for batch in self._source.batches():
            images = self._pass_over(batch)
            if self.not_shown:
                self.not_shown.difference_update(one.uri for one in images)
            known = await self._journal.known(images)
            for candidate in await self._unknown(images, known):
                if self._wanted.retries_failed and candidate.image.uri not in failed:
                    continue
                if self.limit_left == 0:
                    self.was_cut = True
                    return
                if self.limit_left is not None:
                    self.limit_left -= 1
                self._emit(ImagesListed(1))
                yield candidate

    def _pass_over(self, batch: Sequence[Listed]) -> list[SourceImage]:
        images = []
        for one in batch:
            if isinstance(one, PassedOver):
                self._emit(ImagesListed(1))
                self._emit(ImagePassed(one.uri, one.reason))
            else:
                images.append(one)
        return images

    async def _unknown(
        self, images: Sequence[SourceImage], known: Sequence[Known | None]
    ) -> list[Candidate]:
        done: list[str] = []
        back: list[int] = []
        unknown: list[Candidate] = []
        remember = self.seen.add
        for image, one in zip(images, known, strict=True):
            if one is not None:
                remember(one.image_id)
                if one.is_gone and one.is_unchanged:
                    back.append(one.image_id)
                if self._is_done(one):
                    done.append(image.uri)
                    continue
            unknown.append(Candidate(self._source, image, one))
        if back:
            await self._journal.come_back(back)
        if done:
            self._emit(ImagesListed(len(done)))
            self._emit(ImagesKnown(tuple(done)))
        return unknown

    def _is_done(self, known: Known) -> bool:
        if not known.is_unchanged or known.picture_id is None:
            return False
        if self._wanted.renewal is not Renewal.NEVER:
            return False  # how old the answers are is looked at one by one
        is_all = self._is_all.get(known.answered)
        if is_all is None:
            is_all = all(known.answered & bits for bits in self._enough)
            self._is_all[known.answered] = is_all
        return is_all


def final_failures(past: Iterable[PastFailure]) -> dict[Task | None, Reason]:
    """Return the tasks an ordinary run leaves alone for good, and why.

    The key None stands for the image itself: it cannot be read.
    """
    return {one.task: one.reason for one in past if one.is_final}
