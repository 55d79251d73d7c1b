"""Two imgai on one database, and what a lock is worth when its holder has died."""

import json
import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.commands.aftermath import check_aftermath, run_rows
from tests.commands.processes import Running, started, wait_until
from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

Numbered = Callable[[int], Path]


def is_at_work(stub: WorkersAIStub) -> Callable[[], bool]:
    return lambda: len(stub.calls) > 10


def test_the_second_classify_says_who_holds_the_database_since_when(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Exit 75, before anything is asked; and a search answers all the while."""
    photos = numbered(300)
    workers_ai.latency_s = 0.2
    with started(hosted, "classify", photos, "--workers", "4") as first:
        wait_until(is_at_work(workers_ai), "the first is at work")
        before = run_rows(hosted)
        second = hosted("classify", photos, "--json")
        found = hosted("search", "picture", "--mode", "text", "--json")
        status = hosted("status")
        first.send(signal.SIGTERM)
        ended = first.end()

    assert before == []
    assert second.exit_code == 75
    assert second.last_error["error"] == "DatabaseBusy"
    message = second.last_error["message"]
    assert f"process {first.process.pid} " in message
    assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", message)
    assert found.exit_code == status.exit_code == 0
    assert found.lines
    assert ended.exit_code == 143
    assert len(run_rows(hosted)) == 1
    check_aftermath(hosted, workers_ai, second, ended)


def test_wait_waits_for_the_first_and_then_goes_on(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """The second finds what the first has brought: nothing is paid twice."""
    photos = numbered(40)
    workers_ai.latency_s = 0.1
    with started(hosted, "classify", photos, "--workers", "4") as first:
        wait_until(is_at_work(workers_ai), "the first is at work")
        with started(hosted, "classify", photos, "--wait") as second:
            assert first.end().exit_code == 0
            ran = second.end()

    assert ran.exit_code == 0, ran.err
    assert f"process {first.process.pid} " in ran.err
    assert ran.err.count("Waiting for it.") == 1
    assert len(workers_ai.calls_of("@cf/facebook/detr-resnet-50")) == 40
    check_aftermath(hosted, workers_ai, ran)


def test_ctrl_c_ends_the_waiting(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Whoever waits holds nothing, and leaves without a word of traceback."""
    photos = numbered(300)
    workers_ai.latency_s = 0.2
    with started(hosted, "classify", photos, "--workers", "2") as first:
        wait_until(is_at_work(workers_ai), "the first is at work")
        with started(hosted, "classify", photos, "--wait") as second:
            wait_until(lambda: _waits(second), "the second waits")
            second.send(signal.SIGINT)
            ran = second.end(5)
        first.send(signal.SIGTERM)
        first.end()

    assert ran.exit_code == 130
    assert "Traceback" not in ran.err


def _waits(run: Running) -> bool:
    """Whether the program has its event loop, and so is past its imports."""
    folder = f"/proc/{run.process.pid}/fd"
    with suppress(FileNotFoundError):  # one was closed while they were listed
        files = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]  # noqa: PTH208, PTH115  names of links, not paths
        return any("eventpoll" in file for file in files)
    return False


def test_the_lock_of_a_dead_process_is_no_lock(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Whatever is written in the lock's file: the next run just begins."""
    photos = numbered(30)
    workers_ai.latency_s = 0.1
    with started(hosted, "classify", photos) as first:
        wait_until(is_at_work(workers_ai), "the first is at work")
        first.kill()
    lock = hosted.database.with_name("imgai.db.lock")
    assert json.loads(lock.read_text())["pid"] == first.process.pid

    ran = hosted("classify", photos)

    assert ran.exit_code == 0, ran.err
    check_aftermath(hosted, workers_ai, ran)
