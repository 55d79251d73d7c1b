"""What the next run asks again, and what it leaves alone; runs without a terminal."""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.aftermath import check_aftermath, check_exit, run_rows
from tests.commands.bills import bills_of, double_bills
from tests.commands.running import Imgai, Ran
from tests.stubs import faults
from tests.stubs.hosted_models import BGE, DETR, GEMMA
from tests.stubs.workers_ai import WorkersAIStub

Numbered = Callable[[int], Path]


def test_only_the_embedding_is_asked_where_only_it_failed(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Resuming knows tasks, not pictures: labels and captions are not paid again."""
    photos = numbered(6)
    refusal = faults.workers_ai_refusal(400, 3010, "unsupported input")
    workers_ai.reply_always(refusal, model=BGE)
    first = hosted("classify", photos)
    assert first.exit_code == 3
    assert hosted.rows("SELECT DISTINCT task FROM failure") == [("embedding",)]
    workers_ai.reply_truth()
    before = len(workers_ai.calls)

    ran = hosted("classify", photos, "--retry-failed")

    assert ran.exit_code == 0, ran.err
    assert {call.model for call in workers_ai.calls[before:]} == {BGE}
    assert hosted.rows("SELECT count(*) FROM embedding") == [(6,)]
    check_aftermath(hosted, workers_ai, first, ran)


@pytest.mark.slow
def test_a_passing_failure_is_tried_by_five_runs_in_all(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Then it is left alone, until --retry-failed says otherwise."""
    photos = numbered(1)
    failing = faults.workers_ai_refusal(500, 3043, "internal error", Retry_After="0")
    workers_ai.reply_always(failing, model=GEMMA)

    def night() -> Ran:
        return hosted("classify", photos)

    assert night().exit_code == 3  # its labels came
    assert [night().exit_code for _ in range(4)] == [69] * 4  # nothing did
    asked = len(workers_ai.calls)

    left_alone = night()
    assert left_alone.exit_code == 0, left_alone.err
    assert len(workers_ai.calls) == asked

    workers_ai.reply_truth()
    again = hosted("classify", "--retry-failed")
    assert again.exit_code == 0, again.err
    assert hosted.rows("SELECT count(*) FROM failure WHERE resolved_at IS NULL") == [
        (0,)
    ]


def test_a_broken_image_is_told_once_and_skipped_while_it_is_unchanged(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Exit 3 the first night, 0 from then on; --retry-failed looks again."""
    photos = numbered(3)
    broken = photos / "0001.jpg"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:300])

    assert hosted("classify", photos).exit_code == 3
    second = hosted("classify", photos, "--json")
    assert second.exit_code == 0, second.err
    assert [line["status"] for line in second.lines] == ["skipped"]
    assert hosted("classify", "--retry-failed").exit_code == 3

    broken.write_bytes(whole)
    mended = hosted("classify", photos)
    assert mended.exit_code == 0, mended.err
    check_aftermath(hosted, workers_ai, mended)


def test_a_forced_series_that_the_quota_stops_each_night_comes_to_its_end(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Each night goes on where the last one stopped: every picture once again."""
    photos = numbered(40)
    assert hosted("classify", photos).exit_code == 0
    first_series = bills_of(workers_ai)
    workers_ai.calls.clear()

    codes = []
    for _ in range(10):
        workers_ai.allocation_neurons = workers_ai.neurons + 60
        codes.append(hosted("classify", photos, "--force").exit_code)
        if codes[-1] == 0:
            break

    assert len(codes) > 2
    assert set(codes[:-1]) == {75}
    assert codes[-1] == 0
    assert bills_of(workers_ai).keys() == first_series.keys()
    assert not double_bills(bills_of(workers_ai))
    workers_ai.calls.clear()
    workers_ai.allocation_neurons = None
    hosted("classify", photos, "--force")  # a new series, from the beginning
    assert len(workers_ai.calls_of(DETR)) == 40


def in_shell(imgai: Imgai, script: str, **environment: str) -> Ran:
    """Run a line of bash in which `imgai` is the program."""
    command = " ".join(map(shlex.quote, imgai.command([])))
    finished = subprocess.run(
        ["/bin/bash", "-c", f'imgai() {{ {command} "$@"; }}\n{script}'],
        env=imgai.variables(environment),
        cwd=imgai.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(finished.returncode, finished.stdout, finished.stderr)


def test_a_reader_that_leaves_ends_the_run_quietly(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """`imgai classify … | head -1`: no complaint, no traceback, nothing lost."""
    photos = numbered(60)
    workers_ai.latency_s = 0.05

    ran = in_shell(
        hosted,
        f"imgai classify {photos} --json --workers 2 | head -1\n"
        'exit "${PIPESTATUS[0]}"',
    )

    assert ran.exit_code == 0, ran.err
    assert len(ran.lines) == 1
    assert "Broken" not in ran.err
    assert "Exception" not in ran.err
    (row,) = run_rows(hosted)
    assert row.analysed < 60
    check_aftermath(hosted, workers_ai, ran)


@pytest.mark.parametrize(
    "redirection",
    ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "</dev/null >/dev/null 2>&1"],
)
def test_closed_streams_are_no_obstacle(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, redirection: str
) -> None:
    """Cron, systemd and careless parents start programs so."""
    photos = numbered(3)

    ran = in_shell(hosted, f"imgai classify {photos} --json {redirection}")

    assert ran.exit_code == 0, ran.err
    assert hosted.rows("SELECT count(*) FROM image_ai") == [(3,)]
    check_aftermath(hosted, workers_ai, ran)


def test_neither_a_home_nor_a_locale_is_needed(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """A cron with an empty environment; names beyond ASCII are told all the same."""
    photos = numbered(3)
    (photos / "0001.jpg").rename(photos / "été 猫.jpg")

    ran = in_shell(
        hosted,
        f"unset HOME IMGAI_DB; imgai classify '{photos}' --json && "
        "imgai classify . && test -f imgai.db",
        LANG="C",
        LC_ALL="C",
    )

    assert ran.exit_code == 0, ran.err
    assert "%E7%8C%AB" in ran.out
    check_exit(ran)
    assert len(workers_ai.calls_of(DETR)) == 3
