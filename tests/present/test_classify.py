"""A run told to programs, to logs and to people without a screen."""

import json
import os
from pathlib import Path

import pytest

from imgai.domain.derive import Analysis, Label
from imgai.domain.events import (
    Event,
    ImageAnalysed,
    ImageFailed,
    ImagePassed,
    ImagesKnown,
    ImagesListed,
    ModelReplaced,
    RunStopping,
    Warned,
    WorkBegan,
)
from imgai.domain.images import Swatch
from imgai.domain.predictions import Backend, CaptionSource, Task
from imgai.domain.report import RunReport
from imgai.errors import BudgetExhausted, ExitCode, Reason, StoreError
from imgai.present.classify import Detail, Manner, RunPresenter, presenter_for
from imgai.present.console import Output
from tests.present.screens import Told, in_memory

PRICE = 0.011 / 1000
CAT = ImageAnalysed(
    uri="file:///photos/cat%0A.jpg",
    picture_hash="p1-ca7",
    analysis=Analysis(
        labels=(Label("cat", 0.91234), Label("couch", 0.5)),
        caption="A ginger cat.",
        caption_source=CaptionSource.MODEL,
        nsfw_score=0.01,
        models=("@cf/facebook/detr-resnet-50", "@cf/google/gemma"),
        neurons=12.0,
        processing_time_ms=1234,
    ),
    colours=(Swatch("#fa8e0c", "orange", 0.6),),
    neurons=12.5,
)
BROKEN = ImageFailed("file:///photos/x.jpg", Reason.CORRUPT, "no pixels \x1b[2J")
TEXT_FILE = ImagePassed("file:///photos/a.txt", Reason.NOT_AN_IMAGE)
KNOWN = ImagesKnown(("file:///photos/old.jpg", "file:///photos/older.jpg"))
FIELDS = [
    "uri",
    "status",
    "reason",
    "picture_hash",
    "labels",
    "caption",
    "caption_source",
    "colours",
    "nsfw_score",
    "models",
    "neurons",
    "processing_time_ms",
]


class Clock:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.fixture(autouse=True)
def _no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def presented(
    manner: Manner, *events: Event, report: RunReport | None = None
) -> tuple[Told, RunReport]:
    """Tell a run of these events without a terminal; return what was written."""
    output, told = in_memory()
    counted = report or RunReport()
    with presenter_for(output, manner, PRICE) as presenter:
        for event in events:
            counted.take(event)
            presenter.take(event)
        presenter.finish(counted)
    return told, counted


def test_a_program_gets_one_object_an_image_in_the_documented_fields() -> None:
    """Fields may be added and never renamed: scripts live by them."""
    told, _ = presented(Manner(as_json=True), CAT, BROKEN, TEXT_FILE, KNOWN)

    cat, broken, passed = map(json.loads, told.results)
    assert [list(one) for one in (cat, broken, passed)] == [FIELDS] * 3
    assert cat == {
        "uri": "file:///photos/cat%0A.jpg",
        "status": "analysed",
        "reason": None,
        "picture_hash": "p1-ca7",
        "labels": [{"label": "cat", "score": 0.9123}, {"label": "couch", "score": 0.5}],
        "caption": "A ginger cat.",
        "caption_source": "model",
        "colours": [{"hex": "#fa8e0c", "name": "orange", "share": 0.6}],
        "nsfw_score": 0.01,
        "models": ["@cf/facebook/detr-resnet-50", "@cf/google/gemma"],
        "neurons": 12.5,
        "processing_time_ms": 1234,
    }
    assert (broken["status"], broken["reason"]) == ("failed", "corrupt")
    assert (passed["status"], passed["reason"]) == ("skipped", "not-an-image")


def test_known_images_are_told_on_request() -> None:
    """`--all` is for those who want a line for every image there is."""
    told, _ = presented(Manner(as_json=True, tells_known=True), KNOWN)

    known = [json.loads(line) for line in told.results]
    assert [one["uri"] for one in known] == list(KNOWN.uris)
    assert {one["status"] for one in known} == {"known"}
    assert list(known[0]) == FIELDS


def test_a_failed_image_keeps_what_was_answered() -> None:
    """The caption was refused; the labels were paid for and are told."""
    failed = ImageFailed(
        CAT.uri, Reason.REJECTED, "no", Task.CAPTION, "p1-ca7", CAT.analysis
    )
    told, _ = presented(Manner(as_json=True), failed)

    assert json.loads(told.results[0])["labels"][0]["label"] == "cat"


def test_a_program_hears_at_the_end_why_the_run_failed() -> None:
    """The last line on stderr says it, whatever ended the run."""
    ended = RunReport(stopped_by=BudgetExhausted("spent", hint="More tomorrow."))
    interrupted = RunReport(interrupted_by=ExitCode.INTERRUPTED)
    for report, event, expected in (
        (None, BROKEN, (3, "SomeFailed")),
        (ended, CAT, (75, "BudgetExhausted")),
        (interrupted, CAT, (130, "Interrupted")),
    ):
        told, _ = presented(Manner(as_json=True), event, report=report)
        last = json.loads(told.words[-1])
        assert last["type"] == "error"
        assert (last["exit_code"], last["error"]) == expected


