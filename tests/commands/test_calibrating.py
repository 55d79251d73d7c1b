"""The first search that asks a hosted model also measures from where on it finds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.stubs import faults
from tests.stubs.faults import Fault
from tests.stubs.hosted_models import BGE, NEURONS_PER_TEXT
from tests.stubs.workers_ai import WorkersAIStub

TEXTS = 158 + 201  # pictures and searches that were judged by hand
CALIBRATED = "was tried once on 201 searches whose right answers are known"


@pytest.fixture
def library(hosted: Imgai, photos: Path) -> Imgai:
    """Return the program with four photos that the stub has answered for."""
    assert hosted("classify", photos).exit_code == 0
    return hosted


def asked(stub: WorkersAIStub, search: Callable[[], object]) -> int:
    """Return how many calls a search makes."""
    before = len(stub.calls_of(BGE))
    search()
    return len(stub.calls_of(BGE)) - before


def floors(imgai: Imgai) -> list[tuple[float, float, float]]:
    return imgai.rows("SELECT least, precision, recall FROM relevance_floor")


def test_a_model_is_measured_once_and_on_record(
    library: Imgai, workers_ai: WorkersAIStub
) -> None:
    """Four requests beside the query's own; `status` knows what they cost and gave."""
    ran = library("search", "a person", "--json")
    ((least, precision, recall),) = floors(library)

    assert CALIBRATED in ran.err
    assert f"from a similarity of {least:.2f} on" in ran.err
    assert all(line["uri"] for line in ran.lines)
    assert asked(workers_ai, lambda: library("search", "the sun")) == 1
    assert asked(workers_ai, lambda: library("search", "a person")) == 0
    (told,) = library("status", "--json").lines
    assert told["spaces"][0]["floor"] == {
        "similarity": least,
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }
    assert told["today"]["neurons"] == pytest.approx(workers_ai.neurons)
    assert told["today"]["calls"] == len([c for c in workers_ai.calls if c.is_answered])
    assert f"found from a similarity of {least:.2f} on" in library("status").out
    calls = library.rows("SELECT run, neurons FROM call WHERE run = ''")
    assert [run for run, _ in calls] == [""] * 4
    assert sum(cost for _, cost in calls) == pytest.approx(NEURONS_PER_TEXT * TEXTS)


@pytest.mark.parametrize(
    "arguments", [("--min-similarity", "0.1"), ("--mode", "text"), ("--label", "x")]
)
def test_a_search_that_needs_no_floor_pays_for_none(
    library: Imgai, workers_ai: WorkersAIStub, arguments: tuple[str, ...]
) -> None:
    """Whoever names one, or searches by words or filters alone."""
    words = [] if "--label" in arguments else ["a person"]

    count = asked(workers_ai, lambda: library("search", *words, *arguments))

    assert count == (1 if "--min-similarity" in arguments else 0)
    assert floors(library) == []


def test_quiet_says_nothing_of_it(library: Imgai) -> None:
    """It is measured all the same."""
    ran = library("search", "a person", "--quiet")

    assert (ran.exit_code, ran.err) == (0, "")
    assert len(floors(library)) == 1


def test_a_search_finds_also_when_nothing_could_be_measured(
    library: Imgai, workers_ai: WorkersAIStub
) -> None:
    """It says so, and the next new query measures."""
    answered = iter([None])  # the query itself, and from then on nothing

    def weather() -> Fault | None:
        return next(answered, faults.quota_spent())

    workers_ai.weather = weather
    stormy = library("search", "the sun")
    workers_ai.weather = lambda: None
    fair = library("search", "a person")

    assert stormy.exit_code == 0
    assert "could not be measured" in stormy.err
    assert "in the sun" in stormy.out
    assert CALIBRATED in fair.err
    assert len(floors(library)) == 1


def test_what_a_day_may_cost_is_kept_to(library: Imgai) -> None:
    """A search still asks for its query, which is what it is for; no more than that."""
    ran = library("search", "a person", IMGAI_DAILY_BUDGET="60n")

    assert "IMGAI_DAILY_BUDGET is spent" in ran.err
    assert "person" in ran.out
    assert floors(library) == []


def test_one_search_for_what_no_photo_shows_finds_nothing(library: Imgai) -> None:
    """As with the local models, but by a floor that nobody had to write down."""
    ran = library("search", "submarine invoice")

    assert "Nothing found." in ran.err
    assert ran.out == ""
    assert library("search", "submarine invoice", "--min-similarity", "-1").out
