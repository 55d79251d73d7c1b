"""What a run will cost, said before it begins."""

import os
import pty
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

DETR = "@cf/facebook/detr-resnet-50"
LLAVA = "@cf/llava-hf/llava-1.5-7b-hf"


def test_a_dry_run_asks_nothing_and_writes_nothing(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """No model call, no database, not even a folder for one."""
    ran = hosted("classify", photos, "--dry-run")

    assert ran.exit_code == 0, ran.err
    assert DETR in ran.out
    assert workers_ai.requests == []
    assert list(hosted.home.iterdir()) == []


def test_a_dry_run_counts_copies_once_and_bounds_the_cost(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """Files are told apart by their picture; the run then costs no more than said."""
    shutil.copy(photos / "IMG_0412.png", photos / "copy.png")
    (photos / "broken.jpg").write_bytes((photos / "IMG_0418.jpg").read_bytes()[:3])

    (plan,) = hosted("classify", photos, "--dry-run", "--json").lines
    assert (plan["seen"], plan["new"], plan["known"]) == (6, 4, 1)
    assert plan["skipped"] + plan["unreadable"] == 1
    assert {one["calls"] for one in plan["models"]} == {4}
    assert all(one["price_source"].startswith("https://") for one in plan["models"])
    assert plan["dollars_at_most"] == pytest.approx(plan["neurons_at_most"] * 1.1e-5)
    assert plan["days_on_free_plan"] == 1

    hosted("classify", photos)
    assert 0 < workers_ai.neurons <= plan["neurons_at_most"]


def test_a_known_library_has_nothing_to_pay_for(
    hosted: Imgai, workers_ai: WorkersAIStub, photos: Path
) -> None:
    """And what was spent today is taken off the free allowance."""
    hosted("classify", photos)

    (plan,) = hosted("classify", photos, "--dry-run", "--json").lines

    assert (plan["new"], plan["known"], plan["neurons_at_most"]) == (0, 4, 0)
    spent = 10_000 - plan["free_neurons_left_today"]
    assert spent == pytest.approx(workers_ai.neurons)


def test_an_unpriced_model_is_unknown_and_never_free(
    hosted: Imgai, photos: Path
) -> None:
    """A price nobody published is not zero."""
    ran = hosted("classify", photos, "--dry-run", AI_CAPTION_MODEL=LLAVA)
    (plan,) = hosted(
        "classify", photos, "--dry-run", "--json", AI_CAPTION_MODEL=LLAVA
    ).lines

    assert "unknown" in ran.out
    assert plan["neurons_at_most"] is None
    assert plan["dollars_at_most"] is None


def test_one_line_tells_the_cost_before_the_first_paid_call(
    hosted: Imgai, photos: Path
) -> None:
    """On stderr, where a log keeps it."""
    ran = hosted("classify", photos)

    said = ran.err.splitlines()
    assert said[0].startswith("Asking workers-ai")
    assert said[1].startswith("To ask about: 4 pictures; at most ")
    assert "$" in said[1]


def test_above_a_dollar_a_person_is_asked_first(
    hosted: Imgai, workers_ai: WorkersAIStub, tmp_path: Path, photos: Path
) -> None:
    """A no asks nothing; --yes does not ask; a pipe is no person."""
    many = tmp_path / "many"
    many.mkdir()
    content = (photos / "IMG_0418.jpg").read_bytes()
    for number in range(5000):  # empty files of that name: only counted, not read
        (many / f"{number}.jpg").touch()
    (many / "real.jpg").write_bytes(content)

    said, code = on_a_terminal(hosted, ["classify", str(many)], answer=b"n\n")

    assert "Go on?" in said
    assert code == 0
    assert workers_ai.requests == []
    said, _ = on_a_terminal(
        hosted, ["classify", str(many), "--yes", "--limit", "1"], answer=b""
    )
    assert "Go on?" not in said


@pytest.mark.parametrize(
    ("more", "walks_before"),
    [([], True), (["--yes"], False), (["--backend", "local"], False)],
    ids=["paid", "paid and agreed", "free"],
)
def test_an_unchanged_library_is_walked_once_where_nobody_will_be_asked(
    hosted: Imgai,
    photos: Path,
    more: list[str],
    walks_before: bool,  # noqa: FBT001  pytest names it
) -> None:
    """A plan is a walk of its own; only a question about money needs it at once."""
    hosted("classify", photos)
    hosted.environment["PYTHONPROFILEIMPORTTIME"] = "1"

    said, code = on_a_terminal(hosted, ["classify", str(photos), *more], answer=b"")

    assert code == 0
    assert "0 images analysed, 4 known" in said
    assert ("imgai.pipeline.survey" in said) == walks_before


def test_the_plan_of_a_free_run_comes_with_its_first_picture(
    imgai: Imgai, photos: Path
) -> None:
    """Then the progress knows how many there are."""
    pytest.importorskip("onnxruntime", reason="only imgai[local] brings local models")
    said, code = on_a_terminal(imgai, ["classify", str(photos)], answer=b"")

    assert code == 0
    assert "of 4 images" in said


def on_a_terminal(imgai: Imgai, arguments: list[str], answer: bytes) -> tuple[str, int]:
    """Run a command on a pseudo-terminal; return what it showed, and its exit code."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        imgai.command(arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=imgai.home,
        env=imgai.variables({"TERM": "xterm"}),
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, answer)
        shown = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed: the process has ended
                break
            shown += part
        code = process.wait(timeout=60)
    os.close(ours)
    return shown.decode(errors="replace"), code
