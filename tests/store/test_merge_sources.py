"""What is merged is only read, what cannot be is named, and a kill leaves nothing."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from imgai.domain.merging import Merged, Move
from imgai.errors import DatabaseBusy, StoreError
from imgai.store.lock import hold_database
from imgai.store.schema import APPLICATION_ID, SCHEMA_VERSION
from tests.store import merging_child
from tests.store.library import changing, classify, cloud_answers
from tests.store.merging import everything, merge, one_picture, rows


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return where to merge to; nothing is there yet."""
    return tmp_path / "all.db"


def older_database(path: Path) -> Path:
    """Make a database as the first imgai left it before it had written anything."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 0")
    return path


def scratch_of(target: Path) -> Path:
    return target.with_name(target.name + ".merging")


def beside(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


def kill_a_merge(target: Path, *sources: Path) -> None:
    """Merge databases that show 600 pictures, and kill that after 250."""
    command = [sys.executable, merging_child.__file__, str(target), *map(str, sources)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)}
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"250 of 600\n"
        child.kill()


def test_more_databases_than_sqlite_attaches(tmp_path: Path, target: Path) -> None:
    """Thirteen are three more than it takes at once; moves are made once."""
    answers = cloud_answers("A cat.", "cat")
    sources = [
        one_picture(tmp_path / f"{number}.db", number, answers, f"file:///a/{number}")
        for number in range(13)
    ]
    move = Move.parse("file:///a=file:///a/a")

    merged = merge(target, *sources, moves=(move,))

    assert (merged.databases, merged.pictures, merged.answers) == (13, 13, 39)
    assert merged.moved == 13
    below = "SELECT count(*) FROM image WHERE uri GLOB 'file:///a/a/[0-9]*'"
    assert rows(target, below) == [(13,)]


def test_what_is_merged_is_only_read(tmp_path: Path, target: Path) -> None:
    """Not a byte changes, and nothing appears beside it: it may be an artifact."""
    folder = tmp_path / "artifacts"
    folder.mkdir()
    source = one_picture(folder / "1.db", 1, cloud_answers("A cat.", "cat"))
    before = source.read_bytes()

    merge(target, source)

    assert source.read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["1.db"]


def test_what_a_crash_left_in_the_log_is_merged_too(
    tmp_path: Path, target: Path
) -> None:
    """The file alone lacks it."""
    source = one_picture(tmp_path / "1.db", 1, [])
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE image SET title = 'in the log'")
        connection.commit()
        assert Path(f"{source}-wal").stat().st_size
        merge(target, source)

    assert rows(target, "SELECT title FROM image") == [("in the log",)]


def test_an_older_database_is_migrated_as_a_copy(tmp_path: Path, target: Path) -> None:
    """It stays as it is, for the imgai that made it."""
    older = older_database(tmp_path / "older.db")
    before = older.read_bytes()

    assert merge(target, older) == Merged(databases=1)
    assert older.read_bytes() == before
    assert beside(target) == {"older.db", "all.db", "all.db.lock"}


def test_what_cannot_be_merged_is_named_and_nothing_is_made(
    tmp_path: Path, target: Path
) -> None:
    """Another program's, a newer imgai's, damaged, or not there."""
    good = one_picture(tmp_path / "good.db", 1, [])
    foreign, newer = tmp_path / "foreign.db", tmp_path / "newer.db"
    with closing(sqlite3.connect(foreign)) as connection, connection:
        connection.execute("CREATE TABLE theirs (x)")
    one_picture(newer, 2, [])
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    damaged = one_picture(tmp_path / "damaged.db", 3, [])
    content = bytearray(damaged.read_bytes())
    content[32_768:65_536] = bytes(32_768)
    damaged.write_bytes(content)

    for bad in (foreign, newer, damaged, tmp_path / "none.db"):
        with pytest.raises(StoreError, match=bad.name):
            merge(target, good, bad)
    assert not target.exists()
    with pytest.raises(StoreError, match="that the others are merged into"):
        merge(good, good)


def test_a_database_at_work_is_left_alone(tmp_path: Path, target: Path) -> None:
    """Whether it is the one that receives, or one of the others."""
    source = one_picture(tmp_path / "1.db", 1, [])
    with hold_database(target), pytest.raises(DatabaseBusy):
        merge(target, source)
    with hold_database(source), pytest.raises(DatabaseBusy):
        merge(target, source)


def test_a_killed_merge_leaves_the_target_as_it_was(
    tmp_path: Path, target: Path
) -> None:
    """It is one transaction; the next merge does it all."""
    one_picture(target, 0, cloud_answers("A bird.", "bird"))
    source = tmp_path / "1.db"
    with changing(source) as connection:
        for number in range(600):
            classify(connection, f"file:///{number}", number, [])
    before = everything(target)

    kill_a_merge(target, source)

    assert everything(target) == before
    assert rows(target, "PRAGMA integrity_check") == [("ok",)]
    assert merge(target, source).pictures == 599


def test_what_a_killed_merge_left_lying_is_removed_by_the_next(
    tmp_path: Path, target: Path
) -> None:
    """Copies of what is older, and of groups, may be as large as all there is."""
    older = older_database(tmp_path / "older.db")
    source = tmp_path / "1.db"
    with changing(source) as connection:
        for number in range(600):
            classify(connection, f"file:///{number}", number, [])
    kill_a_merge(target, older, source)
    assert (scratch_of(target) / "0.db").exists()

    assert merge(target, source).pictures == 600

    assert not scratch_of(target).exists()


def test_copies_are_gone_once_all_is_merged(tmp_path: Path, target: Path) -> None:
    """Of what is older, and of groups; after a failure as well."""
    older = older_database(tmp_path / "older.db")
    sources = [one_picture(tmp_path / f"{number}.db", number, []) for number in (1, 2)]
    before = beside(target)

    with hold_database(target), pytest.raises(DatabaseBusy):
        merge(target, older, *sources)
    assert beside(target) == {*before, "all.db.lock"}

    assert merge(target, older, *sources * 6).pictures == 2
    assert beside(target) == {*before, "all.db", "all.db.lock"}


def test_a_folder_for_copies_that_cannot_be_made_is_named(
    tmp_path: Path, target: Path
) -> None:
    """Rather than a traceback; the target is not even begun."""
    older = older_database(tmp_path / "older.db")
    scratch_of(target).write_text("a file has its name")

    with pytest.raises(StoreError, match=r"all\.db\.merging"):
        merge(target, older)

    assert not target.exists()
