"""Streams to present to: texts in memory, and a real terminal."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from imgai.present.console import Output


@dataclass(frozen=True, slots=True)
class Told:
    """What was written, to read back."""

    out: io.StringIO
    err: io.StringIO

    @property
    def results(self) -> list[str]:
        """The lines of stdout."""
        return self.out.getvalue().splitlines()

    @property
    def words(self) -> list[str]:
        """The lines of stderr."""
        return self.err.getvalue().splitlines()


def in_memory() -> tuple[Output, Told]:
    """Return streams that are no terminal, and what they were told."""
    told = Told(io.StringIO(), io.StringIO())
    return Output(told.out, told.err), told


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal as its user sees it."""

    stream: TextIO
    reader: int

    def read(self) -> str:
        """Return all that was written so far, escape sequences included."""
        self.stream.flush()
        os.set_blocking(self.reader, False)
        seen = b""
        try:
            while chunk := os.read(self.reader, 65_536):
                seen += chunk
        except (BlockingIOError, OSError):  # nothing more yet
            pass
        return seen.decode()


@contextmanager
def terminal() -> Iterator[Screen]:
    """Open a real terminal of 120 columns."""
    reader, writer = os.openpty()
    with open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123  a descriptor
        yield Screen(stream, reader)
    os.close(reader)
