"""`imgai thumbnails`, as a person runs it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.running import Imgai, copy_photos
from tests.store.library import changing, classify, cloud_answers

CAT, DOG = "IMG_0412.png", "P2030902.jpg"


@pytest.fixture
def album(imgai: Imgai, tmp_path: Path) -> Path:
    """Return a folder of two photos that the database knows, with one in a bucket."""
    folder = copy_photos(tmp_path / "album", CAT, DOG).resolve()
    with changing(imgai.database) as connection:
        answers = cloud_answers("A photo.", "photo")
        for number, name in enumerate([CAT, DOG]):
            classify(connection, (folder / name).as_uri(), number, answers)
        classify(connection, "r2://bucket/a.jpg", 7, answers)
    return folder


def test_missing_thumbnails_are_made_once(imgai: Imgai, album: Path) -> None:
    """Small JPEGs of pictures on this machine; the second time nothing is read."""
    assert imgai("thumbnails", "--width", "96").out.startswith("Kept 2 thumbnails")
    for (jpeg,) in imgai.rows("SELECT thumbnail FROM photos WHERE uri LIKE 'file:%'"):
        with Image.open(io.BytesIO(jpeg)) as thumbnail:
            assert (thumbnail.format, thumbnail.width) == ("JPEG", 96)
        assert len(jpeg) < 6_000
    (album / CAT).unlink()
    assert imgai("thumbnails").out == "No thumbnail was missing.\n"


def test_what_cannot_be_read_is_named(imgai: Imgai, album: Path) -> None:
    """Exit 3; the others are kept."""
    (album / CAT).write_bytes(b"\x89PNG\r\n\x1a\n broken")
    ran = imgai("thumbnails", "--json")

    assert ran.exit_code == 3
    assert {one["uri"][-7:]: one["reason"] for one in ran.lines} == {
        "412.png": "not-an-image",
        "902.jpg": None,
    }
    assert imgai("thumbnails").exit_code == 3


@pytest.mark.usefixtures("album")
def test_they_can_be_dropped(imgai: Imgai) -> None:
    """The database is as small as before."""
    size = imgai.database.stat().st_size
    imgai("thumbnails", "--width", "512")
    assert imgai.database.stat().st_size > size

    assert imgai("thumbnails", "--drop").out == "Forgot 2 thumbnails.\n"
    assert imgai.database.stat().st_size <= size
    assert imgai.rows("SELECT count(*) FROM thumbnail") == [(0,)]
