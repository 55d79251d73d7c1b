"""`imgai prune` and `imgai reindex`, as a person runs them."""

import json

import pytest

from imgai.store.lock import hold_database
from tests.commands.running import Imgai
from tests.store.library import make_library


@pytest.fixture(autouse=True)
def library(imgai: Imgai) -> None:
    """Give the program a database of three pictures, one of them gone."""
    make_library(imgai.database)


def test_prune_says_what_it_would_forget_then_forgets_it(imgai: Imgai) -> None:
    """The trial changes nothing; a second time there is nothing to do."""
    forgotten = {"images": 1, "pictures": 1, "answers": 3, "failures": 0}

    trial = imgai("prune", "--dry-run")
    assert trial.out.startswith("Would forget 1 image that is gone, and 1 picture")
    assert imgai.rows("SELECT count(*) FROM picture") == [(3,)]
    assert imgai("prune", "--json").lines == [{"dry_run": False, **forgotten}]
    assert imgai.rows("SELECT count(*) FROM picture") == [(2,)]
    assert imgai("prune").out == "Nothing is gone: nothing to forget.\n"
    assert imgai("show", "/photos/bird.jpg").exit_code == 66


def test_reindex_applies_new_thresholds_without_a_call(imgai: Imgai) -> None:
    """And the old ones bring back what was left out."""
    ran = imgai("reindex", AI_MIN_CLASSIFICATION_SCORE="0.85")

    assert ran.out == "Derived 3 pictures anew; no call was made.\n"
    labels = "SELECT labels_json FROM image_ai WHERE caption LIKE '%ginger%'"
    assert json.loads(imgai.rows(labels)[0][0]) == ["cat"]
    assert imgai("reindex", "--json").lines == [{"pictures": 3}]
    assert json.loads(imgai.rows(labels)[0][0]) == ["cat", "couch"]


@pytest.mark.parametrize("command", ["prune", "reindex"])
def test_a_database_at_work_is_left_alone(imgai: Imgai, command: str) -> None:
    """Exit 75 names who holds it."""
    with hold_database(imgai.database):
        ran = imgai(command, "--json")

    assert ran.exit_code == 75
    assert ran.last_error["error"] == "DatabaseBusy"


@pytest.mark.parametrize("command", ["prune", "reindex"])
def test_quiet_says_nothing(imgai: Imgai, command: str) -> None:
    """For scripts that only look at the exit code."""
    ran = imgai(command, "--quiet")

    assert (ran.exit_code, ran.out, ran.err) == (0, "", "")
