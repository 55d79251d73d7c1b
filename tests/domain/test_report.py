"""The report of a run: its counts, and the exit code that follows from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.derive import Analysis
from imgai.domain.events import (
    Event,
    ImageAnalysed,
    ImageFailed,
    ImagePassed,
    ImagesKnown,
    ImagesListed,
    RunStopping,
    Warned,
)
from imgai.domain.report import NAMED_FAILURES, RunReport, Spent
from imgai.errors import (
    AccessDenied,
    ExitCode,
    HostUnreachable,
    QuotaExhausted,
    Reason,
    StoreError,
    TooManyFailures,
)

ANALYSED = ImageAnalysed("file:///a.jpg", "p1", Analysis(), (), 1.0)
FAILED = ImageFailed("file:///b.jpg", Reason.CORRUPT, "broken")
UNANSWERED = ImageFailed("file:///c.jpg", Reason.UNAVAILABLE, "down")
KNOWN = ImagesKnown(("file:///d.jpg", "file:///e.jpg"))
PASSED = ImagePassed("file:///f.txt", Reason.NOT_AN_IMAGE)


def report_of(*events: Event, spent: Spent | None = None) -> RunReport:
    report = RunReport(spent=spent or Spent())
    for event in events:
        report.take(event)
    return report


@given(st.lists(st.sampled_from([ANALYSED, FAILED, KNOWN, PASSED]), max_size=40))
def test_the_counts_add_up(outcomes: list[Event]) -> None:
    """Seen is known, analysed, skipped, failed and pending, whatever comes."""
    images = sum(2 if one is KNOWN else 1 for one in outcomes)

    report = report_of(ImagesListed(images + 3), *outcomes)

    assert report.pending == 3
    assert report.seen == (
        report.known
        + report.analysed
        + report.skipped.total()
        + report.failed
        + report.pending
    )


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([], ExitCode.OK),
        ([ANALYSED, KNOWN, PASSED], ExitCode.OK),
        ([ANALYSED, FAILED], ExitCode.SOME_FAILED),
        ([FAILED, RunStopping(QuotaExhausted("spent"))], ExitCode.TRY_LATER),
        ([FAILED, RunStopping(AccessDenied("no"))], ExitCode.ACCESS_DENIED),
        ([RunStopping(StoreError("full"))], ExitCode.IO_ERROR),
        ([RunStopping(HostUnreachable("down"))], ExitCode.UNREACHABLE),
        ([FAILED, RunStopping(TooManyFailures("5 %"))], ExitCode.SOME_FAILED),
        (
            [RunStopping(QuotaExhausted("spent")), RunStopping(StoreError("full"))],
            ExitCode.TRY_LATER,
        ),
    ],
)
def test_the_exit_code_follows_from_what_happened(
    events: list[Event], code: ExitCode
) -> None:
    """What stopped the run goes before failed images; the first reason counts."""
    assert report_of(*events).exit_code is code


def test_a_signal_goes_before_everything() -> None:
    """Who pressed Ctrl-C expects 130."""
    report = report_of(FAILED, RunStopping(QuotaExhausted("spent")))
    report.interrupted_by = ExitCode.INTERRUPTED

    assert report.exit_code == 130


@pytest.mark.parametrize(
    ("events", "spent", "code"),
    [
        ([UNANSWERED], Spent(calls=3), ExitCode.UNREACHABLE),
        ([UNANSWERED], Spent(calls=3, calls_answered=1), ExitCode.SOME_FAILED),
        ([UNANSWERED, FAILED], Spent(calls=3), ExitCode.SOME_FAILED),
        ([UNANSWERED], Spent(), ExitCode.SOME_FAILED),
    ],
    ids=["nobody answered", "one did", "one is broken", "nothing was asked"],
)
def test_a_host_that_answered_nobody_was_not_reached(
    events: list[Event], spent: Spent, code: ExitCode
) -> None:
    """69 only if every call of the run failed so, and nothing else was wrong."""
    assert report_of(*events, spent=spent).exit_code is code


def test_nothing_new_is_quiet() -> None:
    """Cron sends no mail for a run that found nothing to do."""
    assert report_of(ImagesListed(3), KNOWN, PASSED).is_quiet
    for event in (ANALYSED, FAILED, RunStopping(QuotaExhausted("spent"))):
        assert not report_of(event).is_quiet
    gone = report_of(KNOWN)
    gone.marked_gone = 1
    assert not gone.is_quiet


def test_failures_are_counted_by_reason_and_the_first_are_named() -> None:
    """A million failures do not fill the memory."""
    report = report_of(*[FAILED] * 30, PASSED, Warned("something"))

    assert len(report.failures) == NAMED_FAILURES
    assert report.failed_reasons == {"corrupt": 30}
    assert report.skipped == {"not-an-image": 1}
