"""What the host refuses in the middle of a run, and the limits a person sets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.commands.aftermath import check_aftermath, run_rows
from tests.commands.bills import bills_of, double_bills
from tests.commands.processes import started, wait_until
from tests.commands.running import Imgai
from tests.stubs import faults
from tests.stubs.faults import Fault
from tests.stubs.hosted_models import BGE, DETR, GEMMA
from tests.stubs.workers_ai import WorkersAIStub

_WORKERS = 6
# Of each worker's two calls at a time, and an embedding.
_IN_FLIGHT = 3 * _WORKERS

Numbered = Callable[[int], Path]


def after(calls: int, stub: WorkersAIStub, answer: Fault) -> Callable[[], Fault | None]:
    """Return a weather that gives this answer once so many calls have been answered."""
    return lambda: answer if len(stub.calls) >= calls else None


def next_midnight() -> str:
    """Return the next 00:00 UTC, as JSON has it."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return tomorrow.strftime("%Y-%m-%dT00:00:00Z")


@pytest.mark.parametrize("code", [3036, 4006])
def test_a_spent_quota_stops_at_once_and_the_next_run_goes_on(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, code: int
) -> None:
    """No call follows but those in flight; the end says when to come back."""
    photos = numbered(80)
    workers_ai.latency_s = 0.02
    said = "AiError: you have used up your daily free allocation of 10,000 neurons"
    spent = faults.workers_ai_refusal(429, code, said)
    workers_ai.weather = after(90, workers_ai, spent)

    ran = hosted("classify", photos, "--json", "--workers", str(_WORKERS))

    assert ran.exit_code == 75
    assert ran.last_error["error"] == "QuotaExhausted"
    assert ran.last_error["retry_at"] == next_midnight()
    refused = [call for call in workers_ai.calls if not call.is_answered]
    assert len(refused) <= _IN_FLIGHT
    (row,) = run_rows(hosted)
    assert 0 < row.analysed < 80
    assert row.failed == 0  # no picture is to blame
    check_aftermath(hosted, workers_ai, ran)

    workers_ai.weather = lambda: None
    again = hosted("classify", photos, "--json")
    assert again.exit_code == 0, again.err
    assert not double_bills(bills_of(workers_ai))
    assert len(bills_of(workers_ai)) == 3 * 80
    check_aftermath(hosted, workers_ai, again)


