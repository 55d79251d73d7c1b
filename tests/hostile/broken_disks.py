"""Runs the program on a disk that fails: strace makes a chosen system call fail."""

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests import pictures
from tests.commands.running import Imgai, Ran
from tests.stubs.workers_ai import WorkersAIStub

PICTURES = 6
_LONGEST_S = 60
_INJECTED = re.compile(r"^\d+ +(?P<at_s>[0-9.]+) .*\(INJECTED\)", re.MULTILINE)
# One picture after the other, one call each: what comes after a failure is seen.
_FLAGS = ("--json", "--workers", "1", "--no-captions", "--no-embeddings")


@dataclass(frozen=True, slots=True)
class Fault:
    """A system call that fails.

    Attributes:
        call: its name: "pwrite64".
        error: as errno names it.
        nth: which of them, from 1, of those that touch the database.
        stays: every one after it fails too.
    """

    call: str
    error: str
    nth: int
    stays: bool

    @property
    def option(self) -> str:
        """What strace is told."""
        when = f"{self.nth}+" if self.stays else str(self.nth)
        return f"inject={self.call}:error={self.error}:when={when}"


@dataclass(frozen=True, slots=True)
class Broken:
    """What a run on a failing disk left behind.

    Attributes:
        ran: its exit code and what it said.
        failed_at_s: when the disk first failed, on the stub's clock; None: never.
    """

    ran: Ran
    failed_at_s: float | None


def make_pictures(folder: Path) -> None:
    """Fill a folder with pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for shift in range(PICTURES):
        path = folder / f"{shift}.jpg"
        path.write_bytes(pictures.encoded(pictures.scene(shift=shift)))


def classify(imgai: Imgai, folder: Path) -> Ran:
    """Classify on a disk that works."""
    return imgai("classify", folder, *_FLAGS)


def classify_on_broken_disk(imgai: Imgai, folder: Path, fault: Fault) -> Broken:
    """Classify while writes to the database fail as told."""
    trace = imgai.home / "trace.txt"
    finished = subprocess.run(
        [
            *_strace(imgai, trace),
            "-e", f"trace={fault.call}", "-e", fault.option,
            *imgai.command(["classify", folder, *_FLAGS]),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=imgai.home,
        env=imgai.variables(),
        timeout=_LONGEST_S,
        check=False,
    )  # fmt: skip
    clock_s = time.monotonic() - time.time()
    first = _INJECTED.search(trace.read_text(encoding="utf-8", errors="replace"))
    return Broken(
        Ran(finished.returncode, finished.stdout.decode(), finished.stderr.decode()),
        float(first["at_s"]) + clock_s if first else None,
    )


def cannot_trace() -> str | None:
    """Return why system calls cannot be made to fail here; None if they can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not there to make system calls fail"
    tried = subprocess.run(
        [strace, "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "true"],
        capture_output=True,
        check=False,
    )
    if tried.returncode:
        return "strace may not trace here, or is too old"
    return None


def _strace(imgai: Imgai, trace: Path) -> list[str]:
    database = imgai.database
    files = [database] + [
        database.with_name(f"{database.name}{ending}")
        for ending in ("-wal", "-journal", "-shm", ".lock")
    ]
    paths = [word for file in files for word in ("-P", str(file))]
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-ttt", "-o", str(trace), *paths]


def wrongs(imgai: Imgai, stub: WorkersAIStub, broken: Broken) -> list[str]:
    """Return what does not hold after a run on a failing disk."""
    ran, failed_at_s = broken.ran, broken.failed_at_s
    if failed_at_s is None:
        return [] if ran.exit_code == 0 else ["it failed although nothing did"]
    if ran.exit_code == 0 and _count(imgai, "prediction") == PICTURES:
        return []  # it failed while the log was folded into the file: nothing is lost
    on_record = _count(imgai, "call")
    facts = {
        f"exit 74, not {ran.exit_code}": ran.exit_code == 74,
        "a named error": '"error": "StoreError"' in ran.err,
        "no traceback": "Traceback" not in ran.err,
        "no call after the failure": all(
            call.at_s <= failed_at_s for call in stub.calls
        ),
        "every call on record": len(stub.calls) <= on_record,
    }
    return [fact for fact, holds in facts.items() if not holds]


def wrongs_afterwards(imgai: Imgai, stub: WorkersAIStub, ran: Ran) -> list[str]:
    """Return what does not hold once there is room and a run has completed."""
    facts = {
        f"exit 0, not {ran.exit_code}": ran.exit_code == 0,
        "every picture answered": _count(imgai, "prediction") == PICTURES,
        "whole": imgai.rows("PRAGMA integrity_check") == [("ok",)],
        "at most one paid twice": len(stub.calls) <= PICTURES + 1,
        "every call on record": _count(imgai, "call") == len(stub.calls),
        "no call open": imgai.rows("SELECT 1 FROM call WHERE outcome IS NULL") == [],
    }
    return [fact for fact, holds in facts.items() if not holds]


def _count(imgai: Imgai, table: str) -> int:
    if not imgai.database.exists():
        return 0
    found = imgai.rows("SELECT 1 FROM sqlite_schema WHERE name = ?", table)
    if not found:
        return 0
    ((count,),) = imgai.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of our own
    return int(count)
