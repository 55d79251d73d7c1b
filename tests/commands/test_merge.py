"""`imgai merge`, as a person runs it."""

from pathlib import Path

from tests.commands.running import Imgai
from tests.store.library import make_library


def test_shards_become_one_database_that_is_searched(
    imgai: Imgai, tmp_path: Path
) -> None:
    """The first merge says what was new; the second that nothing was."""
    make_library(tmp_path / "shard-1.db")

    ran = imgai("merge", tmp_path / "shard-1.db")

    assert ran.exit_code == 0
    assert ran.out == (
        f"Merged 1 database into {imgai.database}: 4 images, 3 pictures, 12 answers,"
        " 0 calls new; 0 neurons added to what is on record as spent.\n"
    )
    again = imgai("merge", tmp_path / "shard-1.db")
    assert again.out == f"Merged 1 database into {imgai.database}: nothing was new.\n"
    assert "cat%20one.jpg" in imgai("search", "ginger cat", "--json").out


def test_json_is_one_object(imgai: Imgai, tmp_path: Path) -> None:
    """For scripts; the images of another machine are where they are here."""
    make_library(tmp_path / "1.db")

    ran = imgai(
        "merge", tmp_path / "1.db", "--map", "file:///photos=file:///mnt/b", "--json"
    )

    assert ran.lines == [
        {
            "path": str(imgai.database),
            "databases": 1,
            "images": 4,
            "pictures": 3,
            "answers": 12,
            "renewed": 0,
            "calls": 0,
            "neurons": 0.0,
            "moved": 3,
        }
    ]
    below = "SELECT count(*) FROM image WHERE uri LIKE 'file:///mnt/b/%'"
    assert imgai.rows(below) == [(3,)]


def test_a_move_that_moves_nothing_is_said(imgai: Imgai, tmp_path: Path) -> None:
    """A slip there would leave the images at places that are not on this machine."""
    make_library(tmp_path / "1.db")

    ran = imgai("merge", tmp_path / "1.db", "--map", "file:///typo=file:///b", "-q")

    assert ran.exit_code == 0
    assert ran.out == ""
    assert "no image lies where --map says" in ran.err


def test_wrong_flags_and_databases_are_refused(imgai: Imgai, tmp_path: Path) -> None:
    """With the documented codes, and without a database being made."""
    make_library(tmp_path / "1.db")

    assert imgai("merge").exit_code == 2
    assert imgai("merge", tmp_path / "1.db", "--map", "a=b").exit_code == 2
    ran = imgai("merge", tmp_path / "none.db", "--json")
    assert ran.exit_code == 74
    message = ran.last_error["message"]
    assert message == f"{tmp_path / 'none.db'} is not there. Nothing was merged."
    assert "--db names the one they are merged into" in ran.last_error["hint"]
    assert not imgai.database.exists()
