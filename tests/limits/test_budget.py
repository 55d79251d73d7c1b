"""Budgets: what is reserved and spent together never passes the limit."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.errors import BudgetExhausted
from imgai.limits.budget import Budget
from tests.fakes import NOON

AMOUNTS = st.integers(0, 1000).map(float)


@given(limit=AMOUNTS, calls=st.lists(st.tuples(AMOUNTS, st.floats(0, 1)), max_size=30))
def test_calls_in_flight_together_cannot_pass_the_limit(
    limit: float, calls: list[tuple[float, float]]
) -> None:
    """Each reserves the most it may cost, and settles for what it did cost."""
    budget = Budget(limit, "--budget")
    in_flight: list[tuple[float, float]] = []
    spent = 0.0
    for at_most, share in calls:
        try:
            budget.reserve(at_most)
        except BudgetExhausted:
            assert at_most > budget.left_neurons
            continue
        in_flight.append((at_most, at_most * share))
        if len(in_flight) == 3:
            reserved, cost = in_flight.pop(0)
            budget.settle(reserved, cost)
            spent += cost
        held = spent + sum(reserved for reserved, _ in in_flight)
        assert held <= limit + 1e-6
        assert budget.left_neurons == pytest.approx(limit - held, abs=1e-6)


def test_what_earlier_runs_spent_today_counts() -> None:
    """A daily budget is that of all runs together; it says when it is back."""
    budget = Budget(100, "IMGAI_DAILY_BUDGET", spent_neurons=90, renews_at=NOON)
    budget.reserve(10)

    with pytest.raises(
        BudgetExhausted, match=r"IMGAI_DAILY_BUDGET .* of 100"
    ) as caught:
        budget.reserve(0.1)

    assert caught.value.retry_at == NOON
    assert caught.value.exit_code == 75


def test_a_refused_reservation_holds_nothing() -> None:
    """A cheaper call may still go."""
    budget = Budget(5, "--budget")
    with pytest.raises(BudgetExhausted):
        budget.reserve(6)

    budget.reserve(5)

    assert budget.left_neurons == 0


def test_an_overspent_day_has_nothing_left() -> None:
    """The budget may have been lowered since."""
    assert Budget(5, "--budget", spent_neurons=8).left_neurons == 0


@pytest.mark.anyio
async def test_what_calls_in_flight_leave_over_is_waited_for() -> None:
    """A call costs a fraction of the most it can: a budget is not spent by that."""
    budget = Budget(10, "--budget")
    budget.reserve(8)
    waiting = asyncio.ensure_future(budget.room(5))
    await asyncio.sleep(0)
    assert not waiting.done()

    budget.settle(8, 2)
    await waiting
    budget.reserve(5)

    assert budget.left_neurons == 3


@pytest.mark.anyio
async def test_nothing_is_waited_for_when_nothing_is_in_flight() -> None:
    """The budget is spent then, and the next reservation says so."""
    budget = Budget(10, "--budget", spent_neurons=8)

    await budget.room(5)

    with pytest.raises(BudgetExhausted):
        budget.reserve(5)
