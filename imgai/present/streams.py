"""The process's own stdout and stderr: whoever writes to a full disk is told by name.

Loaded by every command, so it loads next to nothing itself.
"""

import io
import os
import sys
from typing import TYPE_CHECKING

from imgai.errors import StoreError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Results(io.FileIO):
    """Where stdout leads. Libraries write there too: help, completions, tables."""

    def write(self, chunk: "ReadableBuffer", /) -> int:
        """Write some bytes, and return how many.

        Raises:
            BrokenPipeError: the reader has gone: `imgai … | head -1`.
            StoreError: they cannot be written: the disk is full.
        """
        try:
            return super().write(chunk)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(error) from error


def cannot_write(error: OSError) -> StoreError:
    """Return the error of a command whose results cannot be written to stdout."""
    return StoreError(
        f"The results cannot be written to stdout: {error}.",
        hint="Check what stdout leads to, and its free space.",
    )


def name_failures_of_stdout() -> None:
    """Let whatever is written to stdout and cannot be end in a `StoreError`.

    An OSError would not say whether stdout is to blame, or a bug of ours. A terminal
    of Windows is left alone, since it takes text rather than bytes.
    """
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):
        return  # closed by the caller, or a test's own
    if os.name == "nt" and stream.isatty():
        return
    # Buffered even under `python -u`, where a write that the disk cuts short is lost.
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Results(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
    )


def let_go_of_streams() -> None:
    """Write what is still on its way to stdout and stderr, or send it nowhere.

    The interpreter flushes both at its end, and exits with 120 where that fails.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except (OSError, StoreError):
            _lead_nowhere(stream.fileno())
            stream.flush()


def abandon_stdout() -> None:
    """Send what is still on its way to stdout nowhere, since its reader has gone.

    Without it the interpreter complains when it flushes at the end.
    """
    if sys.stdout is not None:
        _lead_nowhere(sys.stdout.fileno())


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
    finally:
        os.close(nowhere)
