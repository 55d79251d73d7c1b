"""What a user may not read or write, met by a user who is really refused it."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import pictures
from tests.commands.fixtures import UNHURRIED
from tests.hostile.guests import (
    NOBODY,
    Guest,
    copy_packages,
    python_for_guests,
    why_no_guest,
)
from tests.stubs.workers_ai import WorkersAIStub


@pytest.fixture(scope="module")
def packages() -> Iterator[Path]:
    """Return a folder with imgai and all it needs, which everyone may read."""
    if why := why_no_guest():
        pytest.skip(why)
    # Not below pytest's own folder, which is closed to others.
    with tempfile.TemporaryDirectory() as name:
        copy_packages(Path(name))
        yield Path(name)


@pytest.fixture
def guest(packages: Path, workers_ai: WorkersAIStub) -> Iterator[Guest]:
    """Return the program as an ordinary user runs it, in a home of its own."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        home.mkdir()
        give(home)
        Path(name).chmod(0o755)
        python = python_for_guests()
        assert python is not None
        variables = {**workers_ai.environment(), **UNHURRIED}
        yield Guest(home, variables, python, packages)


def give(path: Path) -> None:
    """Make the user the owner of a file or folder."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def make_library(guest: Guest, count: int = 3) -> Path:
    """Make a folder of pictures in the user's home."""
    folder = guest.home / "pictures"
    folder.mkdir()
    give(folder)
    for shift in range(count):
        path = folder / f"{shift}.jpg"
        path.write_bytes(pictures.encoded(pictures.scene(shift=shift)))
        give(path)
    return folder


def test_what_may_not_be_read_is_named_and_the_rest_goes_on(guest: Guest) -> None:
    """A file, and a folder with all in it; neither is taken for gone later."""
    folder = make_library(guest)
    (folder / "album").mkdir()
    shutil.copy(folder / "2.jpg", folder / "album")
    (folder / "album" / "2.jpg").write_bytes(pictures.encoded(pictures.scene(shift=9)))
    assert guest("classify", folder).exit_code == 0
    (folder / "1.jpg").chmod(0)
    (folder / "album").chmod(0)

    ran = guest("classify", folder, "--json", "--force")
    gone = guest.rows("SELECT count(*) FROM image WHERE gone_at IS NOT NULL")

    became = {Path(line["uri"]).name: line["reason"] for line in ran.lines}
    assert became == {
        "0.jpg": None,
        "1.jpg": "unreadable",
        "2.jpg": None,
        "album": "unreadable",
    }
    assert ran.exit_code in {0, 3}, ran.err
    assert gone == [(0,)]


def test_a_source_that_may_not_be_entered_is_74(guest: Guest) -> None:
    """It is there, and nothing can be said about it: not 66, not success."""
    folder = make_library(guest)
    folder.chmod(0)

    ran = guest("classify", folder, "--json")

    assert ran.exit_code == 74, ran.err
    assert "denied" in ran.last_error["message"].lower()


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_database_that_may_not_be_written_costs_no_call(
    guest: Guest, workers_ai: WorkersAIStub, closed: str
) -> None:
    """It is refused before the first paid call, and can still be searched."""
    folder = make_library(guest)
    assert guest("classify", folder).exit_code == 0
    new = folder / "new.jpg"
    new.write_bytes(pictures.encoded(pictures.scene(shift=7)))
    give(new)
    kept = guest.home / "kept"
    kept.mkdir()
    database = kept / "imgai.db"
    with closing(sqlite3.connect(guest.database)) as before:
        before.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(guest.database, database)
    give(kept)
    give(database)
    (database if closed == "file" else kept).chmod(0o444 if closed == "file" else 0o555)
    before_bytes, calls = database.read_bytes(), len(workers_ai.requests)

    ran = guest("classify", folder, "--json", "--db", database)
    search = guest("search", "cat", "--mode", "text", "--json", "--db", database)
    status = guest("status", "--json", "--db", database)

    assert ran.exit_code == 74, ran.err
    assert ran.last_error["error"] == "StoreError"
    assert len(workers_ai.requests) == calls
    assert database.read_bytes() == before_bytes
    assert search.exit_code == 0, search.err
    assert status.exit_code == 0, status.err


def test_a_place_that_may_not_be_written_costs_no_call(
    guest: Guest, workers_ai: WorkersAIStub
) -> None:
    """The database cannot even be made there."""
    folder = make_library(guest)
    closed = guest.home / "closed"
    closed.mkdir()
    give(closed)
    closed.chmod(0o555)

    ran = guest("classify", folder, "--json", "--db", closed / "imgai.db")

    assert ran.exit_code == 74, ran.err
    assert workers_ai.requests == []


def test_a_dotenv_that_may_not_be_read_is_78(guest: Guest) -> None:
    """To go on without what it holds would be to ask another account, or none."""
    (guest.home / ".env").write_text("AI_MAX_LABELS=3\n")
    give(guest.home / ".env")
    (guest.home / ".env").chmod(0)

    ran = guest("classify", ".", "--json")

    assert ran.exit_code == 78, ran.err
    assert ".env" in ran.last_error["message"]
