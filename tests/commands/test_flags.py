"""Values that no flag may hold, and what is said of them."""

import pytest

from tests.commands.running import Imgai


@pytest.mark.parametrize(
    "arguments",
    [
        ("classify", ".", "--time-limit", ""),
        ("classify", ".", "--max-failure-rate", ""),
        ("classify", ".", "--budget", ""),
        ("classify", ".", "--cooldown", ""),
        ("classify", ".", "--cooldown", "36501d"),
        ("classify", ".", "--time-limit", "9" * 400),
        ("export", "--since", "0001-01-01T00:00+01:00"),
        ("export", "--since", "9999-12-31T23:00-01:00"),
        ("classify", ".", "--shard", ""),
        ("classify", ".", "--include", ""),
        ("classify", ".", "--exclude", ""),
        ("classify", ".", "--min-score", "nan"),
        ("classify", ".", "--timeout", "nan"),
        ("classify", ".", "--timeout", "inf"),
        ("classify", ".", "--budget", "nan"),
        ("classify", ".", "--max-failure-rate", "nan"),
        ("search", "cat", "--min-similarity", "nan"),
        ("similar", "cat.jpg", "--min-similarity", "nan"),
        ("search", "cat", "--backend", "remote"),
        ("similar", "cat.jpg", "--backend", ""),
        ("export", "--since", ""),
    ],
    ids=" ".join,
)
def test_a_value_out_of_all_bounds_is_refused(
    imgai: Imgai, arguments: tuple[str, ...]
) -> None:
    """An empty one is a variable that was not set: it must not lift a limit.

    Of the years that calendars end with, some are another year in UTC.
    """
    ran = imgai(*arguments)

    assert ran.exit_code == 2
    assert ran.err.startswith("imgai: Invalid value")
    assert ran.err.endswith("--help` shows its flags.\n")
    assert not imgai.database.exists()


def test_a_completion_that_cannot_be_installed_is_no_bug(imgai: Imgai) -> None:
    """Its place is in the home, which may be read-only, or full."""
    (imgai.home / ".bash_completions").touch()  # not a folder

    ran = imgai("--install-completion", "bash", SHELL="/bin/bash")

    assert ran.exit_code == 74
    assert ran.err.startswith("imgai: The completion cannot be installed: ")
    assert "--show-completion" in ran.err
