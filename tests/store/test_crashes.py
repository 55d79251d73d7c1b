"""Processes that are killed, disks that are full, and two runs on one database."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from imgai.errors import DatabaseBusy, StoreError
from imgai.store.connection import open_for_writing
from imgai.store.lock import hold_database
from tests.sources.folders import rights_given_up

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database is to be."""
    return tmp_path / "imgai.db"


@contextmanager
def child(how: str, path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a way of `children.py`; it is killed at the end of the block."""
    script = str(Path(__file__).with_name("children.py"))
    with subprocess.Popen(
        [sys.executable, script, how, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stdout is not None
    return (line.rstrip("\n") for line in process.stdout)


def stored(path: Path) -> set[str]:
    with closing(open_for_writing(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT picture_hash FROM picture")
        return {picture_hash for (picture_hash,) in rows}


@pytest.mark.parametrize("after", [1, 7, 60])
def test_a_kill_loses_nothing_that_was_acknowledged(path: Path, after: int) -> None:
    """However early or late it comes; what is in flight may be there or not."""
    with child("write", path) as process:
        told = lines(process)
        acknowledged = {next(told) for _ in range(after)}
        process.kill()
        acknowledged.update(line for line in told if line.startswith("p1-"))

    assert len(acknowledged) >= after
    assert acknowledged <= stored(path)


def test_a_full_disk_is_named_and_all_is_well_once_there_is_room(path: Path) -> None:
    """What was acknowledged is there, what was refused is not, and writing goes on."""
    with child("fill", path) as process:
        told = list(lines(process))
        process.wait(30)

    refused = [line for line in told if line.startswith("StoreError")]
    acknowledged = {line for line in told if line.startswith("p1-")}
    assert process.returncode == 0
    assert len(refused) == 1
    assert told.index(refused[0]) == len(told) - 4, "three more, once there was room"
    assert stored(path) == acknowledged


def test_a_second_process_is_told_who_holds_the_database(path: Path) -> None:
    """Which process, on which machine, since when."""
    with child("hold", path) as process:
        assert next(lines(process)) == "held"
        with pytest.raises(DatabaseBusy) as caught, hold_database(path):
            pass

        said = str(caught.value)
        since = json.loads(path.with_name("imgai.db.lock").read_text())["since"]
        assert f"process {process.pid} on " in said
        assert since in said
        assert "--wait" in caught.value.hint


def test_the_lock_of_a_killed_process_is_no_lock(path: Path) -> None:
    """It belongs to the process, and not to the file it leaves behind."""
    with child("hold", path) as process:
        assert next(lines(process)) == "held"
        process.kill()
        process.wait(30)

        with hold_database(path):
            pass

    assert path.with_name("imgai.db.lock").exists()


def test_a_lock_is_free_after_its_block_and_after_an_error(path: Path) -> None:
    """A run that failed does not stand in the way of the next."""
    with pytest.raises(KeyError), hold_database(path):
        raise KeyError

    with hold_database(path):
        pass


def test_a_lock_without_a_name_is_still_a_lock(path: Path) -> None:
    """Its holder may have been caught before it had signed."""
    with ExitStack() as stack:
        stack.enter_context(hold_database(path))
        path.with_name("imgai.db.lock").write_text("not JSON")

        with pytest.raises(DatabaseBusy, match="another process"):
            stack.enter_context(hold_database(path))


def test_a_folder_that_may_not_be_written_has_no_lock(path: Path) -> None:
    """Named before anything is paid for."""
    lock = hold_database(path / "below" / "imgai.db")

    with rights_given_up(), pytest.raises(StoreError, match="Permission denied"), lock:
        pass


def test_searches_work_while_a_run_holds_the_database(path: Path) -> None:
    """The lock is among runs; readers need none."""
    open_for_writing(path).close()

    with child("hold", path) as process:
        assert next(lines(process)) == "held"
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT count(*) FROM picture").fetchall()

    assert rows == [(0,)]
