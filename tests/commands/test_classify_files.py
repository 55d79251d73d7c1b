"""`imgai classify` and files: what is skipped, what fails, what is gone."""

from pathlib import Path

import pytest

from tests import pictures
from tests.commands.running import Imgai


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder to classify."""
    path = tmp_path / "pictures"
    path.mkdir()
    return path


def jpeg(shift: int) -> bytes:
    """Return a picture that differs from those of other shifts."""
    return pictures.encoded(pictures.scene(shift=shift))


def test_no_such_place_is_66(imgai: Imgai) -> None:
    """And the message names it."""
    ran = imgai("classify", "nowhere", "--json")

    assert ran.exit_code == 66
    assert "nowhere" in ran.last_error["message"]


def test_a_folder_without_images_is_0_and_says_so(hosted: Imgai, folder: Path) -> None:
    """A person who pointed at the wrong folder should hear of it."""
    (folder / "notes.txt").write_text("no picture")

    ran = hosted("classify", folder)

    assert ran.exit_code == 0
    assert "No images" in ran.err


def test_broken_files_fail_by_name_once_and_are_left_alone_afterwards(
    hosted: Imgai, folder: Path
) -> None:
    """Exit 3 and a reason; unchanged, they are skipped by the next run, exit 0."""
    (folder / "good.jpg").write_bytes(jpeg(0))
    (folder / "corrupt.png").write_bytes(pictures.encoded(pictures.scene(), "PNG")[:60])
    (folder / "bomb.webp").write_bytes(pictures.bombs()["webp of 38 bytes"])

    first = hosted("classify", folder, "--json")
    second = hosted("classify", folder, "--json")

    reasons = {Path(line["uri"]).name: line["reason"] for line in first.lines}
    assert first.exit_code == 3
    assert reasons == {
        "good.jpg": None,
        "corrupt.png": "corrupt",
        "bomb.webp": "too-large",
    }
    assert first.last_error["exit_code"] == 3
    assert second.exit_code == 0, second.err
    assert {line["status"] for line in second.lines} == {"skipped"}


def test_a_truncated_picture_is_told_once_and_used_as_far_as_it_goes(
    hosted: Imgai, folder: Path
) -> None:
    """Exit 3, since a copy broke off; what is there is found, flagged; then quiet."""
    whole = jpeg(0)
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])

    first = hosted("classify", folder, "--json")
    second = hosted("classify", folder)

    assert (first.exit_code, second.exit_code) == (3, 0)
    assert (second.out, second.err) == ("", "")
    (line,) = first.lines
    assert (line["status"], line["reason"]) == ("failed", "corrupt")
    assert line["labels"]
    assert hosted.rows("SELECT truncated FROM picture") == [(1,)]
    assert "half.jpg" in hosted("search", "is:truncated", "--paths").out


def test_the_failed_are_listed_for_people(hosted: Imgai, folder: Path) -> None:
    """With the name of the file and the reason."""
    (folder / "corrupt.png").write_bytes(pictures.encoded(pictures.scene(), "PNG")[:60])

    ran = hosted("classify", folder)

    assert ran.exit_code == 3
    assert "corrupt.png" in ran.err
    assert "corrupt" in ran.err


def test_a_mended_file_is_taken_up(hosted: Imgai, folder: Path) -> None:
    """A failure holds only for the bytes that failed."""
    (folder / "a.jpg").write_bytes(jpeg(1)[:50])
    assert hosted("classify", folder).exit_code == 3
    (folder / "a.jpg").write_bytes(jpeg(1))

    ran = hosted("classify", folder, "--json")

    assert [line["status"] for line in ran.lines] == ["analysed"]
    assert hosted.rows("SELECT count(*) FROM failure WHERE resolved_at IS NULL") == [
        (0,)
    ]


def test_what_is_no_image_is_skipped(hosted: Imgai, folder: Path) -> None:
    """By name and by content, hidden files and camera RAW too; exit 0."""
    (folder / "script.jpg").write_text("#!/bin/sh\nrm -rf /\n")
    (folder / "page.jpg").write_bytes(b"<!doctype html><p>404")
    (folder / "drawing.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n")
    (folder / "raw.dng").write_bytes(pictures.camera_raw())
    (folder / "renamed-raw.tif").write_bytes(pictures.camera_raw())
    (folder / ".hidden.jpg").write_bytes(jpeg(2))

    ran = hosted("classify", folder, "--json")

    assert ran.exit_code == 0, ran.err
    reasons = {Path(line["uri"]).name: line["reason"] for line in ran.lines}
    assert reasons == {
        "script.jpg": "not-an-image",
        "page.jpg": "not-an-image",
        "drawing.jpg": "unsupported-format",
        "raw.dng": "camera-raw",
        "renamed-raw.tif": "camera-raw",
        ".hidden.jpg": "hidden",
    }


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        ("jpg", "JPEG"),
        ("png", "PNG"),
        ("webp", "WEBP"),
        ("gif", "GIF"),
        ("tif", "TIFF"),
        ("bmp", "BMP"),
        ("avif", "AVIF"),
        ("heic", "HEIF"),
    ],
)
def test_every_format_is_analysed(
    hosted: Imgai, folder: Path, suffix: str, name: str
) -> None:
    """All that the README promises."""
    picture = pictures.encoded(pictures.scene(), name)
    (folder / f"picture.{suffix}").write_bytes(picture)

    ran = hosted("classify", folder, "--json")

    assert [line["status"] for line in ran.lines] == ["analysed"], ran.err


def test_a_file_that_is_gone_leaves_the_search_and_comes_back_for_nothing(
    hosted: Imgai, folder: Path
) -> None:
    """Its answers stay; `prune` forgets it for good."""
    for number in range(4):
        (folder / f"picture{number}.jpg").write_bytes(jpeg(number * 40))
    hosted("classify", folder)
    kept = (folder / "picture1.jpg").read_bytes()
    (folder / "picture1.jpg").unlink()

    hosted("classify", folder)
    assert "picture1" not in hosted("search", "picture1", "--paths").out

    (folder / "picture1.jpg").write_bytes(kept)
    calls = len(hosted.rows("SELECT id FROM call WHERE task != 'embedding'"))
    hosted("classify", folder)
    assert "picture1" in hosted("search", "picture1", "--mode", "text", "--paths").out
    assert len(hosted.rows("SELECT id FROM call WHERE task != 'embedding'")) == calls

    (folder / "picture1.jpg").unlink()
    hosted("classify", folder)
    assert hosted("prune").exit_code == 0
    assert hosted.rows("SELECT count(*) FROM image") == [(3,)]
    assert hosted.rows("SELECT count(*) FROM picture") == [(3,)]


def test_an_unmounted_folder_marks_nothing(hosted: Imgai, folder: Path) -> None:
    """An empty mount point is no reason to forget a library."""
    for number in range(4):
        (folder / f"{number}.jpg").write_bytes(jpeg(number * 40))
    hosted("classify", folder)
    for path in folder.iterdir():
        path.unlink()

    ran = hosted("classify", folder)

    assert ran.exit_code == 0
    assert "mounted" in ran.err
    assert hosted.rows("SELECT count(*) FROM image WHERE gone_at IS NOT NULL") == [(0,)]
    assert hosted("classify", folder, "--mark-gone").exit_code == 0
    assert hosted.rows("SELECT count(*) FROM image WHERE gone_at IS NOT NULL") == [(4,)]


def test_a_list_on_stdin_names_files(hosted: Imgai) -> None:
    """One a line, relative to the working directory; what is missing is skipped."""
    (hosted.home / "a.jpg").write_bytes(jpeg(5))
    ran = hosted("classify", "-", "--json", stdin=b"a.jpg\nmissing.jpg\n")

    assert [line["status"] for line in ran.lines] == ["skipped", "analysed"] or [
        line["status"] for line in ran.lines
    ] == ["analysed", "skipped"]


def test_a_database_that_is_not_ours_is_refused_and_untouched(
    hosted: Imgai, folder: Path
) -> None:
    """Before the first paid call."""
    (folder / "a.jpg").write_bytes(jpeg(6))
    foreign = hosted.home / "letters.db"
    foreign.write_bytes(b"Dear diary, " * 100)

    ran = hosted("classify", folder, "--db", foreign)

    assert ran.exit_code == 74
    assert foreign.read_bytes() == b"Dear diary, " * 100
    assert sorted(path.name for path in hosted.home.glob("letters.db*")) == [
        "letters.db"
    ]


def test_the_switch_of_the_image_host_switches_it_off(
    hosted: Imgai, folder: Path
) -> None:
    """ENABLE_AI_CLASSIFICATION=false touches nothing and says so."""
    (folder / "a.jpg").write_bytes(jpeg(7))
    ran = hosted("classify", folder, ENABLE_AI_CLASSIFICATION="false")

    assert ran.exit_code == 0
    assert "ENABLE_AI_CLASSIFICATION" in ran.err
    assert not hosted.database.exists()


def test_only_what_failed_is_retried(hosted: Imgai, folder: Path) -> None:
    """--retry-failed needs no SOURCE."""
    (folder / "a.jpg").write_bytes(jpeg(8))
    (folder / "b.jpg").write_bytes(jpeg(9)[:50])
    hosted("classify", folder)

    ran = hosted("classify", "--retry-failed", "--json")

    assert [Path(line["uri"]).name for line in ran.lines] == ["b.jpg"]
    assert ran.exit_code == 3


@pytest.mark.parametrize(
    "more", [[], ["--json"], ["--dry-run"]], ids=["plain", "json", "dry run"]
)
def test_a_retry_of_nothing_says_that_nothing_failed(
    hosted: Imgai, photos: Path, more: list[str]
) -> None:
    """It found pictures enough: what it did not find is a failure. Nothing to do: 0."""
    hosted("classify", photos)

    for sources in ([], [photos]):
        ran = hosted("classify", *sources, "--retry-failed", *more)

        assert ran.exit_code == 0
        assert ran.err == "Nothing is waiting to be retried.\n"
        assert ran.out == "" or "--dry-run" in more
    assert hosted("classify", "--retry-failed", "--quiet").err == ""


def test_a_retry_tells_what_came_of_it_even_to_nobody(
    hosted: Imgai, folder: Path
) -> None:
    """Somebody asked for it: silence would leave open whether anything was done."""
    (folder / "b.jpg").write_bytes(jpeg(9)[:50])
    hosted("classify", folder)
    (folder / "b.jpg").unlink()

    ran = hosted("classify", "--retry-failed")

    assert ran.exit_code == 0
    assert ran.err.startswith("0 images analysed, 1 skipped (1 vanished) in ")
