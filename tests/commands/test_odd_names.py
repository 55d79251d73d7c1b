"""Names of bytes that are no UTF-8, as they stand on a command line."""

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
