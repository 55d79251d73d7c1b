"""Text from outside, through every output: shown, never obeyed; it always parses."""

import csv
import io
import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from tests import pictures
from tests.commands.running import Imgai
from tests.hostile.terminals import obeyed, on_terminal
from tests.sources.folders import make_file
from tests.stubs import faults
from tests.stubs.hosted_models import Seen
from tests.stubs.workers_ai import WorkersAIStub

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")

# Escapes in 7 and 8 bits, marks of direction, separators of lines, markup, a formula.
HOSTILE = (
    "=cmd|'/c calc'!A1 \x1b]0;title\x07\x1b[2J\x9b31m\u202egpj\u2066\u2028\u061c"
    " new\nline\r\ttab [/red] [bold]x[/] :smile: <b>&amp;</b> `code` \x7f\x00\x85 cat"
)
# What half of it looks like once it is in the database: JSON may hold any of it.
HALF_A_PAIR = "\ud800 half \udcff"
NAME = b"=cmd|x \x1b]0;title\x07\x9b31m\xff [bold]x[red] \xe2\x80\xae new\nline.jpg"

BROKEN = pictures.encoded(pictures.scene(), "PNG")[:60]


@pytest.fixture
def sees_harm(workers_ai: WorkersAIStub) -> None:
    """Make the stub's models say hostile things."""

    def look(_: Image.Image) -> Seen:
        return Seen({HOSTILE: 0.9, "cat" + HALF_A_PAIR: 0.8}, HOSTILE + HALF_A_PAIR)

    workers_ai.look = look


@pytest.fixture
def library(hosted: Imgai, folder: Path) -> Imgai:
    """Return a program whose database holds hostile text in every column there is.

    As one merged from elsewhere may: imgai itself would have cleaned it.
    """
    make_file(os.fsencode(folder) + b"/" + NAME, pictures.encoded(pictures.scene()))
    make_file(os.fsencode(folder) + b"/2" + NAME, pictures.encoded(pictures.scene()))
    make_file(os.fsencode(folder) + b"/broken" + NAME, BROKEN)
    ran = hosted("classify", folder, "--json")
    assert ran.exit_code == 3, ran.err
    with closing(sqlite3.connect(hosted.database)) as connection:
        poison(connection)
    return hosted


def poison(connection: sqlite3.Connection) -> None:
    """Put hostile text wherever the database holds text that is shown."""
    labels = {HOSTILE: 0.9, HALF_A_PAIR: 0.8}
    texts = {
        ("analysis", "label_scores_json"): json.dumps(labels),
        ("analysis", "caption"): HOSTILE,
        ("image_fts", "caption"): HOSTILE,
        ("failure", "message"): HOSTILE,
        ("failure", "model"): HOSTILE,
        ("vector_space", "model"): HOSTILE,
        ("model", "model"): HOSTILE,
        ("image", "uri"): f"file:///{HOSTILE}",
    }
    for (table, column), text in texts.items():
        # Where a column is unique, one row of it will do.
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (text,))  # noqa: S608 - names of our own
    connection.execute(
        "UPDATE shared_text SET text = ? WHERE id = (SELECT max(models) FROM analysis)",
        (HOSTILE,),
    )
    connection.commit()


@pytest.mark.usefixtures("sees_harm")
def test_what_models_say_is_cleaned_before_it_is_kept(
    hosted: Imgai, folder: Path
) -> None:
    """So that no other reader of the database stumbles over it either."""
    (folder / "a.jpg").write_bytes(pictures.encoded(pictures.scene()))

    ran = hosted("classify", folder, "--json")

    assert ran.exit_code == 0, ran.err
    (line,) = ran.lines
    assert "cat" in line["caption"]
    stored = hosted.rows("SELECT labels_json, caption FROM image_ai")[0]
    for text in (*json.loads(stored[0]), stored[1]):
        assert text.isprintable()
        assert obeyed(text) == []


# They find nothing to show here, or are full of complaints.
SHOWS_NONE = {"prune", "doctor", "undo"}


def commands(picture: str) -> dict[str, list[str]]:
    """Return every command that shows text of the database."""
    return {
        "search": ["search", "cat"],
        "search words": ["search", "cat", "--mode", "text", "--explain"],
        "search paths": ["search", "cat", "--paths"],
        "search all": ["search", ""],
        "search hostile": ["search", HOSTILE.replace("\0", "")],
        "show": ["show", picture],
        "status": ["status"],
        "failed": ["status", "--failed"],
        "doctor": ["doctor"],
        "export": ["export"],
        "export csv": ["export", "--format", "csv"],
        "similar": ["similar", picture],
        "similar paths": ["similar", picture, "--paths"],
        "dupes": ["dupes"],
        "tag": ["tag", "--dry-run", "--verbose"],
        "undo": ["tag", "--undo", "--dry-run"],
        "merge": ["merge", "imgai.db", "--db", "merged\x1b]0;x\x07\u202e.db"],
        "backup": ["backup", "copy\x1b]0;x\x07\u202e.db"],
        "prune": ["prune"],
    }


