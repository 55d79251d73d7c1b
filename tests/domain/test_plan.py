"""What a run still has to ask: laws of answered bits, and renewals."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.plan import (
    MOST_ATTEMPTS,
    PastFailure,
    Renewal,
    Wanted,
    answered_bit,
    missing_tasks,
    stale_tasks,
)
from imgai.domain.predictions import Backend, Caption, Prediction, Task
from imgai.errors import Reason
from tests.fakes import NOON

TASKS = st.frozensets(st.sampled_from(Task))
ANSWERS = st.frozensets(st.tuples(st.sampled_from(Task), st.sampled_from(Backend)))
CAPTION = Prediction(Task.CAPTION, Backend.WORKERS_AI, "m", Caption("a cat"), NOON)
ALL = frozenset(Task)


@given(tasks=TASKS, backend=st.sampled_from(Backend), answers=ANSWERS)
def test_what_a_good_enough_backend_has_answered_is_not_missing(
    tasks: frozenset[Task], backend: Backend, answers: frozenset[tuple[Task, Backend]]
) -> None:
    """Workers AI's answer is good enough for all, a local one for local runs alone."""
    wanted = Wanted(tasks, backend)
    answered = sum(answered_bit(task, at) for task, at in answers)

    missing = missing_tasks(wanted, answered)

    assert missing == {
        task
        for task in tasks
        if not any(
            (task, at) in answers and at.rank >= wanted.backend_for(task).rank
            for at in Backend
        )
    }


def test_each_answer_has_a_bit_of_its_own() -> None:
    """They are kept in one integer a picture."""
    bits = [answered_bit(task, backend) for task in Task for backend in Backend]

    assert len(set(bits)) == len(bits)
    assert all(bit.bit_count() == 1 for bit in bits)


def test_nsfw_scores_are_local_whatever_the_run_uses() -> None:
    """No hosted model gives them."""
    wanted = Wanted(ALL, Backend.WORKERS_AI)

    assert wanted.backend_for(Task.NSFW) is Backend.LOCAL
    assert wanted.backend_for(Task.LABELS) is Backend.WORKERS_AI


@pytest.mark.parametrize(
    ("wanted", "answers", "stale"),
    [
        (Wanted(ALL, Backend.WORKERS_AI), [CAPTION], False),
        (Wanted(ALL, Backend.WORKERS_AI, Renewal.ALWAYS, NOON), [CAPTION], False),
        (
            Wanted(
                ALL, Backend.WORKERS_AI, Renewal.ALWAYS, NOON + timedelta(seconds=1)
            ),
            [CAPTION],
            True,
        ),
        (
            Wanted(
                ALL, Backend.WORKERS_AI, Renewal.ALWAYS, NOON + timedelta(seconds=1)
            ),
            [CAPTION, replace(CAPTION, predicted_at=NOON + timedelta(hours=1))],
            False,
        ),
        (
            Wanted(
                frozenset({Task.LABELS}),
                Backend.WORKERS_AI,
                Renewal.ALWAYS,
                NOON + timedelta(seconds=1),
            ),
            [CAPTION],
            False,
        ),
    ],
    ids=["no renewal", "new enough", "too old", "newest counts", "not wanted"],
)
def test_an_answer_is_stale_when_it_is_older_than_wanted(
    wanted: Wanted, answers: list[Prediction], *, stale: bool
) -> None:
    """And only in a run that renews."""
    expected = frozenset({Task.CAPTION}) if stale else frozenset()

    assert stale_tasks(wanted, answers) == expected


def test_a_worse_backends_answer_is_never_stale_but_missing() -> None:
    """Else a local answer, however new, would count for a hosted run."""
    wanted = Wanted(ALL, Backend.WORKERS_AI, Renewal.ALWAYS, NOON + timedelta(hours=1))
    local = replace(CAPTION, backend=Backend.LOCAL)

    assert stale_tasks(wanted, [local]) == frozenset()
    assert Task.CAPTION in missing_tasks(
        wanted, answered_bit(Task.CAPTION, Backend.LOCAL)
    )


@pytest.mark.parametrize(
    ("is_permanent", "attempts", "is_unchanged", "is_final"),
    [
        (True, 1, True, True),
        (True, 1, False, False),
        (False, MOST_ATTEMPTS - 1, True, False),
        (False, MOST_ATTEMPTS, True, True),
        (False, MOST_ATTEMPTS, False, False),
    ],
)
def test_a_failure_is_final_when_nothing_speaks_for_another_try(
    *, is_permanent: bool, attempts: int, is_unchanged: bool, is_final: bool
) -> None:
    """A change always does."""
    failure = PastFailure(None, Reason.CORRUPT, is_permanent, attempts, is_unchanged)

    assert failure.is_final is is_final
