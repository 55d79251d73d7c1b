"""The progress bar of a run, drawn on the terminal by Rich."""

from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imgai.present.progress import Tally

_REDRAWN_PER_S = 5
_WIDEST_BAR, _NARROWEST_BAR = 24, 8  # characters
# Of the sentences, those that a bar may stand beside. Where there is no room for one
# and the last of these, words are worth more than a bar.
_BESIDE_A_BAR = 3
# What a terminal writes behind the line when its user presses Ctrl-C. If that does not
# fit, the line is folded, and half of it stays.
_ECHO = "^C"


class BarProgress:
    """A bar with pictures/s, time left, spent so far and failures; one line, always.

    On a narrow terminal it says less, and never half of anything. It is drawn by Rich's
    own thread a few times a second, from the tally, so an event costs no drawing.
    """

    def __init__(self, tally: Tally, console: Console) -> None:
        self._tally = tally
        self._console = console
        self._live = Live(
            get_renderable=self._drawn,
            console=console,
            refresh_per_second=_REDRAWN_PER_S,
            transient=True,
            # Results are written to stdout as they are; Rich would bend them here.
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        """See `Progress.__enter__`."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See `Progress.__exit__`."""
        with suppress(OSError):  # the terminal has gone; the run went on
            self._live.stop()

    def refresh(self) -> None:
        """See `Progress.refresh`."""

    def say(self, line: str) -> None:
        """See `Progress.say`."""
        text = line.lstrip()
        indent = " " * (len(line) - len(text))
        # Folded between words; a path without spaces can still be copied.
        rows = Text(text).wrap(self._console, self._console.width - len(indent))
        with suppress(OSError):  # likewise; see `Output.say`
            for row in rows:
                row.rstrip()
                self._console.print(Text(indent) + row, soft_wrap=True)

    def _drawn(self) -> RenderableType:
        width = self._console.width - len(_ECHO)
        sentences = self._tally.sentences()
        for sentence in sentences[:_BESIDE_A_BAR]:
            room = width - len(sentence) - 1
            if room >= _NARROWEST_BAR:
                return self._with_bar(sentence, min(room, _WIDEST_BAR))
        fitting = (one for one in sentences[_BESIDE_A_BAR - 1 :] if len(one) <= width)
        return Text(next(fitting, sentences[-1]), no_wrap=True, overflow="ellipsis")

    def _with_bar(self, sentence: str, width: int) -> RenderableType:
        tally = self._tally
        bar = ProgressBar(total=tally.expected, completed=tally.done, width=width)
        row = Table.grid(padding=(0, 1))
        row.add_row(bar, Text(sentence, no_wrap=True))
        return row