def test_a_person_may_have_a_line_an_image() -> None:
    """Name, caption, labels; nothing in them is obeyed by a terminal."""
    told, _ = presented(Manner(Detail.EVERY_IMAGE), CAT, BROKEN, TEXT_FILE, KNOWN)

    assert told.results == [
        r"/photos/cat\n.jpg: A ginger cat. [cat, couch]",
        r"/photos/x.jpg: failed, corrupt no pixels \x1b[2J",
        "/photos/a.txt: skipped, not-an-image",
    ]
    assert "\x1b" not in told.err.getvalue()


def test_a_run_that_found_nothing_new_says_nothing() -> None:
    """Cron sends a mail for every line."""
    told, _ = presented(Manner(), ImagesListed(2), KNOWN)

    assert (told.results, told.words) == ([], [])


def test_a_source_without_images_is_named_so() -> None:
    """It is nearly always the wrong folder."""
    told, _ = presented(Manner(), ImagesListed(1), TEXT_FILE)

    assert told.words == ["No images found (1 not-an-image) in 0.0 s."]


def test_a_log_gets_a_line_every_ten_seconds_once_there_is_something_to_tell() -> None:
    """Not one before: a long look at a library that is done stays silent."""
    clock = Clock()
    output, told = in_memory()
    with presenter_for(output, Manner(), PRICE, clock=clock) as presenter:
        clock.now_s += 30
        presenter.take(KNOWN)
        presenter.take(CAT)
        clock.now_s += 9
        presenter.take(BROKEN)
        clock.now_s += 1
        presenter.expect(10)
        presenter.take(CAT)

    first, second = told.words
    assert first.startswith("3 images · 0.0 pictures/s")
    assert second == (
        "5 of 10 images · 0.1 pictures/s · 1 min 7 s left · 25 neurons, $0.00028"
        " · 1 failure"
    )


def test_warnings_are_told_once_and_at_once() -> None:
    """A model that is replaced is replaced for every picture after it."""
    replaced = ModelReplaced("@cf/old", "@cf/new", "retired\x1b")
    began = WorkBegan(Backend.WORKERS_AI, ("@cf/old",))
    told, _ = presented(
        Manner(),
        ImagesListed(2),
        began,
        replaced,
        replaced,
        Warned("Is it mounted?"),
        KNOWN,
    )

    assert told.words == [
        "Asking workers-ai: @cf/old.",
        r"Warning: @cf/old gives way to @cf/new: retired\x1b",
        "Warning: Is it mounted?",
    ]


def test_quiet_means_errors_alone() -> None:
    """Failures are errors; progress, warnings and receipts are not."""
    stopping = RunStopping(BudgetExhausted("The budget is spent.", hint="Wait."))
    told, _ = presented(
        Manner(Detail.ERRORS), CAT, Warned("hm"), KNOWN, BROKEN, stopping
    )

    assert told.words == [
        "Stopping: The budget is spent.",
        "  Wait.",
        "Failed:",
        r"  /photos/x.jpg: corrupt: no pixels \x1b[2J",
    ]


def test_a_reader_that_has_gone_is_told_of_once_and_ends_no_event() -> None:
    """`imgai classify --json | head -1` must not lose what is in flight."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    gone: list[str] = []
    presenter = presenter_for(
        Output(stream, in_memory()[0].err),
        Manner(as_json=True),
        PRICE,
        when_unheard=lambda: gone.append("gone"),
    )
    with presenter:
        presenter.take(CAT)
        presenter.take(CAT)
    with pytest.raises(BrokenPipeError):
        stream.close()

    assert gone == ["gone"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_results_that_could_not_be_written_fail_the_command_at_its_end() -> None:
    """`--json > file` on a full disk must not look like success."""
    stream = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115, PTH123  closed below, a device
    presenter = presenter_for(
        Output(stream, in_memory()[0].err), Manner(as_json=True), PRICE
    )
    with presenter:
        presenter.take(CAT)
        with pytest.raises(StoreError, match="No space left"):
            presenter.finish(RunReport(analysed=1, seen=1))
    with pytest.raises(OSError, match="No space left"):
        stream.close()


def test_a_ci_job_gets_a_summary_in_which_nothing_is_markup(tmp_path: Path) -> None:
    """A file's name is no link, no heading and no HTML."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    output, _ = in_memory()
    presenter = presenter_for(output, Manner(), PRICE)
    presenter.environment = {"GITHUB_STEP_SUMMARY": str(summary)}
    report = RunReport()
    failed = ImageFailed("file:///photos/%3Cb%3E%5Bx%5D.jpg", Reason.CORRUPT, "no")
    report.take(failed)
    with presenter:
        presenter.finish(report)

    text = summary.read_text()
    assert text.startswith("before\n### imgai\n")
    assert r"- /photos/\<b\>\[x\]\.jpg: corrupt: no" in text


def test_a_summary_that_cannot_be_written_fails_no_run(tmp_path: Path) -> None:
    """The run has been paid for."""
    output, told = in_memory()
    presenter: RunPresenter = presenter_for(output, Manner(), PRICE)
    presenter.environment = {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "file")}
    with presenter:
        presenter.finish(RunReport(analysed=1))

    assert told.words
