"""Pictures on the terminal: by kitty's protocol, as sixels, or as half blocks.

textual-image asks the terminal what it can do when it is imported, so it is imported
only for a picture that is to be shown, and only with a terminal to show it on.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imgai.present.console import Output, is_terminal, rich_console
from imgai.present.text import shown_uri

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDTH_CELLS = 36
NO_TERMINAL = "Pictures are shown on a terminal only: --preview was left out."


def can_preview(output: Output) -> bool:
    """Return whether stdout is a terminal that takes colours, and so pictures."""
    if not is_terminal(output.out) or os.environ.get("NO_COLOR"):
        return False
    try:
        # One that does not know its size, the library would divide by.
        return os.get_terminal_size(output.out.fileno()).columns > 0
    except OSError:
        return False


def show_preview(jpeg: bytes, uri: str, output: Output) -> None:
    """Draw a picture on stdout, which must be a terminal, in the best way it knows.

    Args:
        jpeg: a thumbnail, as `imgai.prepare.thumbnail` makes it.
        uri: of the image, to be written below it.
        output: whose stdout is the process's own terminal.

    Raises:
        BrokenPipeError: the terminal has gone.
        StoreError: it cannot be written.
    """
    console = rich_console(output.out)
    # Captured and written whole, as all results are; see `imgai.present.console`.
    with console.capture() as capture:
        console.print(_drawn(jpeg, min(_WIDTH_CELLS, console.width)))
    output.result(capture.get().rstrip("\n"))
    output.result(shown_uri(uri))


def _drawn(jpeg: bytes, width_cells: int) -> "RenderableType":
    with _terminal_alone():
        from textual_image.renderable import Image  # noqa: PLC0415  asks the terminal

        return Image(io.BytesIO(jpeg), width=width_cells)


@contextmanager
def _terminal_alone() -> Iterator[None]:
    """Let the library ask only a terminal: it would read an answer from any stdin.

    With stdin from a file or pipe (`xargs imgai show --preview`) it then takes what
    every terminal can show, half blocks.
    """
    stdin = sys.__stdin__
    if stdin is not None and stdin.isatty():
        yield
        return
    sys.__stdin__ = None  # type: ignore[misc]  # the library looks there, and for None
    try:
        yield
    finally:
        sys.__stdin__ = stdin  # type: ignore[misc]
