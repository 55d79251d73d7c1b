"""`--preview`: pictures on terminals of three kinds, each played by a thread."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.commands.running import Imgai, copy_photos
from tests.store.library import changing, classify, cloud_answers

_SIZE = struct.pack("HHHH", 40, 120, 1200, 800)  # rows, columns, and both in px
_LONGEST_S = 60
# What is asked for the terminal's abilities, and what those answer that have them.
_SIXEL = (b"\x1b[c", b"\x1b[?62;4;22c")
_NO_SIXEL = (b"\x1b[c", b"\x1b[?62;22c")
_KITTY = (b"a=q", b"\x1b_Gi=1;OK\x1b\\")


@pytest.fixture
def cat(imgai: Imgai, tmp_path: Path) -> Path:
    """Return a photo that the database knows."""
    photo = copy_photos(tmp_path / "album", "IMG_0412.png").resolve() / "IMG_0412.png"
    with changing(imgai.database) as connection:
        classify(connection, photo.as_uri(), 1, cloud_answers("A cat.", "cat"))
    return photo


def on_terminal(
    imgai: Imgai, answers: tuple[tuple[bytes, bytes], ...], *arguments: str | Path
) -> bytes:
    """Return what a command draws on a terminal that answers some questions."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, _SIZE)
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        imgai.command(arguments),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=imgai.home,
        env=imgai.variables(colours),
    ) as process:
        os.close(slave)
        seen, left = b"", list(answers)
        while chunk := _read(master):
            seen += chunk
            asked = [one for one in left if one[0] in seen]
            # As terminals do, in the order of the questions.
            for question in sorted(asked, key=lambda one: seen.index(one[0])):
                left.remove(question)
                os.write(master, question[1])
        assert process.wait(_LONGEST_S) == 0, seen
    os.close(master)
    return seen


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65_536)
    except OSError:  # how Linux says that the other side has closed
        return b""


def test_any_terminal_with_colours_shows_half_blocks(imgai: Imgai, cat: Path) -> None:
    """Two pixels a cell, above the page of facts."""
    seen = on_terminal(imgai, (_NO_SIXEL,), "show", cat, "--preview").decode()

    assert seen.count("▀") > 300
    assert seen.index("▀") < seen.index("A cat.")
    assert "IMG_0412.png" in seen


def test_a_terminal_with_sixels_gets_them(imgai: Imgai, cat: Path) -> None:
    """iTerm2, WezTerm, Windows Terminal, foot and others."""
    seen = on_terminal(imgai, (_SIXEL,), "show", cat, "--preview")

    assert b"\x1bP" in seen
    assert "▀".encode() not in seen


@pytest.mark.usefixtures("cat")
def test_kitty_gets_its_own_protocol(imgai: Imgai) -> None:
    """The picture is sent once, and placed by characters that scroll with the text."""
    answers = (_NO_SIXEL, _KITTY)
    seen = on_terminal(imgai, answers, "search", "--mode", "text", "cat", "--preview")

    assert b"f=100" in seen
    assert "\U0010eeee".encode() in seen
    assert b"A cat." in seen


def test_without_a_terminal_it_is_left_out(imgai: Imgai, cat: Path) -> None:
    """And said on stderr; JSON is not disturbed."""
    ran = imgai("show", cat, "--preview")
    assert (ran.exit_code, "terminal only" in ran.err) == (0, True)
    assert "▀" not in ran.out
    assert imgai("show", cat, "--preview", "--json").lines[0]["caption"] == "A cat."


def test_a_picture_that_is_gone_is_shown_by_its_thumbnail(
    imgai: Imgai, cat: Path
) -> None:
    """Kept by `imgai thumbnails`; without one there is just no picture."""
    assert imgai("thumbnails").exit_code == 0
    cat.unlink()
    seen = on_terminal(imgai, (_NO_SIXEL,), "show", cat, "--preview").decode()
    assert "▀" in seen

    imgai("thumbnails", "--drop")
    seen = on_terminal(imgai, (_NO_SIXEL,), "show", cat, "--preview").decode()
    assert "▀" not in seen
    assert "A cat." in seen
