"""A run of `classify`, from checked options to its report."""

import asyncio
import os
import time
import uuid
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Sequence,
)
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from imgai.commands.backends import wanted_tasks
from imgai.commands.engine_choice import IN_PROCESS, EngineChoice
from imgai.commands.signals import stopping_on_signals
from imgai.domain.derive import LabelRules
from imgai.domain.events import Event, ImageAnalysed, ImageFailed, RunStopping
from imgai.domain.plan import Renewal, Wanted
from imgai.domain.predictions import Backend
from imgai.domain.report import RunReport
from imgai.domain.throughput import Throughput
from imgai.errors import ExitCode, ImgaiError, TimeLimitReached, TooManyFailures
from imgai.limits.stop import Stop
from imgai.models.neurons import DOLLARS_PER_NEURON
from imgai.pipeline.candidates import Candidate, Candidates
from imgai.pipeline.gone import GoneImages
from imgai.pipeline.run import run
from imgai.settings.values import Allowance, Settings
from imgai.sources.base import Source
from imgai.sources.selection import EVERYTHING, Selection
from imgai.store.journal import Journal, open_journal
from imgai.store.runs import LISTS_SOME, RunStart

if TYPE_CHECKING:  # what it takes is loaded when there is work
    from imgai.domain.estimate import Estimate
    from imgai.pipeline.process import Processing

# A failure rate of the first few images says nothing yet.
_LEAST_FOR_A_RATE = 50


@dataclass(frozen=True, slots=True)
class ClassifyOptions:
    """What the command line says of one run, beside the settings."""

    backend: Backend
    renewal: Renewal = Renewal.NEVER
    retries_failed: bool = False
    limit: int | None = None
    budget: Allowance | None = None
    time_limit_s: float | None = None
    max_failure_rate: float | None = None  # 0 to 1
    trusts_losses: bool = False
    selection: Selection = EVERYTHING
    engine: EngineChoice = IN_PROCESS

    @property
    def lists_some(self) -> bool:
        """Whether the run may pass over images of its part of the sources."""
        chosen = self.selection.include or self.selection.exclude
        return self.retries_failed or self.limit is not None or bool(chosen)


