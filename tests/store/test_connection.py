"""Opening the database: ours or not, old or new, writable or not."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from imgai.errors import StoreError
from imgai.store import connection as opening
from imgai.store import header
from imgai.store.connection import open_for_reading, open_for_writing
from imgai.store.migrations import MIGRATIONS
from imgai.store.schema import APPLICATION_ID, PAGE_SIZE_BYTES, SCHEMA_VERSION
from tests.sources.folders import rights_given_up

OPENERS = [open_for_writing, open_for_reading]
Open = Callable[[Path], sqlite3.Connection]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a database of some pages lies, closed."""
    path = tmp_path / "imgai.db"
    with closing(open_for_writing(path)) as made:
        made.execute(
            "INSERT INTO picture (picture_hash, width_px, height_px, perceptual_hash,"
            " colours_json) VALUES ('x', 1, 1, '0', '[]')"
        )
    return path


def pragma(path: Path, name: str) -> object:
    with closing(open_for_writing(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("application_id", APPLICATION_ID),
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("page_size", PAGE_SIZE_BYTES),
        ("user_version", SCHEMA_VERSION),
        ("foreign_keys", 1),
    ],
)
def test_a_new_file_is_laid_out_as_promised(
    tmp_path: Path, name: str, value: object
) -> None:
    """FULL: with NORMAL a power cut loses rows that were acknowledged."""
    assert pragma(tmp_path / "new" / "imgai.db", name) == value


def test_the_schema_version_counts_the_migrations(path: Path) -> None:
    """It stands in two files, so that a search need not load sqlite-utils."""
    with closing(sqlite3.connect(path)) as connection:
        assert len(MIGRATIONS.applied(Database(connection))) == SCHEMA_VERSION
        assert MIGRATIONS.pending(Database(connection)) == []


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    """`mktemp` makes such files."""
    (tmp_path / "imgai.db").touch()

    assert pragma(tmp_path / "imgai.db", "user_version") == SCHEMA_VERSION


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")


def text(path: Path) -> None:
    path.write_text("not a database\n" * 1000)


def cut_off(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def only_a_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def newer_and_not_wal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    newer(path)


def scribbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:2000] = b"\xff" * 1900
    path.write_bytes(content)


@pytest.mark.parametrize("opens", OPENERS)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (foreign, "not an imgai database"),
        (text, "not an imgai database"),
        (cut_off, "cut off"),
        (only_a_header, "cut off"),
        (newer, "newer imgai"),
        (newer_and_not_wal, "newer imgai"),
    ],
)
def test_what_cannot_be_used_is_refused_untouched(
    path: Path, opens: Open, spoil: Callable[[Path], None], says: str
) -> None:
    """Byte for byte, and nothing is left beside it."""
    spoil(path)
    before, beside = path.read_bytes(), sorted(path.parent.iterdir())

    with pytest.raises(StoreError, match=says):
        opens(path)

    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside


@pytest.mark.parametrize("opens", OPENERS)
def test_damage_that_the_header_does_not_tell_is_named(path: Path, opens: Open) -> None:
    """SQLite finds it, and the file stays as it is."""
    scribbled(path)
    before = path.read_bytes()

    with pytest.raises(StoreError, match="malformed"):
        opens(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize("opens", OPENERS)
def test_a_folder_in_its_place_is_refused(tmp_path: Path, opens: Open) -> None:
    """An error of the user's, with a hint, and no traceback."""
    with pytest.raises(StoreError, match="is a folder"):
        opens(tmp_path)


def test_reading_needs_a_database(tmp_path: Path) -> None:
    """A search makes none."""
    with pytest.raises(StoreError, match="no database"):
        open_for_reading(tmp_path / "imgai.db")

    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write(path: Path) -> None:
    """Whatever a search does, what was paid for is safe from it."""
    with (
        closing(open_for_reading(path)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM picture")


def test_any_file_name_will_do(tmp_path: Path) -> None:
    """Question marks, percent signs and no Unicode are not read as a URI's syntax."""
    name = os.fsdecode(b"what?mode=memory&%41 #\xff.db")
    open_for_writing(tmp_path / name).close()

    open_for_reading(tmp_path / name).close()

    assert (tmp_path / name).stat().st_size > 0
    assert all(one.name.startswith(name) for one in tmp_path.iterdir())


@pytest.fixture
def shared(path: Path) -> Iterator[Path]:
    """Return a database in a folder that other users may enter and write to."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to them
        Path(folder).chmod(0o777)
        moved = Path(folder) / path.name
        moved.write_bytes(path.read_bytes())
        yield moved
        Path(folder).chmod(0o700)


def test_a_read_only_file_is_read_and_not_written(shared: Path) -> None:
    """A search goes on; `classify` learns it before its first paid call."""
    shared.chmod(0o444)

    with rights_given_up():
        with pytest.raises(StoreError, match="cannot be"):
            open_for_writing(shared)
        open_for_reading(shared).close()


def test_a_read_only_folder_is_read_and_not_written(shared: Path) -> None:
    """Nothing can lie beside the file: it is read as it is."""
    shared.parent.chmod(0o555)

    with rights_given_up():
        with pytest.raises(StoreError, match="cannot be"):
            open_for_writing(shared)
        with closing(open_for_reading(shared)) as connection:
            rows = connection.execute("SELECT picture_hash FROM picture").fetchall()

    assert rows == [("x",)]


@pytest.mark.parametrize("opens", OPENERS)
def test_a_folder_that_may_not_be_entered_is_named(shared: Path, opens: Open) -> None:
    """Whether the database is there cannot be known: an error, and no traceback."""
    shared.parent.chmod(0o000)

    with rights_given_up(), pytest.raises(StoreError, match="denied"):
        opens(shared)


@pytest.fixture
def next_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """Return migrations that know one more than made the database: a new column."""
    assert path.exists()
    migrations = Migrations("imgai")
    with closing(sqlite3.connect(":memory:")) as empty:
        for migration in MIGRATIONS.pending(Database(empty)):
            migrations(name=migration.name)(migration.fn)

    @migrations()
    def m002_more(db: Database) -> None:
        db.execute("ALTER TABLE picture ADD COLUMN more TEXT")

    monkeypatch.setattr("imgai.store.migrations.MIGRATIONS", migrations)
    for module in (opening, header):
        monkeypatch.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    return migrations


@pytest.mark.parametrize("opens", OPENERS)
@pytest.mark.usefixtures("next_version")
def test_an_older_schema_is_migrated_after_a_backup(path: Path, opens: Open) -> None:
    """Reading migrates too: otherwise a search would have to know every old schema."""
    with closing(opens(path)) as connection:
        rows = connection.execute("SELECT picture_hash, more FROM picture").fetchall()

    assert rows == [("x", None)]
    (backup,) = path.parent.glob("imgai.db.*.backup")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert copy.execute("SELECT picture_hash FROM picture").fetchall() == [("x",)]


def test_a_migration_that_fails_leaves_the_old_schema(
    path: Path, next_version: Migrations
) -> None:
    """All in one transaction: there is no half-migrated database."""

    @next_version()
    def m003_wrong(db: Database) -> None:
        db.execute("ALTER TABLE nowhere ADD COLUMN more TEXT")

    with pytest.raises(StoreError, match="nowhere"):
        open_for_writing(path)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            connection.execute("SELECT more FROM picture")
