"""Errors as people and programs hear of them."""

import json
from datetime import UTC, datetime

from imgai.errors import AccessDenied, QuotaExhausted
from imgai.present.errors import show_bug, show_error
from tests.present.screens import in_memory

SPENT = QuotaExhausted(
    "The daily allocation is spent.",
    hint="It resets at 00:00 UTC.",
    retry_at=datetime(2026, 11, 23, tzinfo=UTC),
)


def test_a_person_hears_what_happened_what_to_do_and_when_to_come_back() -> None:
    """On stderr, in lines."""
    output, told = in_memory()

    show_error(SPENT, output=output)

    assert told.results == []
    assert told.words == [
        "imgai: The daily allocation is spent.",
        "  It resets at 00:00 UTC.",
        "  It is worth coming back after 2026-11-23 00:00 UTC.",
    ]


def test_a_program_gets_the_documented_line() -> None:
    """Its fields are promised: scripts wait until `retry_at`."""
    output, told = in_memory()

    show_error(SPENT, as_json=True, output=output)

    assert [json.loads(line) for line in told.words] == [
        {
            "type": "error",
            "exit_code": 75,
            "error": "QuotaExhausted",
            "message": "The daily allocation is spent.",
            "hint": "It resets at 00:00 UTC.",
            "retry_at": "2026-11-23T00:00:00Z",
        }
    ]


def test_a_hosts_words_cannot_play_with_the_terminal() -> None:
    """Messages quote what servers and disks say."""
    output, told = in_memory()

    show_error(AccessDenied("said \x1b[2J\n[red]no", hint="\u202e"), output=output)

    assert told.words == [r"imgai: said \x1b[2J\n[red]no", r"  \u202e"]


def test_a_bug_comes_with_its_traceback_and_for_programs_with_a_last_line() -> None:
    """Without the traceback nobody can mend it."""
    output, told = in_memory()
    try:
        json.loads("\x1b[31m")
    except ValueError as error:
        show_bug(error, as_json=True, output=output)

    assert any("test_errors.py" in line for line in told.words)
    assert "\x1b" not in told.err.getvalue()
    last = json.loads(told.words[-1])
    assert (last["exit_code"], last["error"]) == (70, "JSONDecodeError")


def test_a_bug_asks_the_person_to_report_it() -> None:
    """It is nothing that they did."""
    output, told = in_memory()

    show_bug(ValueError("x"), output=output)

    assert told.words[-1].startswith("imgai: This is a bug in imgai")
