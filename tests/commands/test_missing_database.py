"""Commands that read a database, where there is none."""

import pytest

from tests.commands.running import Imgai, copy_photos

COMMANDS = (
    "search cat",
    "similar photos/IMG_0412.png",
    "dupes",
    "show photos/IMG_0412.png",
    "status",
    "export",
    "tag photos",
    "prune",
    "reindex",
    "thumbnails",
    "backup copy.db",
    "classify --retry-failed",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_not_there_is_named_and_not_made(
    hosted: Imgai, command: str
) -> None:
    """An empty one would hide the slip in its path, from then on."""
    copy_photos(hosted.home / "photos", "IMG_0412.png")

    ran = hosted(*command.split(), "--db", "folder/none.db")

    assert ran.exit_code == 74
    said, hint = ran.err.splitlines()
    assert said == "imgai: There is no database at folder/none.db."
    assert hint == "  `imgai classify FOLDER` makes one; --db names another."
    assert [path.name for path in hosted.home.iterdir()] == ["photos"]


def test_a_folder_is_no_database(imgai: Imgai) -> None:
    """It is often meant to be that of the pictures, or that the database is in."""
    ran = imgai("status", "--db", imgai.home)

    assert ran.exit_code == 74
    assert ran.err.splitlines() == [
        f"imgai: {imgai.home} is a folder, not a database.",
        "  Name a file; --db or IMGAI_DB names the database.",
    ]
