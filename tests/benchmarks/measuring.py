"""What a process took, and how a benchmark's table is set."""

import json
import os
import platform
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from tests.benchmarks.lean_host import ACCOUNT_ID, TOKEN

_KIB = 1024
_PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took, with the children it waited for."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Where `imgai classify` runs, and whom it asks."""

    home: Path
    url: str = ""  # of a host; empty: nobody is asked

    @property
    def database(self) -> Path:
        """The database of the runs."""
        return self.home / "imgai.db"

    def forget(self) -> None:
        """Begin with an empty database again."""
        for path in self.home.glob("imgai.db*"):
            path.unlink()

    def imgai(self, *arguments: str, **variables: str) -> Took:
        """Run imgai to its end, and return what that took.

        Raises:
            CalledProcessError: it did not exit with 0.
        """
        return took([sys.executable, "-m", "imgai", *arguments], self._own(variables))

    def _own(self, variables: dict[str, str]) -> dict[str, str]:
        own = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_PROJECT),
            "HOME": str(self.home),
            "IMGAI_DB": str(self.database),
        }
        if self.url:
            own |= {
                "CLOUDFLARE_ACCOUNT_ID": ACCOUNT_ID,
                "CLOUDFLARE_API_TOKEN": TOKEN,
                "CLOUDFLARE_API_BASE_URL": self.url,
            }
        return own | variables


def took(command: Sequence[str], variables: dict[str, str] | None = None) -> Took:
    """Run a command to its end, and return what that took.

    Raises:
        CalledProcessError: it did not exit with 0.
    """
    before_s = perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=variables
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = perf_counter() - before_s
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    unit = 1 if sys.platform == "darwin" else _KIB
    return Took(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


@contextmanager
def lean_host(latency_s: float) -> Iterator[str]:
    """Yield the URL of a host in a process of its own, stopped afterwards."""
    command = [sys.executable, "-m", "tests.benchmarks.lean_host"]
    with subprocess.Popen(
        [*command, "--latency", str(latency_s)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_PROJECT,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def call_starts(url: str) -> dict[str, list[float]]:
    """Return when the calls of each model came to a host, in seconds."""
    with urllib.request.urlopen(f"{url}/starts") as answer:  # noqa: S310  loopback
        starts: dict[str, list[float]] = json.load(answer)
    return starts


def say(what: str, *values: str) -> None:
    """Print a row of the table."""
    print(f"| {' | '.join((what, *values))} |", flush=True)  # noqa: T201  people run it


def say_head(*columns: str) -> None:
    """Print the head of a table."""
    say(*columns)
    say(*["---"] * len(columns))


def say_machine() -> None:
    """Print on what, and with what, it was measured."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pillow", "httpx"))
    print(  # noqa: T201  a script that people run
        f"{platform.system()} {platform.machine()}, {cores} cores, Python"
        f" {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}\n"
    )
