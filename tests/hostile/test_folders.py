"""Folders in which anything may lie, through the command line."""

import os
import shutil
import socket
import stat
from pathlib import Path

import pytest

from imgai.sources.location import path_to_uri
from tests import pictures
from tests.commands.running import Imgai
from tests.hostile.measured import measured
from tests.sources.folders import make_file
from tests.stubs.workers_ai import WorkersAIStub

pytestmark = pytest.mark.skipif(os.name == "nt", reason="made of what POSIX has")


def jpeg(shift: int = 0) -> bytes:
    """Return a picture that differs from those of other shifts."""
    return pictures.encoded(pictures.scene(shift=shift))


def reasons(lines: list[dict[str, str]], folder: Path) -> dict[str, str]:
    """Return status and reason of each line, by its URI below a folder."""
    below = path_to_uri(folder) + "/"
    return {
        line["uri"].removeprefix(below): f"{line['status']} {line['reason']}"
        for line in lines
    }


def test_what_is_no_regular_file_is_passed_over(
    hosted: Imgai, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FIFO would wait for a writer for ever, a device for the end of all zeros."""
    (folder / "good.jpg").write_bytes(jpeg())
    os.mkfifo(folder / "fifo.jpg")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    (folder / "random.jpg").symlink_to("/dev/urandom")
    (folder / "nowhere.jpg").symlink_to(folder / "not here")
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(folder)  # a socket's whole path is 108 bytes at most
        listening.bind("socket.jpg")

    ran = hosted("classify", folder, "--json")

    assert ran.exit_code == 0, ran.err
    became = reasons(ran.lines, folder)
    assert became.pop("good.jpg") == "analysed None"
    assert became.pop("nowhere.jpg") == "skipped vanished"
    assert became.pop("itself.jpg").startswith("skipped ")
    assert became == dict.fromkeys(
        ("fifo.jpg", "zero.jpg", "random.jpg", "socket.jpg"), "skipped not-regular"
    )


@pytest.mark.parametrize("special", ["fifo", "/dev/zero"])
def test_a_special_file_may_be_named_outright(
    hosted: Imgai, folder: Path, special: str
) -> None:
    """Whoever names it means a picture, and there is none: no hang, no error."""
    path = folder / "named.jpg"
    if special == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(special)

    ran = hosted("classify", path, "--json")

    assert ran.exit_code == 0, ran.err
    assert [line["reason"] for line in ran.lines] == ["not-regular"]


def test_links_make_no_loop(
    hosted: Imgai, workers_ai: WorkersAIStub, folder: Path
) -> None:
    """Each file is seen once, however many ways lead around."""
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "one.jpg").write_bytes(jpeg())
    (inner / "up").symlink_to(folder)
    (folder / "across").symlink_to(inner)
    (folder / "a" / "self").symlink_to(folder / "a")

    ran = hosted("classify", folder, "--json", "--no-captions", "--no-embeddings")

    assert ran.exit_code == 0, ran.err
    analysed = [line["uri"] for line in ran.lines if line["status"] == "analysed"]
    assert analysed == [path_to_uri(inner / "one.jpg")]
    assert len(workers_ai.calls) == 1


def test_paths_longer_than_the_system_takes_are_read(
    hosted: Imgai, folder: Path
) -> None:
    """Folders may be made deeper than any path can say; the walk still goes there."""
    name, depth = "d" * 200, 25  # 5,000 bytes; PATH_MAX is 4,096
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    deepest = os.open("deep.jpg", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(deepest, jpeg())
    os.close(deepest)
    os.close(here)
    (folder / "good.jpg").write_bytes(jpeg(1))

    ran = hosted("classify", folder, "--json")

    shutil.rmtree(folder)
    assert ran.exit_code in {0, 3}, ran.err
    became = {line["uri"].rpartition("/")[2]: line["status"] for line in ran.lines}
    assert became["good.jpg"] == "analysed"
    assert "deep.jpg" in became  # named, whatever came of it


def test_names_that_are_no_text_are_classified_found_and_shown(
    hosted: Imgai, folder: Path
) -> None:
    """No UTF-8, newlines, ESC, right-to-left marks: through every command."""
    names = [
        b"latin\xe9.jpg", b"new\nline.jpg", b"esc\x1b]0;title\x07.jpg",
        "turn\u202egpj.jpg".encode(), b"[red]markup.jpg", b"-rf.jpg",
        b"%41 #?.jpg", b"=cmd|calc.jpg", b"\xff\xfe.jpg",
    ]  # fmt: skip
    for shift, name in enumerate(names):
        make_file(os.fsencode(folder) + b"/" + name, jpeg(shift))

    ran = hosted("classify", folder, "--json")
    again = hosted("classify", folder, "--json", "--all")
    shown = [hosted("show", line["uri"], "--json") for line in ran.lines]

    assert ran.exit_code == 0, ran.err
    assert [line["status"] for line in ran.lines] == ["analysed"] * len(names)
    assert all(line["uri"].isascii() for line in ran.lines)
    assert {line["status"] for line in again.lines} == {"known"}
    assert [one.exit_code for one in shown] == [0] * len(names)


def test_files_of_gigabytes_cost_nothing(hosted: Imgai, folder: Path) -> None:
    """Eight sparse gigabytes take a moment to make, and must not be read."""
    for name, beginning in (("empty.jpg", b""), ("real.jpg", jpeg())):
        with (folder / name).open("wb") as file:
            file.write(beginning)
            file.truncate(8 * 2**30)

    came = measured(hosted, "classify", folder, "--json")

    assert came.ran.exit_code in {0, 3}, came.ran.err
    assert {line["reason"] for line in came.ran.lines} <= {"too-large", "not-an-image"}
    assert len(came.ran.lines) == 2
    assert came.peak_bytes < 300 * 2**20


def test_programs_in_disguise_are_not_run(
    hosted: Imgai, workers_ai: WorkersAIStub, folder: Path, tmp_path: Path
) -> None:
    """Pillow would start Ghostscript for an EPS, whatever its name says."""
    started = tmp_path / "started"
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gs", "gswin64c", "convert", "dcraw", "ffmpeg"):
        program = programs / name
        program.write_text(f"#!/bin/sh\ntouch '{started}'\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    for kind, content in {**pictures.NOT_IMAGES, **pictures.UNREAD_IMAGES}.items():
        (folder / f"{kind}.jpg").write_bytes(content)

    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    ran = hosted("classify", folder, "--json", PATH=path)

    assert ran.exit_code == 0, ran.err
    assert {line["status"] for line in ran.lines} == {"skipped"}
    assert not started.exists()
    assert workers_ai.calls == []
