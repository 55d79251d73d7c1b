"""Runs the program and watches the memory of all its processes."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.commands.running import Imgai, Ran

_LOOK_EVERY_S = 0.02
_LONGEST_S = 120
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a command left behind, and what it took.

    Attributes:
        ran: its exit code and what it said.
        peak_bytes: of the memory of all its processes together, shared pages counted
            once, looked at every 20 ms, or of the largest at any time if that was
            more; 0 where the system does not tell.
        left_over: the command lines of processes that outlived it.
    """

    ran: Ran
    peak_bytes: int
    left_over: list[str]


def measured(imgai: Imgai, *arguments: str | Path, **environment: str) -> Measured:
    """Run a command to its end in a session of its own, and watch it."""
    out, err = imgai.home / "out.txt", imgai.home / "err.txt"
    began_s = time.monotonic()
    with (
        out.open("wb") as out_file,
        err.open("wb") as err_file,
        subprocess.Popen(
            imgai.command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=out_file,
            stderr=err_file,
            cwd=imgai.home,
            env=imgai.variables(environment),
            start_new_session=True,
        ) as process,
    ):
        peak_bytes = _peak_until_the_end(process, began_s)
    ran = Ran(
        process.returncode,
        out.read_text(encoding="utf-8", errors="surrogateescape"),
        err.read_text(encoding="utf-8", errors="surrogateescape"),
    )
    left_over = [
        (one / "cmdline").read_text(encoding="utf-8", errors="replace")
        for one in processes_of_session(process.pid)
    ]
    return Measured(ran, peak_bytes, left_over)


def _peak_until_the_end(process: "subprocess.Popen[bytes]", began_s: float) -> int:
    peak_bytes = 0
    while time.monotonic() - began_s < _LONGEST_S:
        peak_bytes = max(peak_bytes, _memory_of_session(process.pid))
        try:
            process.wait(_LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
        return peak_bytes
    process.kill()
    raise TimeoutError(f"still running after {_LONGEST_S} s")


def processes_of_session(leader: int) -> list[Path]:
    """Return the folders of `/proc` of every process of a session."""
    if not _PROC.is_dir():
        return []
    return [
        entry
        for entry in _PROC.iterdir()
        if entry.name.isdecimal() and _session_of(int(entry.name)) == leader
    ]


def _memory_of_session(leader: int) -> int:
    processes = processes_of_session(leader)
    together = sum(_bytes_said(one / "smaps_rollup", "Pss:") for one in processes)
    highest = (_bytes_said(one / "status", "VmHWM:") for one in processes)
    return max([together, *highest])


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:  # it has ended meanwhile
        return 0


def _bytes_said(file: Path, name: str) -> int:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
