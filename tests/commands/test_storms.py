"""Storms: a host that fails often, or always, and what a library gets through it."""

import random
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from imgai.limits.retry import RetryPolicy
from tests.commands.aftermath import check_aftermath, run_rows
from tests.commands.bills import bills_of, double_bills, listed_bills
from tests.commands.processes import started, wait_until
from tests.commands.running import Imgai
from tests.hostile.measured import measured
from tests.stubs import faults
from tests.stubs.faults import Fault
from tests.stubs.hosted_models import DETR, GEMMA
from tests.stubs.workers_ai import WorkersAIStub

_ATTEMPTS = RetryPolicy().attempts
_MOST_MEMORY_BYTES = 512 * 2**20
# A host that names its wait is obeyed: that is how these storms pass in seconds.
_AT_ONCE = {"Retry_After": "0"}
_REFUSALS = (
    faults.out_of_capacity(**_AT_ONCE),
    faults.html(502, **{"Retry-After": "0"}),
    faults.workers_ai_refusal(500, 3043, "internal error", **_AT_ONCE),
    faults.workers_ai_refusal(408, 3046, "Request timeout", **_AT_ONCE),
)

Numbered = Callable[[int], Path]


def storm(share: float, answers: Sequence[Fault]) -> Callable[[], Fault | None]:
    """Return a weather in which this share of all calls fails, by chance."""
    chance = random.Random(45)  # noqa: S311  which calls, not secrets
    turn = threading.Lock()

    def weather() -> Fault | None:
        with turn:
            return chance.choice(answers) if chance.random() < share else None

    return weather


@pytest.mark.parametrize("pictures", [200, pytest.param(1_000, marks=pytest.mark.slow)])
def test_in_a_storm_of_45_percent_every_picture_is_done(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, pictures: int
) -> None:
    """Calls stay within (1 + retries) × images, nothing is paid twice, all is done."""
    photos = numbered(pictures)
    workers_ai.weather = storm(0.45, _REFUSALS)

    took = measured(hosted, "classify", photos, "--json")

    ran = took.ran
    assert ran.exit_code == 0, ran.err[-2_000:]
    assert [line["status"] for line in ran.lines] == ["analysed"] * pictures
    for model in (DETR, GEMMA):
        assert len(workers_ai.calls_of(model)) <= _ATTEMPTS * pictures
    (row,) = run_rows(hosted)
    answered = sum(call.is_answered for call in workers_ai.calls)
    assert row.calls == len(workers_ai.calls) == answered + row.retries
    assert not double_bills(bills_of(workers_ai))
    assert took.peak_bytes < _MOST_MEMORY_BYTES
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.slow
def test_a_storm_of_broken_connections_and_bad_answers_is_weathered_too(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """No header tells how long to wait then: backoff takes its seconds."""
    photos = numbered(40)
    # At 45 % one picture in 90 such storms would run out of what may be billed for it.
    workers_ai.weather = storm(
        0.3,
        [
            faults.reset(),
            faults.cut_short(),
            faults.truncated_json(),
            faults.html(200),
            faults.out_of_capacity(),
        ],
    )

    ran = hosted("classify", photos, "--workers", "40", within_s=290)

    assert ran.exit_code == 0, ran.err[-2_000:]
    assert listed_bills(hosted).total() > 0  # cut off after they were sent
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.slow
def test_a_host_that_always_fails_ends_the_run_within_minutes(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Not one call succeeded: 69, and no picture but the first is marked for it."""
    photos = numbered(300)
    workers_ai.reply_always(faults.workers_ai_refusal(500, 3043, "internal error"))

    ran = hosted("classify", photos, "--json", within_s=290)

    assert ran.exit_code == 69
    assert ran.last_error["error"] == "HostUnreachable"
    assert len(workers_ai.calls) <= 40
    (row,) = run_rows(hosted)
    assert row.failed <= 1
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.slow
def test_a_network_that_is_not_there_ends_the_run_within_minutes(
    hosted: Imgai, numbered: Numbered
) -> None:
    """A laptop without its network: 69, nothing billed, nothing lost."""
    hosted.environment["CLOUDFLARE_API_BASE_URL"] = "http://127.0.0.1:9/client/v4"

    ran = hosted("classify", numbered(1), "--json", within_s=290)

    assert ran.exit_code == 69
    (row,) = run_rows(hosted)
    assert (row.neurons, row.perhaps_billed) == (0, 0)


def test_a_host_that_goes_down_in_the_middle_can_be_interrupted_at_once(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Every worker waits then, for its call or another's; a signal ends the waits."""
    photos = numbered(300)
    workers_ai.latency_s = 0.05
    with started(hosted, "classify", photos) as run:
        wait_until(lambda: len(workers_ai.calls) > 30, "the run is at work")
        workers_ai.reply_always(faults.html(503))
        wait_until(lambda: _refused(workers_ai) > 1, "the outage is felt")
        run.send(signal.SIGTERM)
        ran = run.end(3.0)

    assert ran.exit_code == 143
    (row,) = run_rows(hosted)
    assert row.failed == 0
    check_aftermath(hosted, workers_ai, ran)


def _refused(stub: WorkersAIStub) -> int:
    return sum(not call.is_answered for call in stub.calls)
