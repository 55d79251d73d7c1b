"""The progress bar of a run, drawn on the terminal by Rich."""

from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imgai.present.progress import Tally

_REDRAWN_PER_S = 5
_BAR_WIDTH = 24


class BarProgress:
    """A bar with pictures/s, time left, spent so far and failures.

    It is drawn by Rich's own thread a few times a second, from the tally, so an
    event costs no drawing.
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
        self._live.stop()

    def refresh(self) -> None:
        """See `Progress.refresh`."""

    def say(self, line: str) -> None:
        """See `Progress.say`."""
        self._console.print(Text(line), soft_wrap=True)

    def _drawn(self) -> RenderableType:
        tally = self._tally
        bar = ProgressBar(total=tally.expected, completed=tally.done, width=_BAR_WIDTH)
        row = Table.grid(padding=(0, 1))
        row.add_row(bar, Text(tally.sentence(), no_wrap=True, overflow="ellipsis"))
        return row
