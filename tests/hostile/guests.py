"""The program run as a user who may be refused things: root never is."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.commands.running import PROJECT, Imgai

NOBODY = 65534
_NOT_NEEDED = {"botocore"}  # for buckets alone, and a thousand files


@dataclass(slots=True)
class Guest(Imgai):
    """The program as an ordinary user runs it.

    Attributes:
        python: a Python that the user may run.
        packages: a copy of imgai and of what it needs, which the user may read.
    """

    python: str = sys.executable
    packages: Path = PROJECT

    def command(self, arguments: Sequence[str | Path]) -> list[str]:
        """Return the command line of the program, run by the user."""
        return [*as_nobody(), self.python, "-m", "imgai", *map(str, arguments)]

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of the program."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.packages),
            "HOME": str(self.home),
            "IMGAI_DB": str(self.database),
            **self.environment,
            **(more or {}),
        }


def as_nobody() -> list[str]:
    """Return what to put before a command to run it without rights."""
    if os.geteuid() != 0:
        return []  # an ordinary user already
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def why_no_guest() -> str | None:
    """Return why the program cannot be run as an ordinary user; None if it can."""
    if os.name == "nt":
        return "Windows has other permissions"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "this is root, and setpriv is not there to become someone else"
    if python_for_guests() is None:
        return "there is no Python that another user may run"
    return None


def python_for_guests() -> str | None:
    """Return a Python of this version that the user may run; None if there is none."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    here = os.path.realpath(sys.executable)
    for python in (
        here,
        f"/usr/local/bin/python{version}",
        f"/usr/bin/python{version}",
    ):
        if _may_run(python):
            return python
    return None


def _may_run(python: str) -> bool:
    try:
        tried = subprocess.run(
            [*as_nobody(), python, "-c", "import sqlite3, ssl"],
            capture_output=True,
            check=False,
            cwd="/",
        )
    except OSError:
        return False
    return tried.returncode == 0


def copy_packages(folder: Path) -> None:
    """Copy imgai and all that it needs into a folder that everyone may read."""
    shutil.copytree(
        PROJECT / "imgai",
        folder / "imgai",
        ignore=shutil.ignore_patterns("__pycache__", "weights"),
    )
    for needed in _needed_packages():
        for file in needed.files or ():
            if ".." in file.parts or "__pycache__" in file.parts:
                continue
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), target)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _needed_packages() -> list[Distribution]:
    """Return what imgai requires, and what that requires, as far as installed."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    waiting: list[str] = list(project["project"]["dependencies"])
    found: dict[str, Distribution] = {}
    while waiting:
        requirement = Requirement(waiting.pop())
        name, marker = requirement.name.lower(), requirement.marker
        if name in found or name in _NOT_NEEDED:
            continue
        # For another system, another Python, or an extra.
        if marker is not None and not marker.evaluate({"extra": ""}):
            continue
        found[name] = distribution(name)
        waiting += found[name].requires or ()
    return list(found.values())