def test_the_other_model_of_a_picture_does_not_hold_up_the_stop(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """A quota refused to labels stops the run, though captions wait to be retried."""
    photos = numbered(200)
    workers_ai.latency_s = 0.1
    with started(hosted, "classify", photos, "--workers", "4") as run:
        wait_until(lambda: len(workers_ai.calls) > 20, "the run is at work")
        workers_ai.reply_always(faults.out_of_capacity(Retry_After="90"), model=GEMMA)
        workers_ai.reply_always(faults.quota_spent(), model=DETR)
        ran = run.end(20)

    assert ran.exit_code == 75
    check_aftermath(hosted, workers_ai, ran)


def test_a_quota_that_is_spent_from_the_start_costs_one_call(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """The first call goes alone."""
    workers_ai.allocation_neurons = 0.0

    ran = hosted("classify", numbered(30), "--json")

    assert ran.exit_code == 75
    assert len(workers_ai.calls) == 1
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.parametrize(
    "answer",
    [
        faults.out_of_capacity(Retry_After="0"),
        faults.minute_full(Retry_After="1"),
    ],
    ids=["3040 backs off", "3021 waits"],
)
def test_a_refusal_that_passes_costs_no_picture(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, answer: Fault
) -> None:
    """Both are 429 like the quota, and neither ends the run."""
    photos = numbered(20)
    workers_ai.reply(*[answer] * 4, model=GEMMA)

    ran = hosted("classify", photos, "--json")

    assert ran.exit_code == 0, ran.err
    (row,) = run_rows(hosted)
    assert (row.analysed, row.retries) == (20, 4)
    check_aftermath(hosted, workers_ai, ran)


def test_a_full_minute_pauses_its_model_alone(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """While captions wait, labels go on being asked."""
    photos = numbered(40)
    workers_ai.reply(faults.minute_full(Retry_After="2"), model=GEMMA)

    hosted("classify", photos, "--workers", "40")

    captions, labels = workers_ai.calls_of(GEMMA), workers_ai.calls_of(DETR)
    assert captions[1].at_s - captions[0].at_s >= 2
    assert sum(call.at_s < captions[1].at_s for call in labels) > 1


@pytest.mark.slow
def test_a_throttled_platform_pauses_every_model_for_a_minute(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Code 971 blocks the whole account: only silence helps."""
    photos = numbered(12)
    workers_ai.reply(faults.platform_throttled(), model=GEMMA)

    ran = hosted("classify", photos, "--workers", "2")

    assert ran.exit_code == 0, ran.err
    times = sorted(call.at_s for call in workers_ai.calls)
    assert max(later - earlier for earlier, later in pairwise(times)) >= 59
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_revoked_in_the_middle_stops_within_the_calls_in_flight(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, status: int
) -> None:
    """What came before is kept, and a new token goes on from there."""
    photos = numbered(80)
    workers_ai.latency_s = 0.02
    workers_ai.weather = after(90, workers_ai, faults.token_refused(status))

    ran = hosted("classify", photos, "--json", "--workers", str(_WORKERS))

    assert ran.exit_code == 77
    assert ran.last_error["error"] == "AccessDenied"
    refused = [call for call in workers_ai.calls if not call.is_answered]
    assert len(refused) <= _IN_FLIGHT
    assert len(hosted.rows("SELECT 1 FROM prediction")) >= 90 - _IN_FLIGHT
    check_aftermath(hosted, workers_ai, ran)

    workers_ai.weather = lambda: None
    assert hosted("classify", photos).exit_code == 0
    assert not double_bills(bills_of(workers_ai))


def test_a_time_limit_ends_the_run_with_what_it_has(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Exit 75, nothing lost, and the next run goes on."""
    photos = numbered(200)
    workers_ai.latency_s = 0.2

    ran = hosted("classify", photos, "--json", "--time-limit", "2s", "--workers", "4")

    assert ran.exit_code == 75
    assert ran.last_error["error"] == "TimeLimitReached"
    (row,) = run_rows(hosted)
    assert 0 < row.analysed < 200
    assert row.failed == row.perhaps_billed == 0
    check_aftermath(hosted, workers_ai, ran)


def test_too_many_failures_end_the_run_after_fifty_images(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """A tenth of the pictures refused, 5 % allowed: it stops, and exits 3."""
    photos = numbered(200)
    for number in range(0, 200, 10):
        path = photos / f"{number:04}.jpg"
        path.write_bytes(path.read_bytes()[:300])

    ran = hosted("classify", photos, "--json", "--max-failure-rate", "5%")

    assert ran.exit_code == 3
    assert ran.last_error["error"] == "TooManyFailures"
    (row,) = run_rows(hosted)
    assert 50 <= row.analysed + row.failed < 100
    check_aftermath(hosted, workers_ai, ran)

    patient = hosted("classify", photos, "--max-failure-rate", "20%")
    assert "max-failure-rate" not in patient.err


def test_a_limit_of_images_is_kept_and_the_next_run_takes_others(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """`--limit` counts images that want work: a nightly ration makes its way."""
    photos = numbered(25)
    for night in (10, 20, 25):
        ran = hosted("classify", photos, "--limit", "10")
        assert ran.exit_code == 0, ran.err
        assert hosted.rows("SELECT count(*) FROM image_ai") == [(night,)]
        check_aftermath(hosted, workers_ai, ran)
    assert not double_bills(bills_of(workers_ai))


def test_no_minute_holds_more_requests_than_the_account_allows(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Even pace with a small burst, in one run and across a restart of the program."""
    photos = numbered(40)
    rates = f"{DETR}=600,{GEMMA}=600,{BGE}=60000"
    hosted.environment["AI_REQUESTS_PER_MINUTE"] = rates

    hosted("classify", photos, "--limit", "20")
    hosted("classify", photos)

    for model in (DETR, GEMMA):
        times = sorted(call.at_s for call in workers_ai.calls_of(model))
        assert len(times) == 40
        for first in range(len(times)):
            for last in range(first + 1, len(times)):
                # A tenth of a second apart, but for a burst of six, and for the way.
                window_s = times[last] - times[first] + 1.0
                assert last - first + 1 <= 6 + window_s * 10


@pytest.mark.slow
def test_a_minute_and_more_at_the_limit_never_passes_it(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Seventy seconds at 600 a minute, off the stub's own ledger."""
    photos = numbered(700)
    rates = f"{DETR}=600,{GEMMA}=60000,{BGE}=60000"
    hosted.environment["AI_REQUESTS_PER_MINUTE"] = rates

    assert hosted("classify", photos).exit_code == 0

    times = sorted(call.at_s for call in workers_ai.calls_of(DETR))
    most = max(sum(at <= one < at + 60 for one in times) for at in times)
    assert 570 <= most <= 600