def picture_of(imgai: Imgai) -> str:
    """Return the hash of the one picture in the database."""
    ((picture,),) = imgai.rows("SELECT picture_hash FROM picture")
    return str(picture)


def test_no_command_lets_a_terminal_obey(library: Imgai) -> None:
    """Tables, pages, paths and errors, on a terminal of its own."""
    for name, arguments in commands(picture_of(library)).items():
        seen = on_terminal(library, *arguments)

        if name != "doctor":  # finds much to complain of here
            assert seen.exit_code == 0, (name, seen.text)
        assert obeyed(seen.text) == [], name
        if name not in SHOWS_NONE:  # the others have shown it, harmless
            assert r"\x1b" in seen.text or "%1B" in seen.text, (name, seen.text)


def test_every_line_of_json_parses(library: Imgai) -> None:
    """One ASCII object a line, whatever the database holds."""
    for name, arguments in commands(picture_of(library)).items():
        if name in {"search paths", "prune", "export", "export csv", "doctor"}:
            continue
        ran = library(*arguments, "--json")

        assert ran.exit_code == 0, (name, ran.err)
        assert ran.out.isascii()
        for line in ran.lines:
            assert isinstance(line, dict), name
            json.dumps(line).encode()


def test_no_cell_of_a_spreadsheet_is_a_formula(library: Imgai) -> None:
    """A caption that begins with = would run in whatever opens the file."""
    ran = library("export", "--format", "csv")

    cells = [cell for row in csv.reader(io.StringIO(ran.out)) for cell in row]
    assert any("cmd|" in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in cells)


def test_paths_are_one_a_line(library: Imgai) -> None:
    """A name with a newline must not become two arguments of the next program."""
    ran = library("search", "cat", "--paths", "--mode", "text")

    assert len(ran.out.splitlines()) == 1, ran.out


@pytest.mark.usefixtures("sees_harm")
@pytest.mark.parametrize("flags", [["--verbose"], ["--verbose", "--all"], []])
def test_a_run_is_told_without_harm(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    folder: Path,
    flags: list[str],
) -> None:
    """Names, labels, captions and refusals of the host, on a terminal and in CI."""
    for shift in range(2):
        name = b"%d" % shift + NAME
        content = pictures.encoded(pictures.scene(shift=shift))
        make_file(os.fsencode(folder) + b"/" + name, content)
    make_file(os.fsencode(folder) + b"/broken" + NAME, BROKEN)
    refused = faults.workers_ai_refusal(413, 3006, HOSTILE)
    workers_ai.reply_always(refused, model="@cf/baai/bge-base-en-v1.5")
    summary = hosted.home / "summary.md"

    seen = on_terminal(
        hosted, "classify", folder, *flags, GITHUB_STEP_SUMMARY=str(summary)
    )

    assert seen.exit_code == 3, seen.text
    assert obeyed(seen.text) == []
    written = summary.read_text(encoding="utf-8")
    assert obeyed(written) == []
    assert "<b>" not in written
    assert not re.search(r"(?<!\\)[*_`<]\w", written.replace("**", ""))


@pytest.mark.parametrize(
    "arguments",
    [
        ["classify", f"nowhere {HOSTILE}".replace("\0", "")],
        ["classify", ".", "--backend", "\x1b]0;x\x07"],
        ["classify", ".", "--time-limit", "\x9b31m"],
        ["classify", ".", "--width", "\x1b[2J[/red]"],
        ["classify", ".", "--\x1b[2J"],
        ["\x1b[2J[/red]"],
        ["show", "nothing \u202e\x1b[2J"],
        ["status", "--db", "/nowhere/\x1b[2J.db"],
    ],
)
def test_errors_say_what_was_given_without_harm(
    imgai: Imgai, arguments: list[str]
) -> None:
    """Arguments come from scripts, and scripts from file names."""
    seen = on_terminal(imgai, *arguments)
    ran = imgai(*arguments, "--json")

    assert seen.exit_code == ran.exit_code
    assert seen.exit_code not in {0, 70}
    assert obeyed(seen.text) == []
    assert ran.last_error["exit_code"] == ran.exit_code


def test_settings_say_what_they_hold_without_harm(imgai: Imgai) -> None:
    """A `.env` may come with a folder that someone sent."""
    (imgai.home / ".env").write_text("AI_MAX_LABELS='\x1b]0;title\x07\u202e[/red]'\n")

    seen = on_terminal(imgai, "classify", ".")

    assert seen.exit_code == 78
    assert "AI_MAX_LABELS" in seen.text
    assert obeyed(seen.text) == []
