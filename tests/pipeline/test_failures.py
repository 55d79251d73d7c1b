"""What a run makes of images and calls that fail, and what the next one tries."""

import pytest

from imgai.domain.events import (
    ImageFailed,
    ImagePassed,
)
from imgai.errors import (
    ModelUnavailable,
    QuotaExhausted,
    Reason,
    RejectedImage,
    UnavailableImage,
)
from tests.pipeline.library import Library, Options, photo

pytestmark = pytest.mark.anyio


async def test_a_broken_image_is_failed_once_then_passed_over(library: Library) -> None:
    """It is broken and unchanged: exit 3 at first, 0 from then on, never read again."""
    uri = library.source.put("a.jpg", photo(1)[:200])

    first, second = await library.run(), await library.run()

    assert [one.reason for one in first.of(ImageFailed)] == [Reason.CORRUPT]
    assert (first.report.exit_code, second.report.exit_code) == (3, 0)
    assert second.of(ImagePassed) == [ImagePassed(uri, Reason.CORRUPT)]
    assert library.source.read_uris == [uri]


async def test_a_broken_image_too_young_to_trust_is_told_by_its_bytes(
    library: Library,
) -> None:
    """Its time proves nothing, so it is read again, and recognised."""
    library.source.put("a.jpg", photo(1)[:200], mtime_ns=None)

    await library.run()
    told = await library.run()

    assert (told.report.failed, told.report.exit_code) == (0, 0)
    assert len(library.source.read_uris) == 2


async def test_a_mended_image_is_analysed(library: Library) -> None:
    """A failure is of the bytes that were there, not of the name."""
    uri = library.source.put("a.jpg", photo(1)[:200])
    await library.run()
    library.source.put("a.jpg", photo(1), mtime_ns=2)

    told = await library.run()

    assert told.report.analysed == 1
    assert (
        library.rows(
            "SELECT uri FROM failure WHERE uri = ? AND resolved_at IS NULL", uri
        )
        == []
    )


async def test_a_refused_picture_is_asked_again_only_with_retry_failed(
    library: Library,
) -> None:
    """A refusal is final for the unchanged picture, wherever it lies."""
    library.source.put("a.jpg", photo(1))
    library.caption.script = [RejectedImage("no")]
    first = await library.run()
    library.source.put("copy.jpg", photo(1))

    ordinary = await library.run()
    library.source.put("new.jpg", photo(2))
    retried = await library.run(Options(retries_failed=True))

    assert first.report.exit_code == 3
    assert (ordinary.report.skipped[Reason.REJECTED], ordinary.report.failed) == (2, 0)
    assert retried.report.analysed == 1, "and the new image is left for other runs"
    assert len(library.caption.asked) == 2
    assert library.rows("SELECT 1 FROM failure WHERE resolved_at IS NULL") == []


async def test_what_may_pass_is_tried_by_five_runs_in_all(library: Library) -> None:
    """Also where the image's time was not trusted when it first failed."""
    library.source.put("a.jpg", photo(1), mtime_ns=None)
    library.caption.script = [ModelUnavailable("later")] * 20

    for _ in range(7):
        library.source.put("a.jpg", photo(1))
        await library.run()

    assert len(library.caption.asked) == 5


async def test_an_image_that_vanishes_while_it_waits_is_no_permanent_failure(
    library: Library,
) -> None:
    """It may be back in the next run."""
    uri = library.source.put("a.jpg", photo(1))
    library.source.errors[uri] = UnavailableImage("gone", reason=Reason.VANISHED)
    first = await library.run()
    library.source.errors.clear()

    second = await library.run()

    assert [one.reason for one in first.of(ImageFailed)] == [Reason.VANISHED]
    assert second.report.analysed == 1


async def test_a_spent_quota_keeps_what_was_answered(library: Library) -> None:
    """The labels came: they are stored, and only the caption is asked tomorrow."""
    library.source.put("a.jpg", photo(1))
    library.caption.script = [QuotaExhausted("spent")]

    first = await library.run()
    second = await library.run()

    assert (first.report.exit_code, first.report.pending) == (75, 1)
    assert second.report.analysed == 1
    assert len(library.labels.asked) == 1
    assert library.embedder.asked == [["a cat\ncat"]]
