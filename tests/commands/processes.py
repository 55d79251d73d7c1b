"""Programs that run beside the test: started, watched, interrupted, killed."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.commands.running import Imgai, Ran

# The slowest test machine is given this long for anything that is awaited.
LONGEST_S = 30.0
_LOOK_S = 0.005
_pause = threading.Event()  # never set: waiting for it is a sleep that can be named


@dataclass(slots=True)
class Running:
    """A program that has been started."""

    process: subprocess.Popen[bytes]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def heeds(self, number: signal.Signals) -> bool:
        """Return whether the program has said what it does on a signal."""
        return self._has("SigCgt", number)

    def has_heard(self, number: signal.Signals) -> bool:
        """Return whether a signal that was sent to it is no longer pending."""
        return not self._has("ShdPnd", number)

    def _has(self, mask: str, number: signal.Signals) -> bool:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        (line,) = [one for one in status.splitlines() if one.startswith(mask)]
        return bool(int(line.split()[1], 16) >> (number - 1) & 1)

    def kill(self) -> None:
        """End it as a power cut would, with everything it started left to itself."""
        self.process.kill()
        self.process.communicate(timeout=LONGEST_S)

    def end(self, within_s: float = LONGEST_S) -> Ran:
        """Wait until it ends, and return what it left behind.

        Raises:
            TimeoutExpired: it does not end in time.
        """
        out, err = self.process.communicate(timeout=within_s)
        return Ran(
            self.process.returncode,
            out.decode(errors="surrogateescape"),
            err.decode(errors="surrogateescape"),
        )


@contextmanager
def started(
    imgai: Imgai, *arguments: str | Path, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Start a command; kill it at the end of the block if it still runs."""
    process = subprocess.Popen(
        imgai.command(arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=imgai.home,
        env=imgai.variables(environment),
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()


def wait_until(
    holds: Callable[[], bool], what: str, within_s: float = LONGEST_S
) -> None:
    """Return as soon as something holds; fail if it never does."""
    for _ in range(int(within_s / _LOOK_S)):
        if holds():
            return
        _pause.wait(_LOOK_S)
    raise AssertionError(f"it never came to this: {what}")


def linger(seconds: float) -> None:
    """Let some time pass, where the moment is what a test tries out."""
    _pause.wait(seconds)


def left_running(home: Path) -> list[str]:
    """Return the command lines of processes that live in a home folder.

    Where there is no /proc, nobody can say, and none is returned.
    """
    marks = {f"HOME={home}".encode(), f"IMGAI_DB={home / 'imgai.db'}".encode()}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended, or is somebody else's
            continue
        if folder.name != str(os.getpid()) and marks & set(variables):
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found
