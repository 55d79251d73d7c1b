"""`imgai backup`, as cron runs it."""

from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.store.library import make_library


def test_a_copy_is_made_and_comes_back(imgai: Imgai, tmp_path: Path) -> None:
    """Out and back again, with what a machine reads about it."""
    make_library(imgai.database)
    target = tmp_path / "a copy.db"

    made = imgai("backup", target)
    back = imgai("backup", target, "--restore", "--json")

    assert (made.exit_code, back.exit_code) == (0, 0), back.err
    assert "intact" in made.out
    assert back.lines[0]["restored_from"] == str(target)
    assert back.lines[0]["path"] == str(imgai.database)
    assert Path(back.lines[0]["replaced"]).exists()
    assert imgai("search", "cat", "--mode", "text", "--paths").out


def test_quiet_says_nothing(imgai: Imgai, tmp_path: Path) -> None:
    """Cron sends a mail for every word."""
    make_library(imgai.database)

    ran = imgai("backup", tmp_path / "copy.db", "--quiet")

    assert (ran.exit_code, ran.out, ran.err) == (0, "", "")


def test_targets_that_cannot_be_are_told_apart(imgai: Imgai, tmp_path: Path) -> None:
    """2 for a wrong command line, 74 for a file that cannot be used."""
    make_library(imgai.database)

    assert imgai("backup", tmp_path).exit_code == 2
    assert imgai("backup", tmp_path / "no" / "copy.db").exit_code == 74
    assert imgai("backup", tmp_path / "none.db", "--restore").exit_code == 74


@pytest.mark.parametrize("pictures", ["none", "some"])
def test_a_backup_that_is_not_there_is_not_put_back(
    imgai: Imgai, pictures: str
) -> None:
    """A slip in its path costs nothing: not the database, nor a copy beside it."""
    if pictures == "some":
        make_library(imgai.database)
    before = sorted(imgai.home.iterdir())
    (imgai.home / "empty.db").touch()

    for name, what in (("none.db", "is not there"), ("empty.db", "is empty")):
        ran = imgai("backup", "--restore", name)

        assert ran.exit_code == 74
        said, hint = ran.err.splitlines()
        assert said.endswith(f"{name} {what}. The database was left as it is.")
        assert "Check the path" in hint
    (imgai.home / "empty.db").unlink()
    assert sorted(imgai.home.iterdir()) == before
