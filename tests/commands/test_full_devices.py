"""Commands whose results cannot be written: the disk behind `> file` is full."""

import subprocess
from pathlib import Path

import pytest

from tests.commands.running import Imgai, Ran

FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")

# Each way to write: lines of results, Rich's tables and pages, typer's own help, what
# is answered before anything is loaded, and what the shell asks for.
COMMANDS = (
    "",
    "--version",
    "--help",
    "--show-completion bash",
    "search --help",
    "help query",
    "search format:png",
    "search format:png --json",
    "search format:png --paths",
    "similar PHOTO",
    "show PHOTO",
    "show PHOTO --json",
    "status",
    "status --json",
    "doctor",
    "export",
    "export --format csv",
    "export --alt-text",
    "prune",
    "reindex",
    "thumbnails",
    "tag FOLDER --dry-run",
    "backup copy.db",
    "merge other.db --db all.db",
    "classify FOLDER --dry-run",
    "classify FOLDER --json --all",
    "classify FOLDER --force --verbose",
)


def run_into_full(imgai: Imgai, command: list[str], **variables: str) -> Ran:
    """Run a command that writes its results to a device without space."""
    with FULL.open("wb", buffering=0) as full:
        ended = subprocess.run(
            imgai.command(command),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=imgai.home,
            env=imgai.variables(variables),
            check=False,
        )
    return Ran(ended.returncode, "", ended.stderr.decode())


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_every_command_says_that_its_results_cannot_be_written(
    hosted: Imgai, photos: Path, unbuffered: str
) -> None:
    """Exit 74 and a sentence, whoever writes: imgai, typer, Rich or the interpreter."""
    hosted("classify", photos)
    hosted("backup", "other.db")
    places = {"FOLDER": str(photos), "PHOTO": str(photos / "IMG_0412.png")}

    for command in COMMANDS:
        words = [places.get(word, word) for word in command.split()]
        ran = run_into_full(hosted, words, PYTHONUNBUFFERED=unbuffered)

        assert ran.exit_code == 74, (command, ran.err)
        assert "The results cannot be written to stdout" in ran.err, command
        assert "Traceback" not in ran.err, command
        assert "Exception ignored" not in ran.err, command


def test_words_that_cannot_be_written_change_no_exit_code(
    hosted: Imgai, photos: Path
) -> None:
    """With stderr on a full disk the results are there, and the code is theirs."""
    hosted("classify", photos)

    for command, code in (
        ("search format:png", 0),
        ("search format:gif", 0),
        ("nonsense", 2),
    ):
        with FULL.open("wb", buffering=0) as full:
            ended = subprocess.run(
                hosted.command(command.split()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=full,
                cwd=hosted.home,
                env=hosted.variables(),
                check=False,
            )
        assert ended.returncode == code, command
