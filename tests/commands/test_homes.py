"""Paths with a ~ in them: homes are found by imgai where the shell has not done it."""

import pytest

from tests.commands.running import Imgai
from tests.store.library import make_library

NOBODYS = "~nobody-by-this-name/a.db"


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--db", NOBODYS),
        ("doctor", "--db", NOBODYS),
        ("merge", NOBODYS),
        ("backup", NOBODYS),
    ],
)
def test_a_home_that_nobody_knows_is_named(
    imgai: Imgai, arguments: tuple[str, ...]
) -> None:
    """It is a slip of the user's, and no bug; nothing is made in its place."""
    before = sorted(imgai.home.iterdir())

    ran = imgai(*arguments)

    assert ran.exit_code == 2
    assert ran.err.splitlines() == [
        f"imgai: Nobody knows where the home in {NOBODYS} is.",
        "  Write the whole path.",
    ]
    assert sorted(imgai.home.iterdir()) == before


def test_ones_own_home_is_found(imgai: Imgai) -> None:
    """As in `--db=~/a.db`, which the shell leaves as it is."""
    ran = imgai("status", "--db", "~/none.db")

    assert f"There is no database at {imgai.home / 'none.db'}." in ran.err


def test_a_search_in_the_home_of_nobody_finds_nothing(imgai: Imgai) -> None:
    """A filter is no place that has to be there."""
    make_library(imgai.database)

    ran = imgai("search", f"under:{NOBODYS} cat", "--mode", "text")

    assert (ran.exit_code, ran.out) == (0, "")
    assert "Nothing found." in ran.err
