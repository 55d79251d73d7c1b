"""A real terminal around the program, and what of its output a terminal would obey."""

import fcntl
import os
import re
import struct
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path

from tests.commands.running import Imgai

# What imgai itself draws with: colours, the cursor's way back over a progress bar.
_DRAWN = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[hl]|[012]?K|[0-9]*A)|\r?\n|\r")
# Control characters, separators of lines, marks of direction, half surrogate pairs.
_OBEYED = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff]"
)
_LONGEST_S = 60
_SIZE = struct.pack("HHHH", 40, 120, 0, 0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came to a terminal."""

    exit_code: int
    text: str


def on_terminal(imgai: Imgai, *arguments: str | Path, **environment: str) -> Seen:
    """Run a command to its end with a terminal of 120 columns before it."""
    reader, writer = os.openpty()
    try:
        fcntl.ioctl(writer, termios.TIOCSWINSZ, _SIZE)
        with subprocess.Popen(
            imgai.command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            cwd=imgai.home,
            env=imgai.variables({"TERM": "xterm-256color", **environment}),
        ) as process:
            os.close(writer)
            seen = _read_to_end(reader)
            exit_code = process.wait(_LONGEST_S)
    finally:
        os.close(reader)
    return Seen(exit_code, seen.decode("utf-8", "surrogateescape"))


def _read_to_end(reader: int) -> bytes:
    seen = b""
    while True:
        try:
            chunk = os.read(reader, 65_536)
        except OSError:  # how Linux says that the other side has closed
            return seen
        if not chunk:
            return seen
        seen += chunk


def obeyed(text: str) -> list[str]:
    """Return what a terminal would obey that imgai did not mean to draw with."""
    return [repr(one) for one in _OBEYED.findall(_DRAWN.sub("", text))]
