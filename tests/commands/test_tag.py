"""`imgai tag`, as a person runs it: real pictures, real sidecars."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from imgai.store.lock import hold_database
from tests.commands.running import Imgai, copy_photos
from tests.store.library import changing, classify, cloud_answers
from tests.xmp.documents import DARKTABLE, LIGHTROOM

EXIFTOOL = shutil.which("exiftool")
CAT, DOG = "IMG_0412.png", "P2030902.jpg"


@pytest.fixture
def album(imgai: Imgai, tmp_path: Path) -> Path:
    """Return a folder of two photos that the database knows."""
    folder = copy_photos(tmp_path / "album", CAT, DOG).resolve()
    with changing(imgai.database) as connection:
        for number, (name, caption, label) in enumerate(
            [(CAT, "A ginger cat.", "cat"), (DOG, "A dog.", "dog")]
        ):
            answers = cloud_answers(caption, label, "outdoors")
            classify(connection, (folder / name).as_uri(), number, answers)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_sidecars_are_written_and_taken_back_byte_for_byte(
    imgai: Imgai, album: Path
) -> None:
    """One that was there comes back as it was; one that was not is gone."""
    (album / "IMG_0412.xmp").write_bytes(LIGHTROOM)
    before = files(album)

    written = imgai("tag", album, "--json")
    after = files(album)
    undone = imgai("tag", "--undo", "--json")

    assert [(one["status"], one["added"]) for one in written.lines] == [
        ("updated", ["outdoors"]),
        ("created", ["dog", "outdoors"]),
    ]
    assert [one["keeps_description"] for one in written.lines] == [True, False]
    assert {name: after[name] for name in (CAT, DOG)} == {
        name: before[name] for name in (CAT, DOG)
    }
    assert set(after) - set(before) == {"P2030902.xmp"}
    assert [one["status"] for one in undone.lines] == ["restored", "removed"]
    assert files(album) == before
    assert imgai.rows("SELECT count(*) FROM sidecar") == [(0,)]


@pytest.mark.skipif(os.name == "nt", reason="there it may be reached")
@pytest.mark.usefixtures("album")
def test_images_of_other_machines_are_passed_over(imgai: Imgai) -> None:
    """They came by `merge`; what is here gets its sidecars all the same."""
    nowhere = "file:///album/c%00.jpg"
    with changing(imgai.database) as connection:
        for number, uri in ((7, "file://server/share/c.jpg"), (8, nowhere)):
            classify(connection, uri, number, cloud_answers("A cat.", "cat"))

    ran = imgai("tag", "--json")

    assert ran.exit_code == 0, ran.err
    statuses = {line["uri"]: line["status"] for line in ran.lines}
    assert statuses.pop(nowhere) == "skipped"
    assert list(statuses.values()) == ["created", "created"]
    assert r"/album/c\x00.jpg: skipped" in imgai("tag", "--dry-run").err


@pytest.mark.skipif(EXIFTOOL is None, reason="needs exiftool")
def test_exiftool_reads_what_was_written(imgai: Imgai, album: Path) -> None:
    """What it reads, Lightroom, darktable, digiKam and Immich read."""
    imgai("tag", album)
    names = ("Subject", "Description", "HierarchicalSubject", "XMP-imgai:Models")
    options = [f"-{name}" for name in names]
    shown = subprocess.run(
        [str(EXIFTOOL), "-s3", *options, str(album / "P2030902.xmp")],
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert shown.splitlines() == [
        "dog, outdoors",
        "A dog.",
        "imgai|dog, imgai|outdoors",
        "@cf/facebook/detr-resnet-50, @cf/google/gemma, @cf/baai/bge-base-en-v1.5",
    ]


def test_a_trial_writes_nothing(imgai: Imgai, album: Path) -> None:
    """Not even into the database; it says what would be."""
    before = files(album)

    trial = imgai("tag", "--dry-run")

    assert "P2030902.xmp: would be created, keywords dog, outdoors" in trial.out
    assert trial.out.endswith("Sidecars: 2 would be created.\n")
    assert files(album) == before
    assert imgai.rows("SELECT count(*) FROM sidecar") == [(0,)]
    assert imgai("tag", "--undo", "--dry-run").out.startswith("No sidecar")


def test_darktables_naming_leaves_adobes_alone(imgai: Imgai, album: Path) -> None:
    """`a.jpg.xmp` beside `a.xmp`: each program looks for its own."""
    (album / "P2030902.xmp").write_bytes(LIGHTROOM)
    (album / "P2030902.jpg.xmp").write_bytes(DARKTABLE)

    imgai("tag", album, "--naming", "darktable")

    held = files(album)
    assert held["P2030902.xmp"] == LIGHTROOM
    assert b"<rdf:li>dog</rdf:li>" in held["P2030902.jpg.xmp"]
    assert b"darktable:history" in held["P2030902.jpg.xmp"]


def test_tagging_again_writes_nothing(imgai: Imgai, album: Path) -> None:
    """Neither file nor time changes, so that nothing copies them anew."""
    imgai("tag", album)
    before = {one: one.stat().st_mtime_ns for one in album.iterdir()}

    ran = imgai("tag", album)

    assert ran.out == "Sidecars: 2 unchanged.\n"
    assert {one: one.stat().st_mtime_ns for one in album.iterdir()} == before


def test_what_others_wrote_since_survives_the_undoing(
    imgai: Imgai, album: Path
) -> None:
    """Only imgai's words are taken out; tagging again in between changes nothing."""
    sidecar = album / "P2030902.xmp"
    sidecar.write_bytes(DARKTABLE)
    imgai("tag", album)
    rated = sidecar.read_bytes().replace(b'xmp_version="5"', b'xmp_version="6"')
    sidecar.write_bytes(rated)

    (cat, dog) = imgai("tag", "--undo", "--json", "--dry-run").lines
    assert (cat["status"], dog["status"]) == ("removed", "cleaned")
    imgai("tag", album)
    imgai("tag", "--undo")

    expected = DARKTABLE.replace(b'xmp_version="5"', b'xmp_version="6"')
    assert sidecar.read_bytes() == expected


