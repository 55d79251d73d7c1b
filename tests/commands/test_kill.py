"""`kill -9` at any moment: nothing stored is lost, and nothing is paid in silence."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.aftermath import check_aftermath, check_integrity
from tests.commands.bills import bills_of, double_bills, listed_bills
from tests.commands.processes import (
    left_running,
    linger,
    started,
    wait_until,
)
from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

_WORKERS = 4
_TASKS = 3
# A killed run lives for as long as this after its first call.
_LONGEST_LIFE_S = 0.4


def kill_at_some_moment(
    imgai: Imgai, stub: WorkersAIStub, photos: Path, chance: random.Random
) -> None:
    """Start a run, and end it while it works, or now and then before that."""
    before = len(stub.requests)
    with started(imgai, "classify", photos, "--workers", str(_WORKERS)) as run:
        if chance.random() < 0.9:
            wait_until(lambda: len(stub.requests) > before, "the first call")
        linger(chance.uniform(0, _LONGEST_LIFE_S))
        run.kill()
    wait_until(lambda: stub.in_flight == 0, "the stub has answered everybody")
    wait_until(lambda: not left_running(imgai.home), "every process has ended")


def answers(imgai: Imgai) -> set[tuple[object, ...]]:
    """Return every stored answer, vectors included."""
    if not imgai.rows("SELECT 1 FROM sqlite_schema WHERE name = 'embedding'"):
        return set()  # killed before it had made its tables
    query = (
        "SELECT picture_hash, task, model, result_json, predicted_at FROM prediction"
    )
    vectors = imgai.rows("SELECT picture_hash, vector FROM embedding")
    return {*imgai.rows(query), *vectors}


@pytest.mark.parametrize(
    ("kills", "pictures"),
    [(5, 150), pytest.param(110, 1_500, marks=pytest.mark.slow)],
)
def test_no_stored_answer_is_lost_and_every_double_bill_is_listed(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    numbered: Callable[[int], Path],
    kills: int,
    pictures: int,
) -> None:
    """Double bills ≤ kills × calls in flight, each listed as perhaps billed.

    What was paid is read off the stub's ledger. Nobody can promise more without help
    from the host: a call in flight may be billed after its sender has died.
    """
    photos = numbered(pictures)
    workers_ai.latency_s = 0.03
    chance = random.Random(kills)  # noqa: S311  which moments, not secrets
    stored: set[tuple[object, ...]] = set()
    for _ in range(kills):
        kill_at_some_moment(hosted, workers_ai, photos, chance)
        check_integrity(hosted.database)
        now = answers(hosted)
        assert stored <= now
        stored = now

    ran = hosted("classify", photos)

    assert ran.exit_code == 0, ran.err
    assert stored <= answers(hosted)
    bills = bills_of(workers_ai)
    doubles, listed = double_bills(bills), listed_bills(hosted)
    assert len(bills) == _TASKS * pictures  # every picture, by every model
    assert doubles <= listed
    assert doubles.total() <= kills * _WORKERS * _TASKS
    assert hosted.rows("SELECT count(*) FROM image_ai") == [(pictures,)]
    check_aftermath(hosted, workers_ai, ran)


def test_an_answer_that_came_but_was_not_stored_is_listed_too(
    hosted: Imgai, numbered: Callable[[int], Path]
) -> None:
    """Between the answer and its row lies a moment in which a process may die.

    Its call has ended well then. Whoever goes on finds no answer for it, and says so.
    """
    photos = numbered(3)
    hosted("classify", photos)
    hosted.change("UPDATE run SET finished_at = NULL, exit_code = NULL")
    hosted.change(
        "DELETE FROM prediction WHERE task = 'caption' AND picture_id IN"
        " (SELECT picture_id FROM image WHERE uri LIKE '%0002.jpg')"
    )

    hosted("classify", photos)

    captioner = "@cf/google/gemma-4-26b-a4b-it"
    assert listed_bills(hosted) == {(captioner, 2): 1}
