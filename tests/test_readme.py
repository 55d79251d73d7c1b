"""README tells the truth: its commands, settings, exit codes and help are compared."""

import re

from imgai import __version__
from imgai.errors import ExitCode
from tests.readme import COMMANDS, README, help_text, rewritten

TEXT = README.read_text(encoding="utf-8")


def test_what_the_program_writes_is_what_readme_shows() -> None:
    """Help, settings, exit codes and errors; `python -m tests.readme` renews them."""
    assert rewritten(TEXT) == TEXT


def test_both_commands_are_there_once() -> None:
    """One does the main job, one the tests; CI runs them as they are printed."""
    for name in ("start", "tests"):
        assert TEXT.count(f"<!-- {name} -->\n```") == 1


def test_every_help_ends_with_an_example_and_exit_codes() -> None:
    """So that nobody has to look elsewhere for what a script needs to know."""
    for command in COMMANDS:
        shown = help_text(command)
        assert re.search(r"Example: (\w+=\S+ )?imgai", shown), command
        assert "Exit codes:" in shown, command


def test_readme_names_the_version_it_describes() -> None:
    """The newest entry of Changes is this version."""
    newest = re.search(r"^### ([\d.]+)", TEXT, re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__


def test_every_exit_code_has_its_row() -> None:
    """Scripts branch on them."""
    for code in ExitCode:
        assert f"| {code.value} |" in TEXT
