"""Where a command's words go: results to stdout, everything else to stderr."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from imgai.errors import StoreError
from imgai.present.streams import cannot_write

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Output:
    """The two streams of a command."""

    out: TextIO  # results
    err: TextIO  # everything else

    def result(self, line: str) -> None:
        """Write one line of results, and let it go at once.

        Raises:
            BrokenPipeError: the reader has gone: `imgai … | head -1`.
            StoreError: it cannot be written: the disk is full.
        """
        try:
            self.out.write(line + "\n")
            self.out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(error) from error

    def results(self, lines: Iterable[str]) -> None:
        """Write lines of results, each as soon as there is one. See `result`."""
        for line in lines:
            self.result(line)

    def say(self, line: str) -> None:
        """Write one line to stderr. If nobody can hear it, that stops nothing."""
        try:
            self.err.write(line + "\n")
            self.err.flush()
        except (OSError, ValueError):  # a full disk, a reader gone, a closed stream
            return


def standard_output() -> Output:
    """Return the process's own streams, made to take any text.

    What the locale's encoding cannot write is written as Python would escape it. A
    stream that was closed before the start leads nowhere.
    """
    return Output(_tolerant(sys.stdout), _tolerant(sys.stderr))


def _tolerant(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed by the caller: `imgai … >&-`
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        # It flushes. Where that fails, it did before, and somebody is to hear of it.
        with suppress(OSError, StoreError):
            stream.reconfigure(errors="backslashreplace")
    return stream


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a person is at the stream, who may be drawn for, or asked.

    Not at one that the caller closed, which is None: `imgai … <&-`.
    """
    if stream is None:
        return False
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


def can_write(stream: TextIO, text: str) -> bool:
    """Return whether the stream's encoding has these characters."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# Wide enough that a table in a file or a pipe is not folded like on a small screen.
_WIDTH_WITHOUT_TERMINAL = 160


def rich_console(stream: TextIO) -> "Console":
    """Return a Rich console that interprets nothing in the texts it is given.

    Colours as Rich decides: on a terminal, unless NO_COLOR or TERM=dumb.
    """
    from rich.console import Console  # noqa: PLC0415  40 ms, not for plain lines

    width = None
    if not is_terminal(stream) and "COLUMNS" not in os.environ:
        width = _WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def width_of(output: Output) -> int:
    """Return how many characters wide the terminal is, or what stands for one."""
    return rich_console(output.out).width


def show(output: Output, drawn: "RenderableType") -> None:
    """Draw a table or the like on stdout, in colour if it is a terminal.

    Raises:
        BrokenPipeError: see `Output.result`.
        StoreError: see `Output.result`.
    """
    _draw(output, [drawn], is_folded=True)


def show_page(output: Output, lines: Sequence["Text"]) -> None:
    """Write styled lines to stdout, in colour if it is a terminal, each in one piece.

    Raises:
        BrokenPipeError: see `Output.result`.
        StoreError: see `Output.result`.
    """
    _draw(output, lines, is_folded=False)


def _draw(
    output: Output, drawn: Sequence["RenderableType"], *, is_folded: bool
) -> None:
    console = rich_console(output.out)
    # Captured, since Rich would end the program itself when the reader has gone.
    with console.capture() as capture:
        for one in drawn:
            console.print(one, soft_wrap=not is_folded)
    lines = (line.rstrip() for line in capture.get().rstrip("\n").split("\n"))
    output.result("\n".join(lines))
