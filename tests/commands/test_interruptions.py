"""Ctrl-C and SIGTERM, sent to a real process: kindly first, then at once."""

import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.aftermath import check_aftermath, check_exit, run_rows
from tests.commands.bills import bills_of, double_bills, listed_bills
from tests.commands.processes import started, wait_until
from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

# What the program is given from a signal to its end.
_WITHIN_S = 5.0
_SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "exit_code"), _SIGNALS)
def test_a_signal_lets_calls_in_flight_finish_and_stores_them(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    numbered: Callable[[int], Path],
    number: signal.Signals,
    exit_code: int,
) -> None:
    """Nothing new is asked, what was asked is kept, and the receipt says so."""
    photos = numbered(200)
    workers_ai.latency_s = 0.3
    with started(hosted, "classify", photos, "--workers", "8") as run:
        wait_until(lambda: len(workers_ai.calls) > 20, "the run is at work")
        run.send(number)
        at_signal = len(workers_ai.calls) + workers_ai.in_flight
        ran = run.end(_WITHIN_S)

    assert ran.exit_code == exit_code
    # Calls that were on their way to the socket at that moment arrive after it.
    assert len(workers_ai.calls) <= at_signal + 8
    (row,) = run_rows(hosted)
    assert f"{row.analysed} images analysed" in ran.err
    assert "The next run goes on where this one stopped." in ran.err
    assert row.perhaps_billed == 0
    assert row.exit_code == exit_code
    answered = sum(call.is_answered for call in workers_ai.calls)
    assert hosted.rows("SELECT count(*) FROM call WHERE outcome = 'answered'") == [
        (answered,)
    ]
    check_aftermath(hosted, workers_ai, ran)


def test_what_was_interrupted_goes_on_and_nothing_is_paid_twice(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Callable[[int], Path]
) -> None:
    """However often it is interrupted, each picture costs its three answers."""
    photos = numbered(120)
    workers_ai.latency_s = 0.05
    for round_ in range(1, 4):
        with started(hosted, "classify", photos, "--workers", "6") as run:
            wait_until(lambda: len(workers_ai.calls) > 40 * round_, "some calls")  # noqa: B023  called at once
            run.send(signal.SIGTERM)
            assert run.end(_WITHIN_S).exit_code == 143

    ran = hosted("classify", photos)

    assert ran.exit_code == 0, ran.err
    bills = bills_of(workers_ai)
    assert len(bills) == 3 * 120
    assert not double_bills(bills)
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.parametrize(("number", "exit_code"), _SIGNALS)
def test_a_host_that_is_silent_holds_nobody_up(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    numbered: Callable[[int], Path],
    number: signal.Signals,
    exit_code: int,
) -> None:
    """After four seconds the calls in flight are given up, as perhaps billed."""
    photos = numbered(60)
    # Without embeddings, whose texts the workers may all wait for in one call.
    alone = ("--workers", "4", "--no-embeddings")
    with started(hosted, "classify", photos, *alone) as run:
        wait_until(lambda: len(workers_ai.calls) > 20, "the run is at work")
        workers_ai.latency_s = 60
        wait_until(lambda: workers_ai.in_flight >= 4, "every worker waits")
        run.send(number)
        ran = run.end(_WITHIN_S)

    assert ran.exit_code == exit_code
    workers_ai.close()  # it answers those who waited: to nobody, at their expense
    assert listed_bills(hosted).total() >= 4
    check_aftermath(hosted, workers_ai, ran)


def test_a_second_ctrl_c_stops_at_once_and_keeps_the_books(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Callable[[int], Path]
) -> None:
    """It does not wait for calls in flight; they are listed as perhaps billed."""
    photos = numbered(60)
    # Without embeddings, whose texts the workers may all wait for in one call.
    alone = ("--workers", "4", "--no-embeddings")
    with started(hosted, "classify", photos, *alone) as run:
        wait_until(lambda: len(workers_ai.calls) > 20, "the run is at work")
        workers_ai.latency_s = 60
        wait_until(lambda: workers_ai.in_flight >= 4, "every worker waits")
        run.send(signal.SIGINT)
        wait_until(lambda: run.has_heard(signal.SIGINT), "the first signal has arrived")
        run.send(signal.SIGINT)
        ran = run.end(2.0)

    assert ran.exit_code == 130
    workers_ai.close()
    assert listed_bills(hosted).total() >= 4
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.parametrize(("number", "exit_code"), _SIGNALS)
def test_a_list_that_never_ends_holds_nobody_up(
    hosted: Imgai, workers_ai: WorkersAIStub, number: signal.Signals, exit_code: int
) -> None:
    """A thread that reads from a silent pipe cannot be ended: it is left behind."""
    with started(hosted, "classify", "-") as run:
        wait_until(lambda: run.heeds(signal.SIGTERM), "the run has begun")
        run.send(number)
        run.process.wait(_WITHIN_S)
        ran = run.end()

    assert ran.exit_code == exit_code
    check_exit(ran)
    check_aftermath(hosted, workers_ai, ran)


def test_ctrl_c_on_a_terminal_ends_the_bar_and_leaves_the_receipt(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Callable[[int], Path]
) -> None:
    """The terminal sends the signal to the whole group, decoders included."""
    photos = numbered(200)
    workers_ai.latency_s = 0.2
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        hosted.command(["classify", photos, "--workers", "4", "--yes"]),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        cwd=hosted.home,
        env=hosted.variables({"TERM": "xterm"}),
        start_new_session=True,
    ) as process:
        os.close(its_end)
        os.set_blocking(terminal, False)
        shown = bytearray()
        wait_until(
            lambda: _drain(terminal, shown) and len(workers_ai.calls) > 20, "work"
        )
        os.killpg(process.pid, signal.SIGINT)
        wait_until(
            lambda: _drain(terminal, shown) and process.poll() is not None, "its end"
        )
        _drain(terminal, shown)
    os.close(terminal)

    said = shown.decode(errors="replace")
    assert process.returncode == 130, said
    assert "images analysed" in said
    assert "Traceback" not in said
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h")  # the cursor is back
    check_aftermath(hosted, workers_ai)


def _drain(terminal: int, into: bytearray) -> bool:
    """Read what a terminal shows, so that its program is not held up."""
    try:
        while block := os.read(terminal, 65_536):
            into += block
    except OSError:  # nothing more for now, or its last program has left
        pass
    return True
