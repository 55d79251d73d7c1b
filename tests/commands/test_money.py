"""Budgets, receipts and the books: what imgai says it spent is what the host billed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.aftermath import check_aftermath, run_rows
from tests.commands.bills import bills_of, double_bills
from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

_DOLLARS_PER_NEURON = 0.011 / 1_000

Numbered = Callable[[int], Path]


@pytest.mark.parametrize(
    ("budget", "neurons"),
    [("100n", 100.0), ("0.0011", 100.0)],
    ids=["neurons", "dollars"],
)
def test_a_budget_is_never_passed_and_the_next_run_goes_on(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    numbered: Numbered,
    budget: str,
    neurons: float,
) -> None:
    """What a call may cost is set aside before it is sent; off the stub's ledger."""
    photos = numbered(50)
    workers_ai.latency_s = 0.01

    ran = hosted("classify", photos, "--json", "--budget", budget)

    assert ran.exit_code == 75
    assert ran.last_error["error"] == "BudgetExhausted"
    assert 0.5 * neurons < workers_ai.neurons <= neurons
    (row,) = run_rows(hosted)
    assert row.neurons == pytest.approx(workers_ai.neurons)
    assert row.neurons_estimated == 0
    assert row.failed == 0
    check_aftermath(hosted, workers_ai, ran)

    assert hosted("classify", photos).exit_code == 0
    assert not double_bills(bills_of(workers_ai))


def test_a_host_that_charges_more_than_its_price_list_does_not_pass_the_budget(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    numbered: Numbered,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first answer of a model tells; from then on that much is set aside."""
    monkeypatch.setattr("tests.stubs.hosted_models.NEURONS_PER_TEXT", 9.0)
    photos = numbered(60)
    workers_ai.latency_s = 0.02

    ran = hosted("classify", photos, "--budget", "300n")

    assert ran.exit_code == 75
    assert workers_ai.neurons <= 300
    check_aftermath(hosted, workers_ai, ran)


def test_a_daily_budget_counts_all_runs_of_the_day(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Two runs share it; the third finds it spent, and says when it is back."""
    photos = numbered(60)
    hosted.environment["IMGAI_DAILY_BUDGET"] = "120n"

    first = hosted("classify", photos, "--limit", "10")
    assert first.exit_code == 0, first.err
    second = hosted("classify", photos, "--json")
    assert second.exit_code == 75
    calls = len(workers_ai.calls)
    third = hosted("classify", photos, "--json")

    assert third.exit_code == 75
    assert third.last_error["retry_at"].endswith("T00:00:00Z")
    assert "IMGAI_DAILY_BUDGET" in third.last_error["message"]
    assert workers_ai.neurons <= 120
    # What is left may be enough for a cheap call, not for a dear one.
    assert len(workers_ai.calls) - calls <= 16
    check_aftermath(hosted, workers_ai, first, second, third)


def test_without_the_hosts_word_the_table_counts_and_says_so(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """No `cf-ai-neurons`: the price table's upper bound, named as an estimate."""
    photos = numbered(50)
    workers_ai.tells_neurons = False

    # With few workers: captions of many at a time would leave nothing for embeddings.
    ran = hosted("classify", photos, "--budget", "200n", "--workers", "2")

    assert ran.exit_code == 75
    assert "(estimated)" in ran.err
    (row,) = run_rows(hosted)
    assert row.neurons == row.neurons_estimated > 0
    assert workers_ai.neurons < row.neurons <= 200
    assert row.analysed > 0
    check_aftermath(hosted, workers_ai, ran)

    assert hosted("classify", photos).exit_code == 0


def test_a_budget_for_nothing_asks_nothing(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Zero is a budget too."""
    ran = hosted("classify", numbered(5), "--budget", "0")

    assert ran.exit_code == 75
    assert workers_ai.calls == []
    check_aftermath(hosted, workers_ai, ran)


def test_the_receipt_the_run_and_the_hosts_ledger_agree(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, tmp_path: Path
) -> None:
    """Pictures, calls, retries, neurons and dollars: one set of figures everywhere."""
    photos = numbered(20)
    (photos / "notes.txt").write_text("no picture")
    whole = (photos / "0007.jpg").read_bytes()
    (photos / "0007.jpg").write_bytes(whole[:300])
    summary = tmp_path / "summary.md"

    ran = hosted("classify", photos, GITHUB_STEP_SUMMARY=str(summary))

    assert ran.exit_code == 3
    (row,) = run_rows(hosted)
    assert (row.seen, row.analysed, row.failed) == (21, 19, 1)
    assert (row.known, row.skipped, row.pending) == (0, 1, 0)
    assert row.calls == len(workers_ai.calls)
    assert row.neurons == pytest.approx(workers_ai.neurons)
    assert row.dollars == pytest.approx(workers_ai.neurons * _DOLLARS_PER_NEURON)
    assert "19 images analysed" in ran.err
    assert f"{row.calls} calls; {row.neurons:.3g} neurons (measured)" in ran.err
    shown = summary.read_text(encoding="utf-8").replace("\\", "")
    assert "19 images analysed" in shown
    assert "0007.jpg" in shown
    check_aftermath(hosted, workers_ai, ran)

    today = hosted("status", "--json").lines[0]["today"]
    assert today["neurons"] == pytest.approx(workers_ai.neurons, rel=0.01)
    assert today["calls"] == len(workers_ai.calls)
