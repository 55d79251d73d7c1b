"""Runs the program as a person would: its own process, its own home, real files."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
PROJECT = Path(__file__).parents[2]
# The slowest test machine is given this long for one command.
_LONGEST_S = 120


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    exit_code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects of stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last_error(self) -> dict[str, Any]:
        """The JSON object that ends stderr."""
        held: dict[str, Any] = json.loads(self.err.splitlines()[-1])
        return held


@dataclass(slots=True)
class Imgai:
    """The program, in a home folder of its own."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """Where its database is."""
        return self.home / "imgai.db"

    def __call__(
        self,
        *arguments: str | Path,
        stdin: bytes = b"",
        within_s: float = _LONGEST_S,
        **environment: str,
    ) -> Ran:
        """Run a command to its end."""
        finished = subprocess.run(
            self.command(arguments),
            input=stdin,
            capture_output=True,
            cwd=self.home,
            env=self.variables(environment),
            timeout=within_s,
            check=False,
        )
        return Ran(
            finished.returncode,
            finished.stdout.decode(errors="surrogateescape"),
            finished.stderr.decode(errors="surrogateescape"),
        )

    def command(self, arguments: Sequence[str | Path]) -> list[str]:
        """Return the command line of the program."""
        return [sys.executable, "-m", "imgai", *map(str, arguments)]

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of the program: nothing of the test's own."""
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
        own = {"HOME": str(self.home), "IMGAI_DB": str(self.database)}
        return {**kept, **own, **self.environment, **(more or {})}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query of the database finds."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Change the database behind the program's back."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement, values)


def copy_photos(folder: Path, *names: str) -> Path:
    """Copy example photos into a folder, with their times; all if none is named."""
    folder.mkdir(parents=True, exist_ok=True)
    for photo in PHOTOS.iterdir():
        if photo.suffix != ".md" and (not names or photo.name in names):
            shutil.copy2(photo, folder)
    return folder