class ClassifyRun:
    """One run: what it was told, what it tells, and what stops it."""

    def __init__(
        self,
        sources: Sequence[Source],
        options: ClassifyOptions,
        settings: Settings,
        tell: Callable[[Event], None],
        stop: Stop,
        look_ahead: "Callable[[], Awaitable[Estimate]] | None" = None,
    ) -> None:
        """Prepare a run.

        Args:
            sources: what is classified, one after the other.
            options: what the command line says.
            settings: with credentials for the backend of the options.
            tell: told every event.
            stop: asked, it ends the run early.
            look_ahead: makes the plan that is told before the first paid call.
        """
        self._look_ahead = look_ahead
        self._sources, self._options, self._settings = sources, options, settings
        self._tell, self._stop = tell, stop
        self._began_at = datetime.now(UTC)
        self._limit_left = options.limit
        self.report = RunReport(
            only_failed=options.retries_failed,
            throughput=Throughput(
                workers=settings.workers, processors=os.cpu_count() or 1
            ),
        )

    async def run(self) -> RunReport:
        """Classify every source, and return what came of it.

        The caller holds the database's lock.

        Raises:
            ImgaiError: it could not begin; what stops it later is in the report.
        """
        rules = LabelRules(self._settings.max_labels, self._settings.min_score)
        async with open_journal(self._settings.database, rules) as journal:
            await self._begin(journal)
            task = asyncio.ensure_future(self._classify(journal))
            with stopping_on_signals(self._stop, task, self._on_signal):
                try:
                    await task
                except asyncio.CancelledError:
                    if self.report.interrupted_by is None:
                        raise
            elapsed = datetime.now(UTC) - self._began_at
            self.report.elapsed_s = elapsed.total_seconds()
            dollars = self.report.spent.neurons * DOLLARS_PER_NEURON
            await journal.end_run(self.report, dollars)
        return self.report

    async def _begin(self, journal: Journal) -> None:
        options = self._options
        uris = tuple(source.uri for source in self._sources)
        named = {"renewal": options.renewal.value, "backend": options.backend.value}
        if options.selection.shard is not None:
            named["shard"] = str(options.selection.shard)  # the part it is to list
        if options.lists_some:
            named[LISTS_SOME] = "true"
        self._wanted = Wanted(
            tasks=wanted_tasks(self._settings),
            backend=options.backend,
            renewal=options.renewal,
            fresh_since=await self._fresh_since(journal, uris, named),
            retries_failed=options.retries_failed,
        )
        await journal.begin_run(
            RunStart(
                id=str(uuid.uuid4()),
                sources=uris,
                backend=options.backend,
                options=named,
                started_at=self._began_at,
                fresh_since=self._wanted.fresh_since,
            )
        )

    async def _fresh_since(
        self, journal: Journal, uris: tuple[str, ...], named: dict[str, str]
    ) -> datetime | None:
        match self._options.renewal:
            case Renewal.NEVER:
                return None
            case Renewal.COOLED_DOWN:
                return self._began_at - timedelta(days=self._settings.cooldown_days)
            case Renewal.ALWAYS:
                series = await journal.unfinished_series(uris, named)
                return series or self._began_at

    async def _classify(self, journal: Journal) -> None:
        async with AsyncExitStack() as stack:
            work = _Work(
                lambda: self._open_work(journal, stack), self.report.throughput
            )
            timer = self._time_limit()
            try:
                for source in self._sources:
                    if not self._stop.asked:
                        await self._classify_source(source, journal, work)
            finally:
                if timer is not None:
                    timer.cancel()

    async def _open_work(self, journal: Journal, stack: AsyncExitStack) -> "Processing":
        from imgai.commands.classify_work import Workshop  # noqa: PLC0415  see there

        workshop = Workshop(
            journal=journal,
            options=self._options,
            settings=self._settings,
            wanted=self._wanted,
            stop=self._stop,
            spent=self.report.spent,
            throughput=self.report.throughput,
            began_at=self._began_at,
            emit=self._emit,
            look_ahead=self._look_ahead,
        )
        return await workshop.open(stack)

    async def _classify_source(
        self,
        source: Source,
        journal: Journal,
        work: "_Work",
    ) -> None:
        candidates = Candidates(
            source, journal, self._wanted, self._emit, self._limit_left
        )
        async with (
            aclosing(aiter(candidates)) as wanting,
            aclosing(work.opened_for(wanting)) as admitted,
        ):
            await run(
                admitted,
                work.process,
                self._emit,
                self._stop,
                self._settings.workers,
            )
        self._limit_left = candidates.limit_left
        if self._stop.asked:
            return
        gone = GoneImages(
            journal,
            self._emit,
            self._options.selection.wants_of(source.uri),
            self._began_at,
            self._options.trusts_losses,
        )
        self.report.marked_gone += await gone.mark(source, candidates)

    def _time_limit(self) -> asyncio.TimerHandle | None:
        limit_s = self._options.time_limit_s
        if limit_s is None:
            return None
        error = TimeLimitReached(
            f"The run has taken its time limit of {limit_s:g} s.",
            hint="The next run goes on from here.",
        )
        return asyncio.get_running_loop().call_later(limit_s, self._end, error)

    def _end(self, error: ImgaiError) -> None:
        self._emit(RunStopping(error))
        self._stop.ask(error)

    def _on_signal(self, code: ExitCode) -> None:
        self.report.interrupted_by = code

    def _emit(self, event: Event) -> None:
        self.report.take(event)
        self._tell(event)
        if isinstance(event, ImageFailed | ImageAnalysed):
            self._check_failure_rate()

    def _check_failure_rate(self) -> None:
        allowed, report = self._options.max_failure_rate, self.report
        done = report.analysed + report.failed
        if allowed is None or done < _LEAST_FOR_A_RATE or self._stop.asked:
            return
        if report.failed > allowed * done:
            self._end(
                TooManyFailures(
                    f"{report.failed} of the first {done} images failed, more than "
                    f"--max-failure-rate {allowed:.1%} allows.",
                    hint="`imgai status --failed` lists them with their reasons.",
                )
            )


class _Work:
    """The work of a run, opened for the first picture that wants some."""

    def __init__(
        self, open_work: "Callable[[], Awaitable[Processing]]", throughput: Throughput
    ) -> None:
        self._open = open_work
        self._throughput = throughput
        self._processing: Processing | None = None

    async def opened_for(
        self, candidates: AsyncIterator[Candidate]
    ) -> AsyncGenerator[Candidate, None]:
        """Let the candidates through; the first waits until the work is open.

        Raises:
            ImgaiError: it cannot be opened.
        """
        async for candidate in candidates:
            if self._processing is None:
                self._processing = await self._open()
            yield candidate

    async def process(self, candidate: Candidate) -> None:
        """See `Processing.process`."""
        assert self._processing is not None  # noqa: S101  it was let through above
        began_s = time.monotonic()
        try:
            await self._processing.process(candidate)
        finally:
            self._throughput.add(began_s, time.monotonic(), time.process_time())
