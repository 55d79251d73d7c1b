"""A run of `classify`, told to whoever watches: a person, a log or a program."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

from imgai.domain.events import (
    Event,
    ImageAnalysed,
    ImageFailed,
    ImageOutcome,
    ImagePassed,
    ImagesKnown,
    ModelReplaced,
    PlanMade,
    RunStopping,
    Warned,
    WorkBegan,
)
from imgai.domain.predictions import Backend
from imgai.domain.report import RunReport
from imgai.errors import ExitCode, StoreError
from imgai.present import image_lines
from imgai.present.console import Output, is_terminal, rich_console
from imgai.present.errors import advice, ended_line, error_line
from imgai.present.image_lines import ImageLines
from imgai.present.plan import estimate_line
from imgai.present.progress import Clock, NoProgress, Progress, ProgressLines, Tally
from imgai.present.receipt import (
    append_summary,
    ending,
    failure_lines,
    found_no_images,
    receipt_lines,
)
from imgai.present.text import safe


class Detail(Enum):
    """How much a person wants to hear."""

    ERRORS = "errors"  # --quiet
    NORMAL = "normal"
    EVERY_IMAGE = "every image"  # --verbose


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is to be told."""

    detail: Detail = Detail.NORMAL
    as_json: bool = False
    tells_known: bool = False  # --all


def _nothing() -> None:
    return


def presenter_for(
    output: Output,
    manner: Manner,
    dollars_per_neuron: float,
    *,
    when_unheard: Callable[[], None] = _nothing,
    clock: Clock = time.monotonic,
) -> "RunPresenter":
    """Return the presenter that suits the streams and the wishes.

    Args:
        output: where to tell.
        manner: what the flags say.
        dollars_per_neuron: what a neuron costs.
        when_unheard: called once when the reader of stdout has gone (`… | head -1`)
            or stdout cannot be written; the run goes on unless this stops it.
        clock: for pace and times.
    """
    tally = Tally(dollars_per_neuron, clock, clock())
    return RunPresenter(
        output=output,
        manner=manner,
        tally=tally,
        progress=_progress(output, manner, tally),
        lines=_lines(manner),
        when_unheard=when_unheard,
    )


def _progress(output: Output, manner: Manner, tally: Tally) -> Progress:
    if manner.detail is Detail.ERRORS:
        return NoProgress(output)
    if not is_terminal(output.err):
        return ProgressLines(tally, output)
    if _lines(manner) is not image_lines.no_lines and is_terminal(output.out):
        return NoProgress(output)  # the lines themselves show how far it is
    from imgai.present.bar import BarProgress  # noqa: PLC0415  Rich, 40 ms

    return BarProgress(tally, rich_console(output.err))


def _lines(manner: Manner) -> ImageLines:
    if manner.as_json:
        if manner.tells_known:
            return image_lines.json_lines_of_all
        return image_lines.json_lines
    if manner.tells_known:
        return image_lines.verbose_lines_of_all
    if manner.detail is Detail.EVERY_IMAGE:
        return image_lines.verbose_lines
    return image_lines.no_lines


@dataclass(slots=True)
class RunPresenter:
    """Tells a run while it works and when it is over.

    An image a line goes to stdout, progress and words to stderr. It is entered before
    the first event and left after `finish`. While the run works it never raises for
    want of ears.
    """

    output: Output
    manner: Manner
    tally: Tally
    progress: Progress
    lines: ImageLines
    when_unheard: Callable[[], None] = _nothing
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _unwritten: BrokenPipeError | StoreError | None = None
    _said: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        """Begin to show progress."""
        self.progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing progress, whatever happened."""
        self.progress.__exit__(kind, error, trace)

    def expect(self, images: int) -> None:
        """Learn how many images the run will look at, which tells the time left."""
        self.tally.expected = images

    def say(self, line: str) -> None:
        """Tell the person one thing of note, on stderr; not with `--quiet`."""
        if self.manner.detail is not Detail.ERRORS:
            self._say_once(safe(line))

    def take(self, event: Event) -> None:
        """Tell an event. Called from one thread at a time."""
        self.tally.take(event)
        match event:
            case ImageAnalysed() | ImageFailed() | ImagePassed() | ImagesKnown():
                self._tell_image(event)
            case Warned(message=message):
                self.say(f"Warning: {message}")
            case ModelReplaced(old_model, new_model, why):
                self.say(f"Warning: {old_model} gives way to {new_model}: {why}")
            case RunStopping(error=error):
                self._say_once(safe(f"Stopping: {error}"))
                for line in advice(error):
                    self._say_once(f"  {line}")
            case _:
                self._tell_beginning(event)
        self.progress.refresh()

    def _tell_beginning(self, event: Event) -> None:
        match event:
            case WorkBegan(backend, models):
                self.say(f"Asking {backend}: {', '.join(models)}.")
            case PlanMade(estimate=estimate):
                self.expect(estimate.survey.seen)
                if estimate.backend is Backend.WORKERS_AI:
                    rate = self.tally.dollars_per_neuron
                    self.say(estimate_line(estimate, rate))
            case _:  # what was listed is counted by the tally
                pass

    def _tell_image(self, outcome: ImageOutcome) -> None:
        if self._unwritten is not None:
            return
        try:
            for line in self.lines(outcome):
                self.output.result(line)
        except (BrokenPipeError, StoreError) as error:
            self._unwritten = error
            self.when_unheard()

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.progress.say(line)

    def finish(self, report: RunReport) -> None:
        """Tell what the run came to. With JSON, the last line on stderr is its end.

        Raises:
            StoreError: results could not be written to stdout.
            BrokenPipeError: the reader of stdout has gone.
        """
        self.progress.__exit__(None, None, None)  # no bar below the receipt
        for line in self._receipt(report):
            self.progress.say(line)
        append_summary(report, self.tally.dollars_per_neuron, self.environment)
        if self._unwritten is not None:
            raise self._unwritten
        if self.manner.as_json and report.exit_code is not ExitCode.OK:
            self.output.say(_end_of(report))

    def _receipt(self, report: RunReport) -> list[str]:
        if self.manner.detail is Detail.ERRORS:
            return failure_lines(report)
        is_awaited = is_terminal(self.output.err) or report.only_failed
        if report.is_quiet and not is_awaited and not found_no_images(report):
            return []
        return receipt_lines(report, self.tally.dollars_per_neuron)


def _end_of(report: RunReport) -> str:
    if report.stopped_by is not None and report.interrupted_by is None:
        return error_line(report.stopped_by)
    return ended_line(int(report.exit_code), *ending(report))
