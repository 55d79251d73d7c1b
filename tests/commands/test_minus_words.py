"""`imgai search cat -dog`: what is a word with a minus, and what is an option."""

import pytest

from imgai.commands.minus_words import Options
from tests.commands.running import Imgai

OPTIONS = Options(
    frozenset({"-q", "--quiet", "-v", "--verbose", "-h", "--help", "--json"}),
    frozenset({"-n", "--limit", "--label"}),
)


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("cat -dog", "-- cat -dog"),
        ("-dog cat -n 3", "-n 3 -- -dog cat"),
        ("cat -n 3 -dog -bird", "-n 3 -- cat -dog -bird"),
        ("cat -night -van -hat -2024", "-- cat -night -van -hat -2024"),
        ("cat -label:dog -label>0", "-- cat -label:dog -label>0"),
        ("--label -dog cat", "--label -dog -- cat"),
        ("--label=cat -qn5 -n-5 -n", "--label=cat -qn5 -n-5 -n"),
        ("-vq --quiet", "-vq --quiet"),
        ("- -- -q --json", "-- - -q --json"),
        ("cat -a'b", "-- cat -a'b"),
    ],
)
def test_words_go_behind_the_options(typed: str, parsed: str) -> None:
    """Behind `--` nothing is an option, whatever it looks like; their order stays."""
    assert OPTIONS.words_last(typed.split()) == parsed.split()


@pytest.mark.parametrize("slip", ["-x", "-json", "-label", "--lable", "-nq", "-qx"])
def test_a_misspelt_option_is_no_word(slip: str) -> None:
    """It would be searched for, or rather without, and nobody would notice."""
    assert not OPTIONS.is_word(slip)


@pytest.mark.parametrize(
    "typed", ["cat --lable x", "cat -x", "cat -json", "cat -limit 3", "cat --label"]
)
def test_what_is_no_option_is_refused(imgai: Imgai, typed: str) -> None:
    """By name, before anything is looked at."""
    ran = imgai("search", *typed.split())

    assert ran.exit_code == 2
    assert "option" in ran.err.lower()


def test_a_word_with_a_minus_needs_no_quotes(imgai: Imgai) -> None:
    """As in a query in quotes: nothing but the database is missing here."""
    ran = imgai("search", "cat", "-dog", "-n", "3")

    assert ran.exit_code == 74, ran.err
