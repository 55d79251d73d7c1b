"""What is found out about database files, and that none is changed by it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imgai.commands.checks.database import check_database
from imgai.domain.checks import Check, Health
from imgai.errors import ExitCode
from imgai.store import health
from imgai.store.connection import open_for_writing
from imgai.store.health import Condition, Depth, examine_database
from imgai.store.schema import SCHEMA_VERSION
from tests.store.library import make_library


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a small library."""
    path = tmp_path / "imgai.db"
    make_library(path)
    return path


def check(path: Path) -> Check:
    """Examine a database, and make sure that it did not change anything."""
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    found = check_database(path, examine_database(path))
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before
    return found


def test_a_good_database_is_intact(database: Path) -> None:
    """Every page, every index and the full text were looked at."""
    found = check(database)

    assert found.status is Health.OK
    assert f"schema {SCHEMA_VERSION}" in found.found
    assert found.found.endswith(": intact")
    assert examine_database(database).holds_workers_ai


def test_any_file_name_will_do(tmp_path: Path) -> None:
    """Nothing in it is read as a URI's syntax, and it need not be Unicode."""
    database = tmp_path / os.fsdecode(b"what?mode=memory&%41 #\xff.db")
    make_library(database)

    assert check(database).status is Health.OK


def test_a_database_in_use_is_seen_with_what_is_not_checkpointed(
    database: Path,
) -> None:
    """While a classify is at work its newest rows are in the WAL alone."""
    with closing(open_for_writing(database)) as connection:
        connection.execute("UPDATE image SET gone_at = NULL")
        assert Path(f"{database}-wal").stat().st_size > 0

        assert check_database(database, examine_database(database)).status is Health.OK


def test_a_database_that_is_not_there_yet_is_well(tmp_path: Path) -> None:
    """The first classify makes it, and its folder."""
    found = check_database(
        tmp_path / "a" / "b.db", examine_database(tmp_path / "a" / "b.db")
    )

    assert found.status is Health.OK
    assert not (tmp_path / "a").exists()


def test_a_damaged_database_is_74_with_a_way_out(database: Path) -> None:
    """Pages in the middle are overwritten, as a failing disk does it."""
    content = bytearray(database.read_bytes())
    for place in range(3 * 16_384, 6 * 16_384):
        content[place] ^= 0x5A
    database.write_bytes(content)

    found = check(database)

    assert found.exit_code is ExitCode.IO_ERROR
    assert "damaged" in found.found
    assert "backup" in found.remedy


def test_a_full_text_index_that_disagrees_with_its_texts_is_found(
    database: Path,
) -> None:
    """SQLite's own check sees nothing wrong, and searches would find wrong rows."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE image_fts_content SET c0 = 'elephant'")

    found = check(database)

    assert found.exit_code is ExitCode.IO_ERROR
    assert "full text" in found.found
    assert "reindex" in found.remedy


def test_half_a_database_is_74(database: Path) -> None:
    """A copy that broke off."""
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2])

    assert check(database).exit_code is ExitCode.IO_ERROR


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0" + b"x" * 200])
def test_another_programs_file_is_74(tmp_path: Path, content: bytes) -> None:
    """It is named as such, and left alone."""
    path = tmp_path / "theirs.db"
    path.write_bytes(content)

    found = check(path)

    assert found.exit_code is ExitCode.IO_ERROR
    assert "not an imgai database" in found.found


def test_a_newer_schema_is_refused_and_an_older_one_is_not_migrated(
    database: Path,
) -> None:
    """Doctor looks; only classify changes."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer imgai (schema 99)" in check(database).found

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 0")
    assert check(database).status is Health.OK
    assert examine_database(database).condition is Condition.OLDER


def test_a_folder_in_its_place_is_74(tmp_path: Path) -> None:
    """As --db with a folder's name makes it."""
    found = check_database(tmp_path, examine_database(tmp_path))

    assert found.exit_code is ExitCode.IO_ERROR


def test_a_path_that_cannot_be_is_74(tmp_path: Path) -> None:
    """No file system takes such a name, and looking at it raises."""
    path = tmp_path / ("x" * 5000) / "imgai.db"

    assert check_database(path, examine_database(path)).exit_code is ExitCode.IO_ERROR
    assert health.nearest_folder(path) == tmp_path


def test_a_large_database_is_looked_at_as_long_as_time_allows(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor answers within seconds however large the library is."""
    monkeypatch.setattr(health, "_SMALL_BYTES", 0)
    assert examine_database(database).depth is Depth.PAGES

    monkeypatch.setattr(health, "_LOOK_EVERY", 1)
    found = examine_database(database, patience_s=-1.0)

    assert found.depth is Depth.PART
    assert found.condition is Condition.USABLE


def test_a_database_that_can_only_be_read_is_74() -> None:
    """Search works on it; classify would end with 74."""
    found = health.DatabaseHealth(
        Condition.USABLE, size_bytes=1, schema=1, is_writable=False
    )
    checked = check_database(Path("imgai.db"), found)

    assert checked.exit_code is ExitCode.IO_ERROR
    assert "can only be read" in checked.found
