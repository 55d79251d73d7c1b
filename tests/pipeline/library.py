"""A folder, models and a real database, and whole runs over them."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from imgai.domain.derive import LabelRules
from imgai.domain.events import Event, WorkBegan
from imgai.domain.plan import Renewal, Wanted
from imgai.domain.predictions import (
    Backend,
    Caption,
    Detection,
    Labels,
    NsfwScore,
    Task,
)
from imgai.domain.report import RunReport
from imgai.errors import ImgaiError
from imgai.limits.stop import Stop
from imgai.models.gathered import GatheringEmbedder
from imgai.pipeline.answer import Answering
from imgai.pipeline.candidates import Candidates
from imgai.pipeline.engine import InProcess
from imgai.pipeline.gone import GoneImages
from imgai.pipeline.process import Processing
from imgai.pipeline.run import run
from imgai.prepare.admission import MemoryGate
from imgai.prepare.preparer import Preparer
from imgai.store.connection import open_for_reading
from imgai.store.journal import Journal, open_journal
from imgai.store.runs import RunStart
from tests.fakes import NOON, FakeEmbedder, FakeImageModel, FakeSource
from tests.pictures import encoded, scene

E = TypeVar("E")

HOSTED = frozenset({Task.LABELS, Task.CAPTION, Task.EMBEDDING})


def photo(number: int) -> bytes:
    """Return a small JPEG; each number is another picture."""
    return encoded(scene(64, 48, shift=number), quality=50 + number)


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes."""

    tasks: frozenset[Task] = HOSTED
    backend: Backend = Backend.WORKERS_AI
    renewal: Renewal = Renewal.NEVER
    cooldown: timedelta = timedelta(days=28)
    retries_failed: bool = False
    workers: int = 4
    limit: int | None = None
    selects: Callable[[str], bool] = lambda _uri: True
    trusts_losses: bool = False
    files_bytes: int = 1_000_000  # of files in memory, see `Processing.files`
    cannot_begin: ImgaiError | None = None  # for what the run cannot begin


@dataclass(slots=True)
class Told:
    """What a run told, and its report."""

    events: list[Event] = field(default_factory=list)
    report: RunReport = field(default_factory=RunReport)

    def take(self, event: Event) -> None:
        """Count and keep an event."""
        self.report.take(event)
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


class Library:
    """What stays between runs: the folder, the models and the database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOON
        self.source = FakeSource()
        labels = Labels((Detection("cat", 0.9), Detection("sofa", 0.05)))
        self.labels = self._model(Task.LABELS, labels)
        self.caption = self._model(Task.CAPTION, Caption("a cat"))
        self.nsfw = FakeImageModel(
            {Task.NSFW: NsfwScore(0.1)}, Backend.LOCAL, "nsfw", now=lambda: self.now
        )
        self.local = FakeImageModel(
            {Task.LABELS: labels, Task.CAPTION: Caption("a local cat")},
            Backend.LOCAL,
            "local",
            now=lambda: self.now,
        )
        self.embedder = FakeEmbedder()
        self.rules = LabelRules()

    def _model(self, task: Task, answer: Labels | Caption) -> FakeImageModel:
        return FakeImageModel({task: answer}, name=task, now=lambda: self.now)

    @property
    def calls(self) -> int:
        """How often any model was asked since the library was made."""
        models = (self.labels, self.caption, self.nsfw, self.local)
        return sum(len(one.asked) for one in models) + len(self.embedder.asked)

    async def run(self, options: Options | None = None) -> Told:
        """Run as `classify` does, from the listing to what is gone."""
        options = options or Options()
        told, stop = Told(), Stop()
        self.now += timedelta(minutes=1)
        began_at = self.now

        async def begin() -> None:
            told.take(WorkBegan(options.backend, ("models",)))
            if options.cannot_begin is not None:
                for _ in range(50):  # other workers get as far as this
                    await asyncio.sleep(0)
                raise options.cannot_begin

        async with (
            open_journal(self.path, self.rules, lambda: self.now) as journal,
            Preparer(workers=2) as preparer,
        ):
            wanted = await self._begin(journal, options)
            processing = Processing(
                journal=journal,
                engine=InProcess(preparer),
                answering=self._answering(journal, options),
                wanted=wanted,
                emit=told.take,
                begin=begin,
                files=MemoryGate(options.files_bytes),
            )
            candidates = Candidates(
                self.source, journal, wanted, told.take, options.limit
            )
            async with aclosing(aiter(candidates)) as wanting:
                await run(wanting, processing.process, told.take, stop, options.workers)
            if not stop.asked:
                gone = GoneImages(
                    journal,
                    told.take,
                    options.selects,
                    began_at,
                    options.trusts_losses,
                )
                told.report.marked_gone = await gone.mark(self.source, candidates)
            await journal.end_run(told.report, 0.0)
        return told

    async def _begin(self, journal: Journal, options: Options) -> Wanted:
        named = {"renewal": options.renewal.value}
        match options.renewal:
            case Renewal.NEVER:
                fresh_since: datetime | None = None
            case Renewal.COOLED_DOWN:
                fresh_since = self.now - options.cooldown
            case Renewal.ALWAYS:
                series = await journal.unfinished_series((self.source.uri,), named)
                fresh_since = series or self.now
        await journal.begin_run(
            RunStart(
                str(uuid.uuid4()),
                (self.source.uri,),
                options.backend,
                named,
                self.now,
                fresh_since,
            )
        )
        return Wanted(
            options.tasks,
            options.backend,
            options.renewal,
            fresh_since,
            options.retries_failed,
        )

    def _answering(self, journal: Journal, options: Options) -> Answering:
        is_hosted = options.backend is Backend.WORKERS_AI
        models = [self.labels, self.caption] if is_hosted else [self.local]
        if Task.NSFW in options.tasks:
            models.append(self.nsfw)
        text = GatheringEmbedder(self.embedder, asyncio.sleep)
        wants_text = is_hosted and Task.EMBEDDING in options.tasks
        return Answering(
            journal,
            [one for one in models if one.tasks & options.tasks],
            text if wants_text else None,
            lambda: self.now,
        )

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return what the database answers to a query."""
        with closing(open_for_reading(self.path)) as connection:
            return connection.execute(query, values).fetchall()
