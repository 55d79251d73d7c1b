"""How far a run is: what is counted, and how it is told line by line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from imgai.domain.events import Event, ImageAnalysed, ImageFailed
from imgai.domain.report import RunReport
from imgai.present.amounts import (
    counted,
    shown_dollars,
    shown_duration,
    shown_neurons,
)
from imgai.present.console import Output

Clock = Callable[[], float]  # seconds, from any moment on; never goes back

_LINE_EVERY_S = 10.0


@dataclass(slots=True)
class Tally:
    """What has become of the images so far."""

    dollars_per_neuron: float
    clock: Clock
    began_s: float
    counts: RunReport = field(default_factory=RunReport)
    neurons: float = 0.0
    expected: int | None = None  # images in all; None while nobody knows

    def take(self, event: Event) -> None:
        """Count an event."""
        self.counts.take(event)
        if isinstance(event, ImageAnalysed | ImageFailed):
            self.neurons += event.neurons

    @property
    def worked(self) -> int:
        """Images that took work, whatever came of it."""
        return self.counts.analysed + self.counts.failed

    @property
    def done(self) -> int:
        """Images that are behind the run."""
        counts = self.counts
        return self.worked + counts.known + counts.skipped.total()

    @property
    def pictures_per_s(self) -> float:
        """How fast images are worked on, since the beginning."""
        elapsed_s = self.clock() - self.began_s
        return self.worked / elapsed_s if elapsed_s > 0 else 0.0

    @property
    def left_s(self) -> float | None:
        """How long the rest will take; None if nobody knows."""
        pace = self.pictures_per_s
        if self.expected is None or pace == 0:
            return None
        return max(0, self.expected - self.done) / pace

    def sentences(self) -> list[str]:
        """Return how far the run is, in one line: the fullest first, the briefest last.

        What goes first is said in other words: neurons by dollars, the pace by the
        time left, the count by its share of the whole.
        """
        count = share = f"{self.done:,} images"
        if self.expected:
            count = f"{self.done:,} of {self.expected:,} images"
            share = f"{min(100, 100 * self.done // self.expected)}%"
        pace = f"{self.pictures_per_s:.1f} pictures/s"
        left_s, failed = self.left_s, self.counts.failed
        left = f"{shown_duration(left_s)} left" if left_s is not None else ""
        dollars = shown_dollars(self.neurons * self.dollars_per_neuron)
        spent = dollars if self.neurons else ""
        neurons = f"{shown_neurons(self.neurons)}, {dollars}" if self.neurons else ""
        failures = counted(failed, "failure") if failed else ""
        return [
            " · ".join(filter(None, parts))
            for parts in (
                (count, pace, left, neurons, failures),
                (count, pace, left, spent, failures),
                (count, left, spent, failures),
                (share, left, spent, failures),
                (share, left or spent, failures),
                (share, failures),
                (share,),
            )
        ]


class Progress(Protocol):
    """Shows how far a run is, between `__enter__` and `__exit__`."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screen as it was."""
        ...

    def refresh(self) -> None:
        """Show what has changed, if it is time to."""
        ...

    def say(self, line: str) -> None:
        """Say a line on stderr, without disturbing what is shown."""
        ...


@dataclass(slots=True)
class ProgressLines:
    """A plain line every 10 s, for a log; none before something was worked on.

    Lines come with events: a run in which nothing happens says nothing.
    """

    tally: Tally
    output: Output
    _told_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._told_s = self.tally.began_s

    def __enter__(self) -> Self:
        """See `Progress.__enter__`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See `Progress.__exit__`."""

    def refresh(self) -> None:
        """See `Progress.refresh`."""
        now_s = self.tally.clock()
        if self.tally.worked and now_s - self._told_s >= _LINE_EVERY_S:
            self._told_s = now_s
            self.output.say(self.tally.sentences()[0])

    def say(self, line: str) -> None:
        """See `Progress.say`."""
        self.output.say(line)


@dataclass(frozen=True, slots=True)
class NoProgress:
    """Nothing but what is said: `--quiet`, or stdout has a line an image."""

    output: Output

    def __enter__(self) -> Self:
        """See `Progress.__enter__`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See `Progress.__exit__`."""

    def refresh(self) -> None:
        """See `Progress.refresh`."""

    def say(self, line: str) -> None:
        """See `Progress.say`."""
        self.output.say(line)
