"""Full and failing disks under the database, met by `imgai classify`."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests import pictures
from tests.commands.fixtures import UNHURRIED
from tests.commands.running import Imgai, Ran
from tests.hostile.broken_disks import (
    PICTURES,
    Fault,
    cannot_trace,
    classify,
    classify_on_broken_disk,
    make_pictures,
    wrongs,
    wrongs_afterwards,
)
from tests.stubs.workers_ai import WorkersAIStub, serve

# Which of the writes to fail: all of the beginning, where the file is made, then a
# sample of those while it is in use. Together a good hundred.
_PLACES = {
    "full": [Fault("pwrite64", "ENOSPC", nth, stays=True) for nth in range(1, 200, 4)],
    "fails once": [
        Fault("pwrite64", "EIO", nth, stays=False) for nth in range(1, 200, 4)
    ],
    "cannot sync": [
        # How many syncs a run needs depends on how its changes fall together.
        Fault("fdatasync", "EIO", nth, stays=False)
        for nth in range(1, 13)
    ],
    "cannot be cut": [
        Fault("ftruncate", "EIO", nth, stays=False) for nth in range(1, 5)
    ],
    "cannot be locked": [Fault("write", "ENOSPC", 1, stays=True)],
}


@pytest.mark.slow
@pytest.mark.parametrize("how", _PLACES)
def test_a_disk_may_fail_at_any_write(tmp_path: Path, how: str) -> None:
    """A named error, 74, no further paid call; once there is room, all is well."""
    if why := cannot_trace():
        pytest.skip(why)
    folder = tmp_path / "pictures"
    make_pictures(folder)
    wrong, failed = {}, 0
    for fault in _PLACES[how]:
        home = tmp_path / f"home-{fault.nth}"
        home.mkdir()
        with serve() as stub:
            imgai = Imgai(home, {**stub.environment(), **UNHURRIED})
            broken = classify_on_broken_disk(imgai, folder, fault)
            failed += broken.failed_at_s is not None
            not_held = wrongs(imgai, stub, broken)
            not_held += wrongs_afterwards(imgai, stub, classify(imgai, folder))
        if not_held:
            wrong[fault.nth] = (not_held, broken.ran.err[-300:])
        shutil.rmtree(home)
    assert wrong == {}
    assert failed == len(_PLACES[how]), "some writes were never reached"


def with_small_files(imgai: Imgai, most_kb: int, *arguments: str | Path) -> Ran:
    """Run a command, with --json, that may not make any file larger than that."""
    command = imgai.command([*arguments, "--json"])
    finished = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -f {most_kb * 2}; exec "$@"', "sh", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=imgai.home,
        env=imgai.variables(),
        timeout=60,
        check=False,
    )
    return Ran(finished.returncode, finished.stdout.decode(), finished.stderr.decode())


@pytest.mark.skipif(os.name == "nt", reason="limits of files are set by a POSIX shell")
@pytest.mark.parametrize("most_kb", [0, 8, 200, 600])
def test_files_that_may_grow_no_further_are_a_full_disk(
    hosted: Imgai, workers_ai: WorkersAIStub, folder: Path, most_kb: int
) -> None:
    """Also where nobody can trace: a limit on files' sizes says no in mid-write."""
    make_pictures(folder)
    ran = with_small_files(hosted, most_kb, "classify", folder, "--workers", "1")
    paid = len(workers_ai.calls)

    again = hosted("classify", folder, "--json", "--workers", "1")

    assert ran.exit_code == 74, ran.err
    assert ran.last_error["error"] == "StoreError"
    assert paid < 3 * PICTURES
    assert again.exit_code == 0, again.err
    assert hosted.rows("PRAGMA integrity_check") == [("ok",)]
    assert hosted.rows("SELECT count(*) FROM image_ai") == [(PICTURES,)]


@pytest.mark.skipif(os.name == "nt", reason="limits of files are set by a POSIX shell")
def test_a_search_finds_although_its_query_cannot_be_kept(
    hosted: Imgai, folder: Path
) -> None:
    """All that a search writes is the query's embedding: no reason to show nothing."""
    make_pictures(folder)
    assert hosted("classify", folder).exit_code == 0

    ran = with_small_files(hosted, 0, "search", "a bird in the sun")

    assert ran.exit_code == 0, ran.err
    assert ran.lines
    assert hosted.rows("SELECT count(*) FROM query_embedding") == [(0,)]


def newer(path: Path) -> None:
    """Make the database one that a later imgai has migrated."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")


def foreign(path: Path) -> None:
    """Make the database another program's."""
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def text(path: Path) -> None:
    """Make it no database at all."""
    path.write_bytes(b"Dear diary, " * 1_000)


def half(path: Path) -> None:
    """Cut the database in the middle, as a broken copy does."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def stump(path: Path) -> None:
    """Leave nothing but the beginning of its first page."""
    path.write_bytes(path.read_bytes()[:1_000])


def noise(path: Path) -> None:
    """Overwrite all but its first page."""
    content = path.read_bytes()
    path.write_bytes(content[:16_384] + bytes(len(content) - 16_384))


@pytest.mark.parametrize("damage", [newer, foreign, text, half, stump, noise])
def test_a_database_that_is_of_no_use_is_refused_untouched(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    folder: Path,
    damage: Callable[[Path], None],
) -> None:
    """Before the first paid call, and never overwritten: it may yet be mended."""
    make_pictures(folder)
    assert hosted("classify", folder).exit_code == 0
    damage(hosted.database)
    (folder / "new.jpg").write_bytes(pictures.encoded(pictures.scene(shift=50)))
    left, calls = hosted.database.read_bytes(), len(workers_ai.requests)

    ran = hosted("classify", folder, "--json")
    others = [hosted(*command, "--json") for command in (["status"], ["search", "cat"])]

    assert ran.exit_code == 74, ran.err
    assert ran.last_error["error"] == "StoreError"
    assert ran.last_error["hint"]
    assert len(workers_ai.requests) == calls
    assert hosted.database.read_bytes() == left
    assert [one.exit_code for one in others] == [74, 74]
