"""The database as a run sees it: what is known, and everything that is written down."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from imgai.domain.clock import Now, utc_now
from imgai.domain.derive import Analysis, LabelRules
from imgai.domain.images import Identity, Picture, SourceImage
from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.domain.plan import Known, PastFailure
from imgai.domain.predictions import Prediction, Task, VectorSpace
from imgai.domain.report import RunReport
from imgai.errors import StoreError
from imgai.store import calls, failures, images, predictions, retirement, runs
from imgai.store.connection import open_for_writing
from imgai.store.failures import Failure
from imgai.store.images import KnownPicture
from imgai.store.runs import RunStart
from imgai.store.writer import Writer

T = TypeVar("T")


@asynccontextmanager
async def open_journal(
    path: Path, rules: LabelRules, now: Now = utc_now
) -> AsyncIterator["Journal"]:
    """Open the database for a run; make or migrate it as needed.

    The caller holds its lock (`imgai.store.lock`). On leaving, what is queued is
    written and the write-ahead log is folded into the file.

    Raises:
        StoreError: it cannot be written, or is not ours. It was not touched.
    """
    with (
        closing(open_for_writing(path)) as writing,
        closing(open_for_writing(path)) as reading,
        closing(open_for_writing(path)) as looking,
    ):
        writer = Writer(writing)
        try:
            journal = Journal(reading, looking, writer, rules, now)
            await journal.settle_orphans()
            yield journal
        finally:
            writer.close()
            _checkpoint(writing)


def _checkpoint(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        # Nothing is lost: the log is read by whoever opens the database next.
        return


class Journal:
    """Everything a run reads from the database and writes to it.

    Writes go through one thread, and return when they are on disk. Reads have a
    connection of their own, so they never wait for a sync.
    """

    def __init__(
        self,
        reading: sqlite3.Connection,
        looking: sqlite3.Connection,
        writer: Writer,
        rules: LabelRules,
        now: Now = utc_now,
    ) -> None:
        self._reading = reading
        # Of the event loop's own thread: while a thread reads through a connection,
        # whoever else looks through it sees what was there when that began.
        self._looking = looking
        self._reading_turn = asyncio.Lock()
        self._writer = writer
        self._rules = rules
        self._now = now
        self._run_id, self._run_began_at = "", now()

    async def known(self, listed: Sequence[SourceImage]) -> list[Known | None]:
        """Return what is known of each listed image, in the order given."""
        return await self._read(images.find_known, listed)

    def find_picture(self, picture_hash: str) -> KnownPicture | None:
        """Return the picture of that hash, if it has been seen."""
        return self._look(images.find_picture, picture_hash)

    def predictions(self, picture: KnownPicture) -> tuple[Prediction, ...]:
        """Return all stored answers about a picture."""
        return self._look(predictions.read_predictions, picture.id)

    def past_failures(
        self,
        image: SourceImage,
        file_hash: str | None = None,
        picture_hash: str | None = None,
    ) -> tuple[PastFailure, ...]:
        """Return what earlier runs gave up about an image. See `read_failures`."""
        return self._look(failures.read_failures, image, file_hash, picture_hash)

    async def failed_uris(self, prefix: str = "") -> list[str]:
        """Return the URIs with an unresolved failure that begin like this."""
        return await self._read(failures.failed_uris, prefix)

    async def find_lost(
        self,
        uri: str,
        before: datetime,
        selects: Callable[[str], bool],
        is_seen: Callable[[int], bool],
    ) -> tuple[int, list[int]]:
        """Return how many images a source had, and which it lost. See `find_lost`."""
        return await self._read(images.find_lost, uri, before, selects, is_seen)

    async def neurons_since(self, moment: datetime) -> float:
        """Return the neurons spent since a moment. See `calls.neurons_since`."""
        return await self._read(calls.neurons_since, moment)

    async def recent_starts(self, since: datetime) -> list[tuple[str, datetime]]:
        """Return (model, time) of the calls since a moment, oldest first."""
        return await self._read(calls.recent_starts, since)

    async def unfinished_series(
        self, sources: tuple[str, ...], options: Mapping[str, str]
    ) -> datetime | None:
        """Return where an interrupted `--force` began. See `unfinished_force`."""
        return await self._read(runs.unfinished_force, sources, options)

    async def begin_run(self, run: RunStart) -> None:
        """Write down that a run begins; what follows is filed under it."""
        self._run_id, self._run_began_at = run.id, run.started_at
        await self._write(runs.begin_run, run)

    async def end_run(self, report: RunReport, dollars: float) -> None:
        """Write down how the run ended."""
        if report.is_cut_short:
            report.spent.perhaps_billed += await self._settle_lost()
        await self._write(runs.end_run, self._run_id, report, dollars, self._now())

    async def settle_orphans(self) -> int:
        """Name the calls of runs that died in the middle of them *perhaps billed*."""

        def settle(db: sqlite3.Connection) -> int:
            dead = runs.died(db)
            lost = calls.settle_lost(db, *dead) if dead else 0
            return lost + calls.settle_orphans(db)

        return await self._writer.write(settle)

    async def _settle_lost(self) -> int:
        """Name the calls of this run whose answers could not be stored, likewise."""
        return await self._write(calls.settle_lost, self._run_id, self._run_began_at)

    async def add_picture(
        self, picture: Picture, image: SourceImage, identity: Identity
    ) -> KnownPicture:
        """Add a picture, unless it is there, and where it was seen; return it."""
        now = self._now()

        def add(db: sqlite3.Connection) -> KnownPicture:
            added = images.add_picture(db, picture)
            _see(db, image, identity, added, now)
            return added

        return await self._writer.write(add)

    async def see_image(
        self, image: SourceImage, identity: Identity, picture: KnownPicture
    ) -> None:
        """Write down that a picture was seen at a place. See `images.see_image`."""
        await self._write(_see, image, identity, picture, self._now())

    async def come_back(self, image_ids: Sequence[int]) -> None:
        """Take back that images were gone."""
        await self._write(images.come_back, image_ids)

    async def mark_gone(
        self, image_ids: Sequence[int], failed_uris: Sequence[str]
    ) -> None:
        """Mark images as gone, and close the failures of those that never were read."""
        now = self._now()

        def mark(db: sqlite3.Connection) -> None:
            images.mark_gone(db, image_ids, now)
            failures.resolve_vanished(db, failed_uris, now)

        await self._writer.write(mark)

    async def add_predictions(
        self, picture: KnownPicture, answers: Sequence[Prediction]
    ) -> Analysis:
        """Store answers about a picture; return what imgai now says of it."""
        return await self._write(
            predictions.add_predictions, picture, answers, self._rules
        )

    async def retire_space(self, space: VectorSpace) -> None:
        """Have pictures embedded anew that a retired model embedded."""
        await self._write(retirement.retire_space, space, self._now())

    def analysis(self, picture: KnownPicture) -> Analysis:
        """Return what imgai says of a picture now."""
        return self._look(predictions.read_analysis, picture.id, self._rules)

    async def add_failure(self, failure: Failure) -> None:
        """Write down an image and task that are given up.

        An image that cannot be read any more no longer shows the picture it did.
        """
        now = self._now()

        def add(db: sqlite3.Connection) -> None:
            failures.add_failure(db, self._run_id, failure, now)
            if failure.task is None and failure.is_permanent:
                images.forget_picture_of(db, failure.image.uri)

        await self._writer.write(add)

    async def resolve(
        self,
        uri: str,
        tasks: frozenset[Task | None],
        picture_hash: str | None = None,
    ) -> None:
        """Close the failures of what was read or answered. See `resolve_failures`.

        Most pictures have none, and need not wait for the disk once more.
        """
        if not self._look(failures.has_failures, uri, picture_hash):
            return
        await self._write(
            failures.resolve_failures, uri, tasks, self._now(), picture_hash
        )

    async def begin_call(self, call: Call) -> None:
        """See `CallJournal.begin_call`."""
        await self._write(calls.begin_call, self._run_id, call)

    async def end_call(self, end: CallEnd) -> None:
        """See `CallJournal.end_call`.

        That a call was answered is written with the answer: were it lost with it,
        the call would be listed as perhaps billed, which is the truth.
        """
        if end.outcome is Outcome.ANSWERED:
            self._writer.ride_along(lambda db: calls.end_call(db, end))
        else:
            await self._write(calls.end_call, end)

    async def _read(self, find: Callable[..., T], *args: object) -> T:
        async with self._reading_turn:
            return await asyncio.to_thread(_translated, find, self._reading, *args)

    def _look(self, find: Callable[..., T], *args: object) -> T:
        """Read at once: for what takes less than handing it to a thread (0.1 ms)."""
        return _translated(find, self._looking, *args)

    async def _write(self, change: Callable[..., T], *args: object) -> T:
        return await self._writer.write(lambda db: change(db, *args))


def _translated(find: Callable[..., T], db: sqlite3.Connection, *args: object) -> T:
    try:
        return find(db, *args)
    except sqlite3.Error as error:
        raise StoreError(
            f"The database cannot be read: {error}.",
            hint="`imgai doctor` checks it.",
        ) from error


def _see(
    db: sqlite3.Connection,
    image: SourceImage,
    identity: Identity,
    picture: KnownPicture,
    now: datetime,
) -> None:
    images.see_image(db, image, identity, picture.id, now)
    failures.resolve_failures(db, image.uri, frozenset({None}), now)