def test_a_sidecar_that_two_images_would_share_is_left_alone(
    imgai: Imgai, album: Path
) -> None:
    """It could speak of one of them only; the other naming has one for each."""
    shutil.copy2(album / CAT, album / "P2030902.png")
    with changing(imgai.database) as connection:
        answers = cloud_answers("A cat.", "cat")
        classify(connection, (album / "P2030902.png").as_uri(), 7, answers)

    ran = imgai("tag", album)
    assert (ran.exit_code, "see --naming darktable" in ran.err) == (0, True)
    assert ran.out == "Sidecars: 1 created, 2 skipped.\n"
    assert not (album / "P2030902.xmp").exists()
    assert "3 created" in imgai("tag", album, "--naming", "darktable").out


def test_of_a_pair_the_raw_file_has_the_sidecar(imgai: Imgai, album: Path) -> None:
    """`a.xmp` beside `a.cr2` and `a.jpg` is where Lightroom looks for the raw's."""
    raw = album / "P2030902.CR2"
    raw.write_bytes(b"sensor data")
    with changing(imgai.database) as connection:
        classify(connection, raw.as_uri(), 7, cloud_answers("A puppy.", "puppy"))
        connection.execute(
            "UPDATE image SET format = 'raw' WHERE uri = ?", (raw.as_uri(),)
        )

    assert imgai("tag", album).out == "Sidecars: 2 created, 1 skipped.\n"
    assert b"A puppy." in (album / "P2030902.xmp").read_bytes()


def test_what_cannot_be_written_is_named_and_the_rest_is(
    imgai: Imgai, album: Path
) -> None:
    """Exit 3: a pipe, a link, a file that is no XMP, one that holds a bomb."""
    elsewhere = album.parent / "elsewhere.xmp"
    elsewhere.write_bytes(LIGHTROOM)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    sidecar = album / "IMG_0412.xmp"
    for hostile in ("pipe", "link", b"no xml", bomb):
        sidecar.unlink(missing_ok=True)
        match hostile:
            case "pipe":
                os.mkfifo(sidecar)
            case "link":
                sidecar.symlink_to(elsewhere)
            case bytes(content):
                sidecar.write_bytes(content)
        ran = imgai("tag", album)
        assert ran.exit_code == 3
        assert "IMG_0412.xmp: failed. " in ran.err
    assert elsewhere.read_bytes() == LIGHTROOM
    assert sidecar.read_bytes() == bomb
    assert (album / "P2030902.xmp").exists()


def test_a_replaced_sidecar_keeps_its_permissions(imgai: Imgai, album: Path) -> None:
    """Others who could read or write it still can, and nobody else."""
    sidecar = album / "P2030902.xmp"
    sidecar.write_bytes(DARKTABLE)
    sidecar.chmod(0o640)

    imgai("tag", album)

    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert [one.name for one in album.iterdir() if one.name.startswith(".")] == []


def test_only_what_is_named_is_tagged(imgai: Imgai, album: Path) -> None:
    """A file, a folder, or everything; never a bucket, nor what is not there."""
    assert imgai("tag", album / DOG).out == "Sidecars: 1 created.\n"
    assert not (album / "IMG_0412.xmp").exists()
    assert imgai("tag", "r2://bucket").exit_code == 2
    assert imgai("tag", album / "none").exit_code == 66
    assert imgai("tag", album / CAT, "--undo").out.startswith("No sidecar")
    assert imgai("tag", album / DOG, "--undo").out == "Sidecars: 1 removed.\n"


def test_a_database_at_work_is_left_alone(imgai: Imgai, album: Path) -> None:
    """Exit 75; a trial may look."""
    with hold_database(imgai.database):
        assert imgai("tag", album).exit_code == 75
        assert imgai("tag", album, "--dry-run").exit_code == 0


def test_a_sidecar_never_makes_the_picture_look_new(
    hosted: Imgai, photos: Path
) -> None:
    """The next run makes no call and says nothing."""
    assert hosted("classify", photos, "--yes").exit_code == 0
    calls = hosted.rows("SELECT count(*) FROM call")
    assert hosted("tag", photos).out == "Sidecars: 4 created.\n"

    again = hosted("classify", photos)

    assert (again.exit_code, again.out, again.err) == (0, "", "")
    assert hosted.rows("SELECT count(*) FROM call") == calls
    assert hosted.rows("SELECT count(*) FROM failure") == [(0,)]
