"""What a run came to."""

from datetime import UTC, datetime

from imgai.domain.events import ImageFailed
from imgai.domain.report import NAMED_FAILURES, RunReport, Spent
from imgai.domain.throughput import Throughput
from imgai.errors import ExitCode, QuotaExhausted, Reason
from imgai.present.receipt import receipt_lines

PRICE = 0.011 / 1000


def test_every_image_is_accounted_for() -> None:
    """Analysed, known, skipped and failed with their reasons, gone; and the time."""
    report = RunReport(seen=9, known=3, analysed=2, marked_gone=1, elapsed_s=75.2)
    report.skipped.update({"hidden": 2})
    report.take(ImageFailed("file:///photos/x.jpg", Reason.CORRUPT, "no pixels"))

    counts = "2 images analysed, 3 known, 2 skipped (2 hidden), 1 failed (1 corrupt)"
    assert receipt_lines(report, PRICE) == [
        f"{counts}, 1 gone in 1 min 15 s.",
        "Failed:",
        "  /photos/x.jpg: corrupt: no pixels",
    ]


def test_money_says_what_is_known_and_what_is_not() -> None:
    """Measured and estimated apart; an unpriced call is unknown, never nothing."""
    report = RunReport(analysed=1, seen=1)
    report.spent = Spent(
        calls=12,
        retries=2,
        neurons=100.0,
        neurons_estimated=20.0,
        unpriced_calls=1,
        perhaps_billed=1,
    )

    assert receipt_lines(report, PRICE)[1] == (
        "12 calls, 2 of them retries, 1 perhaps billed without an answer; 100 neurons"
        " (80 measured, 20 estimated), $0.0011; what 1 call cost is unknown."
    )


def test_only_so_many_failures_are_named() -> None:
    """All are in the database, and the receipt says how to list them."""
    report = RunReport()
    for number in range(NAMED_FAILURES + 3):
        report.take(ImageFailed(f"file:///{number}.jpg", Reason.CORRUPT, "no"))

    lines = receipt_lines(report, PRICE)
    assert len(lines) == 2 + NAMED_FAILURES + 1
    assert lines[-1] == "  and 3 more: imgai status --failed"


def test_a_run_that_stopped_says_what_is_left_and_when_to_come_back() -> None:
    """Exit 75 is no failure: the next run goes on."""
    tomorrow = datetime(2026, 11, 23, tzinfo=UTC)
    report = RunReport(seen=5, analysed=2)
    report.stopped_by = QuotaExhausted("spent", retry_at=tomorrow)

    assert receipt_lines(report, PRICE)[-1] == (
        "3 images begun and left. The next run goes on where this one stopped after"
        " 2026-11-23 00:00 UTC."
    )


def test_an_interrupted_run_says_that_the_next_goes_on() -> None:
    """What was paid for is stored."""
    report = RunReport(seen=2, analysed=2, interrupted_by=ExitCode.INTERRUPTED)

    assert receipt_lines(report, PRICE)[-1] == (
        "The next run goes on where this one stopped."
    )


def test_a_run_that_its_workers_held_back_says_how_many_would_do() -> None:
    """The limit is the account's, the default of 16 workers is careful."""
    report = RunReport(seen=1_600, analysed=1_600, elapsed_s=300.0)
    report.throughput = Throughput(
        limit_per_minute=720.0,
        processors=2,
        workers=16,
        images=1_600,
        carried_s=4_800.0,
        lasted_s=300.0,
    )

    assert receipt_lines(report, PRICE)[-1] == (
        "16 workers asked about 320 pictures a minute, and the account allows 720:"
        " --workers 36 would reach that."
    )
