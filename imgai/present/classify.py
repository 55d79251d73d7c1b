"""A run of `classify`, told to whoever watches: a person, a log or a program."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from imgai.domain.events import (
    Event,
    ImageAnalysed,
    ImageFailed,
    ImageOutcome,
    ImagePassed,
    ImagesKnown,
    ModelReplaced,
    RunStopping,
    Warned,
    WorkBegan,
)
from imgai.domain.report import RunReport
from imgai.errors import ExitCode, StoreError
from imgai.present.console import Output, is_terminal, rich_console
from imgai.present.errors import ended_line
from imgai.present.image_lines import (
    ImageLines,
    json_lines,
    json_lines_of_all,
    no_lines,
    verbose_lines,
    verbose_lines_of_all,
)
from imgai.present.progress import Clock, NoProgress, Progress, ProgressLines, Tally
from imgai.present.receipt import (
    append_summary,
    ending,
    failure_lines,
    found_no_images,
    receipt_lines,
)
from imgai.present.text import safe


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a run is to be told, as the flags say."""

    dollars_per_neuron: float
    as_json: bool = False
    shows_known: bool = False  # --all
    is_quiet: bool = False  # only errors
    is_verbose: bool = False  # a line an image


class Presenter(Protocol):
    """Tells a run while it works and when it is over. Never raises for want of ears.

    It is entered before the first event and left after `finish`.
    """

    def __enter__(self) -> Self:
        """Begin to show progress."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing progress, whatever happened."""
        ...

    def expect(self, images: int) -> None:
        """Learn how many images the run will look at, which tells the time left."""
        ...

    def say(self, line: str) -> None:
        """Tell the person one thing of note, on stderr; not with `--quiet`."""
        ...

    def take(self, event: Event) -> None:
        """Tell an event. Called from one thread at a time."""
        ...

    def finish(self, report: RunReport) -> None:
        """Tell what the run came to.

        With JSON, stderr ends with the line that says how the run failed. What stopped
        it early is an error for `main` to show, after this.
        """
        ...


def _nothing() -> None:
    return


def choose_presenter(
    presentation: Presentation,
    output: Output,
    *,
    when_unheard: Callable[[], None] = _nothing,
    clock: Clock = time.monotonic,
) -> "RunPresenter":
    """Return the presenter that suits the wishes and the streams.

    Args:
        presentation: what the flags say.
        output: where to tell.
        when_unheard: called once when the reader of stdout has gone (`… | head -1`)
            or stdout cannot be written; the run goes on unless this stops it.
        clock: for pace and times.
    """
    tally = Tally(presentation.dollars_per_neuron, clock, clock())
    return RunPresenter(
        output=output,
        presentation=presentation,
        tally=tally,
        progress=_progress(presentation, output, tally),
        lines=_lines(presentation),
        when_unheard=when_unheard,
    )


def _progress(presentation: Presentation, output: Output, tally: Tally) -> Progress:
    if presentation.is_quiet:
        return NoProgress(output)
    if not is_terminal(output.err):
        return ProgressLines(tally, output)
    if _lines(presentation) is not no_lines and is_terminal(output.out):
        return NoProgress(output)  # the lines themselves show how far it is
    from imgai.present.bar import BarProgress  # noqa: PLC0415  Rich, 40 ms

    return BarProgress(tally, rich_console(output.err))


def _lines(presentation: Presentation) -> ImageLines:
    if presentation.as_json:
        return json_lines_of_all if presentation.shows_known else json_lines
    if presentation.shows_known:
        return verbose_lines_of_all
    return verbose_lines if presentation.is_verbose else no_lines


@dataclass(slots=True)
class RunPresenter:
    """The one `Presenter`: an image a line on stdout, progress and words on stderr."""

    output: Output
    presentation: Presentation
    tally: Tally
    progress: Progress
    lines: ImageLines
    when_unheard: Callable[[], None] = _nothing
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _is_unheard: bool = False
    _said: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        """See `Presenter.__enter__`."""
        self.progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See `Presenter.__exit__`."""
        self.progress.__exit__(kind, error, trace)

    def expect(self, images: int) -> None:
        """See `Presenter.expect`."""
        self.tally.expected = images

    def say(self, line: str) -> None:
        """See `Presenter.say`."""
        if not self.presentation.is_quiet:
            self._say_once(safe(line))

    def take(self, event: Event) -> None:
        """See `Presenter.take`."""
        self.tally.take(event)
        match event:
            case ImageAnalysed() | ImageFailed() | ImagePassed() | ImagesKnown():
                self._tell_image(event)
            case Warned(message=message):
                self.say(f"Warning: {message}")
            case ModelReplaced(old_model, new_model, why):
                self.say(f"Warning: {old_model} gives way to {new_model}: {why}")
            case RunStopping(error=error):
                self.say(f"Stopping: {error}")
            case WorkBegan(backend, models):
                self.say(f"Asking {backend}: {', '.join(models)}")
            case _:
                pass
        self.progress.refresh()

    def _tell_image(self, outcome: ImageOutcome) -> None:
        if self._is_unheard:
            return
        try:
            for line in self.lines(outcome):
                self.output.result(line)
        except (OSError, StoreError):
            self._is_unheard = True
            self.when_unheard()

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.progress.say(line)

    def finish(self, report: RunReport) -> None:
        """See `Presenter.finish`."""
        self.progress.__exit__(None, None, None)  # no bar below the receipt
        for line in self._receipt(report):
            self.output.say(line)
        append_summary(report, self.tally.dollars_per_neuron, self.environment)
        if self.presentation.as_json and (end := _end_of(report)):
            self.output.say(end)

    def _receipt(self, report: RunReport) -> list[str]:
        if self.presentation.is_quiet:
            return failure_lines(report)
        is_watched = is_terminal(self.output.err)
        if report.is_quiet and not is_watched and not found_no_images(report):
            return []
        return receipt_lines(report, self.tally.dollars_per_neuron)


def _end_of(report: RunReport) -> str | None:
    """Return the last line for programs, unless the command ends with an error."""
    is_error = report.stopped_by is not None and report.interrupted_by is None
    if is_error or report.exit_code is ExitCode.OK:
        return None
    return ended_line(int(report.exit_code), *ending(report))
