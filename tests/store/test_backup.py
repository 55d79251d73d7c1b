"""Copies of the database: whole, checked, and put back without losing anything."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imgai.errors import DatabaseBusy, StoreError
from imgai.store.backup import back_up, restore
from imgai.store.connection import open_for_writing
from imgai.store.health import Condition, examine_database
from imgai.store.lock import hold_database
from tests.store.library import make_library

COUNT = "SELECT count(*) FROM prediction"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a small library, in a folder of its own."""
    path = tmp_path / "here" / "imgai.db"
    make_library(path)
    return path


def count(path: Path) -> int:
    """Return how many answers a database holds."""
    with closing(sqlite3.connect(path)) as connection:
        held: int = connection.execute(COUNT).fetchone()[0]
    return held


def test_a_copy_of_an_open_database_has_what_was_committed(
    database: Path, tmp_path: Path
) -> None:
    """A plain copy of the file would lack it: it is in the WAL alone."""
    target = tmp_path / "copy.db"
    with closing(open_for_writing(database)) as connection:
        connection.execute("DELETE FROM prediction WHERE task = 'caption'")
        left = connection.execute(COUNT).fetchone()[0]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM prediction")  # not committed: not copied

        copied = back_up(database, target)
        connection.execute("ROLLBACK")

    assert count(target) == left
    assert copied.size_bytes == target.stat().st_size
    assert examine_database(target).condition is Condition.USABLE
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["copy.db"]


def test_an_older_backup_is_replaced_and_nothing_else_is(
    database: Path, tmp_path: Path
) -> None:
    """A slip in the name must not cost somebody a file."""
    back_up(database, tmp_path / "copy.db")
    back_up(database, tmp_path / "copy.db")
    (tmp_path / "letter.txt").write_text("Dear all", encoding="utf-8")
    with pytest.raises(StoreError, match="not an imgai database"):
        back_up(database, tmp_path / "letter.txt")
    with pytest.raises(StoreError, match="the database itself"):
        back_up(database, database)

    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "Dear all"


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a pipe"])
def test_what_is_no_file_is_neither_replaced_nor_restored_over(
    database: Path, tmp_path: Path, kind: str
) -> None:
    """A device such as /dev/null would be gone for every program, until a reboot."""
    there = tmp_path / "there"
    there.mkdir() if kind == "folder" else os.mkfifo(there)
    target = there
    if kind == "link to a pipe":
        target = tmp_path / "link"
        target.symlink_to(there)
    before = sorted(tmp_path.rglob("*"))

    for act, one, other in (
        (back_up, database, target),
        (restore, database, target),
        (restore, target, database),
    ):
        with pytest.raises(StoreError, match="not a database"):
            act(one, other)

    assert sorted(tmp_path.rglob("*")) == before
    assert not target.is_file()


def test_a_backup_goes_where_a_link_leads(database: Path, tmp_path: Path) -> None:
    """The link stays: it may be /dev/stdout, or how somebody names a larger disk."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "disk" / "copy.db")

    copied = back_up(database, tmp_path / "link.db")

    assert (tmp_path / "link.db").is_symlink()
    assert copied.place == str(tmp_path / "link.db")
    assert count(tmp_path / "disk" / "copy.db") == count(database)


def test_a_backup_that_cannot_be_written_leaves_nothing(
    database: Path, tmp_path: Path
) -> None:
    """There is no such folder."""
    with pytest.raises(StoreError):
        back_up(database, tmp_path / "no" / "copy.db")
    with pytest.raises(StoreError, match="no database"):
        back_up(tmp_path / "none.db", tmp_path / "copy.db")

    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_backup_comes_back_and_what_was_there_is_kept(
    database: Path, tmp_path: Path
) -> None:
    """Even while a search has the database open: it sees the one, then the other."""
    target = tmp_path / "copy.db"
    back_up(database, target)
    before = count(database)
    with closing(open_for_writing(database)) as connection:
        connection.execute("DELETE FROM prediction")
        with closing(sqlite3.connect(database)) as searching:
            assert searching.execute(COUNT).fetchone() == (0,)

            restored = restore(target, database)

            assert searching.execute(COUNT).fetchone() == (before,)

    assert restored.replaced is not None
    assert count(restored.replaced) == 0
    assert count(database) == before
    assert examine_database(database).condition is Condition.USABLE


def test_a_backup_comes_back_where_nothing_is(database: Path, tmp_path: Path) -> None:
    """On a new machine, whose data folder is yet to be made."""
    there = tmp_path / "there" / "imgai.db"

    restored = restore(database, there)

    assert restored.replaced is None
    assert count(there) == count(database)


def test_a_damaged_database_is_set_aside_with_its_wal(
    database: Path, tmp_path: Path
) -> None:
    """It cannot be copied; its WAL must not be taken for the new one's."""
    target = tmp_path / "copy.db"
    back_up(database, target)
    content = bytearray(database.read_bytes())
    content[3 * 16_384 : 6 * 16_384] = b"\xa5" * (3 * 16_384)
    database.write_bytes(content)
    Path(f"{database}-wal").write_bytes(b"")

    restored = restore(target, database)

    assert restored.replaced is not None
    assert restored.replaced.read_bytes() == content
    assert Path(f"{restored.replaced}-wal").exists()
    assert count(database) == count(target)


def test_what_is_no_good_backup_is_refused_and_changes_nothing(
    database: Path, tmp_path: Path
) -> None:
    """Another program's file, a newer imgai's, a damaged one, none at all."""
    foreign, newer, damaged = (tmp_path / name for name in ("f.db", "n.db", "d.db"))
    foreign.write_bytes(b"hello")
    back_up(database, newer)
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 99")
    back_up(database, damaged)
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    before = database.read_bytes()

    for unfit in (foreign, newer, damaged, tmp_path / "none.db", database):
        with pytest.raises(StoreError):
            restore(unfit, database)

    assert database.read_bytes() == before
    assert not list(database.parent.glob("*.replaced"))


def test_what_is_not_ours_is_not_replaced(database: Path, tmp_path: Path) -> None:
    """Were --db to name a letter, it would be gone."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all", encoding="utf-8")

    with pytest.raises(StoreError):
        restore(database, letter)

    assert letter.read_text(encoding="utf-8") == "Dear all"


def test_nothing_is_restored_under_a_running_classify(
    database: Path, tmp_path: Path
) -> None:
    """Its next answers would go into another database than its first."""
    back_up(database, tmp_path / "copy.db")
    with hold_database(database), pytest.raises(DatabaseBusy):
        restore(tmp_path / "copy.db", database)
