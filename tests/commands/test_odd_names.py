"""Names that are no UTF-8, or that no file can have, as somebody types them."""

import os
import shutil
from pathlib import Path

import pytest

from tests.commands.running import PHOTOS, Imgai
from tests.sources.folders import make_file
from tests.store.library import make_library

ODD = os.fsdecode(b"caf\xe9-1234.jpg")


@pytest.fixture
def photo(imgai: Imgai) -> Path:
    """Return a photo of such a name, in a folder of such a name."""
    pytest.importorskip("onnxruntime", reason="only imgai[local] has local models")
    folder = imgai.home / os.fsdecode(b"\xe9t\xe9")
    folder.mkdir()
    path = folder / ODD
    make_file(path)
    shutil.copyfile(PHOTOS / "IMG_0418.jpg", path)
    return path


def test_a_photo_is_found_by_any_name(imgai: Imgai, photo: Path) -> None:
    """It is shown, compared, and searched for below its folder."""
    make_library(imgai.database)

    assert imgai("show", photo).exit_code == 66  # not yet
    assert imgai("similar", photo).exit_code == 0
    assert imgai("classify", photo.parent, "--backend", "local").exit_code == 0
    (shown,) = imgai("show", photo, "--json").lines
    below = imgai("search", f"under:{photo.parent}", "--json").lines
    below += imgai("search", "--under", photo.parent, "--json").lines

    assert [one["uri"] for one in below] == [shown["image"]["uri"]] * 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", ODD),
        ("show", f"file:///{ODD}"),
        ("similar", f"file:///{ODD}"),
        ("search", "--like", f"file:///{ODD}"),
    ],
)
def test_a_name_that_nobody_knows_is_not_found(
    imgai: Imgai, arguments: tuple[str, ...]
) -> None:
    """With 66, and no traceback; a label of that name has no picture."""
    make_library(imgai.database)

    assert imgai(*arguments).exit_code == 66
    assert imgai("search", "--label", ODD).exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        "classify . --backend local --db",
        "classify . --backend local --dry-run --db",
        "status --db",
        "doctor --backend local --db",
        "backup copy.db --db",
        "backup",
        "backup --restore",
        "backup --restore imgai.db --db",
        "merge",
        "merge imgai.db --db",
        "tag",
    ],
)
def test_a_path_that_no_file_can_have_is_74(imgai: Imgai, command: str) -> None:
    """The system will not even look there."""
    make_library(imgai.database)

    ran = imgai(*command.split(), "x" * 5000)

    assert ran.exit_code == 74, ran.err[-500:]


@pytest.mark.parametrize(
    ("command", "code"),
    [("merge", 74), ("status --db", 74), ("backup", 2), ("backup --restore", 2)],
)
def test_a_folder_in_a_databases_place_is_refused(
    imgai: Imgai, command: str, code: int
) -> None:
    """Also the one that has no name of its own, the working directory."""
    make_library(imgai.database)

    ran = imgai(*command.split(), ".")

    assert ran.exit_code == code
    assert "a folder" in ran.err
