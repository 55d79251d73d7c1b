"""What a complete listing no longer shows is gone, and may come back."""

import pytest

from imgai.domain.events import Warned
from imgai.domain.plan import Renewal
from imgai.errors import ModelUnavailable, Reason
from tests.pipeline.library import Library, Options, photo

pytestmark = pytest.mark.anyio


@pytest.fixture
async def full(library: Library) -> Library:
    """Return a library of four analysed images."""
    for number in range(4):
        library.source.put(f"{number}.jpg", photo(number))
    await library.run()
    return library


def gone(library: Library) -> list[str]:
    rows = library.rows("SELECT uri FROM image WHERE gone_at IS NOT NULL ORDER BY uri")
    return [uri.rpartition("/")[2] for (uri,) in rows]


def searchable(library: Library) -> int:
    count: int = library.rows("SELECT count(*) FROM image_fts")[0][0]
    return count


async def test_what_is_gone_leaves_the_search_and_comes_back_for_nothing(
    full: Library,
) -> None:
    """Its answers stay."""
    calls = full.calls
    file = full.source.images.pop("file:///photos/0.jpg")

    told = await full.run()
    while_gone = (told.report.marked_gone, gone(full), searchable(full))
    full.source.put("0.jpg", file.content)
    await full.run()

    assert while_gone == (1, ["0.jpg"], 3)
    assert (gone(full), searchable(full)) == ([], 4)
    assert full.calls == calls


async def test_what_comes_back_is_found_though_something_is_missing_of_it(
    full: Library,
) -> None:
    """Its embedding fails again, and a --reanalyze finds it cooling down: no matter."""
    file = full.source.put("5.jpg", photo(5))
    full.embedder.script = [ModelUnavailable("later")] * 2
    await full.run()
    taken = full.source.images.pop(file)
    await full.run()

    full.source.images[file] = taken
    told = await full.run()
    after_failure = (told.report.failed, gone(full))
    full.source.images.pop("file:///photos/0.jpg")
    await full.run()
    full.source.put("0.jpg", photo(0))
    cooling = await full.run(Options(renewal=Renewal.COOLED_DOWN))

    assert after_failure == (1, [])
    assert cooling.report.skipped[Reason.COOLING_DOWN] == 5
    assert gone(full) == []


async def test_an_unmounted_folder_marks_nothing_and_says_so(full: Library) -> None:
    """A source that lists nothing, or lost most, is not mounted rather than tidied."""
    file = full.source.images["file:///photos/0.jpg"]
    full.source.images.clear()
    full.source.put("0.jpg", file.content)

    told = await full.run()
    trusted = await full.run(Options(trusts_losses=True))

    (warning,) = told.of(Warned)
    assert "shows 1 of the 4 images" in warning.message
    assert "--mark-gone" in warning.message
    assert told.report.marked_gone == 0
    assert trusted.report.marked_gone == len(gone(full)) == 3


async def test_half_of_the_images_may_be_gone(full: Library) -> None:
    """Only a source that lost more than it still shows is suspicious."""
    for name in ("0.jpg", "1.jpg"):
        del full.source.images[full.source.uri + name]

    told = await full.run()

    assert told.of(Warned) == []
    assert gone(full) == ["0.jpg", "1.jpg"]


async def test_half_a_listing_marks_nothing(full: Library) -> None:
    """Neither one that broke off nor one that --limit cut short is proof."""
    full.source.images.pop("file:///photos/0.jpg")
    full.source.is_complete = False
    await full.run()
    full.source.is_complete = True
    full.source.put("8.jpg", photo(8))
    full.source.put("9.jpg", photo(9))

    await full.run(Options(limit=1))

    assert gone(full) == []


async def test_a_shard_speaks_for_its_own_images_alone(full: Library) -> None:
    """Another shard's images, and its failures, are not lost for not being listed."""
    full.source.put("broken.jpg", photo(1)[:200])
    await full.run()
    full.source.images.pop("file:///photos/0.jpg")
    full.source.images.pop("file:///photos/broken.jpg")

    await full.run(Options(selects=lambda uri: uri.endswith(("1.jpg", "2.jpg"))))
    by_shard = (gone(full), open_failures(full))
    await full.run()

    assert by_shard == ([], 1)
    assert (gone(full), open_failures(full)) == (["0.jpg"], 0)


async def test_other_sources_images_are_none_of_its_business(full: Library) -> None:
    """A folder that is listed says nothing of its neighbour, nor of its parent."""
    full.source.uri = "file:///photos/2024/"
    full.source.images.clear()
    full.source.put("a.jpg", photo(7))

    await full.run()

    assert gone(full) == []


async def test_a_picture_shown_elsewhere_stays_in_the_search(full: Library) -> None:
    """One of two images of a picture is gone; the picture is not."""
    full.source.put("copy.jpg", photo(0))
    await full.run()
    full.source.images.pop("file:///photos/0.jpg")

    await full.run()

    assert (gone(full), searchable(full)) == (["0.jpg"], 4)


async def test_a_picture_that_becomes_another_leaves_nothing_behind(
    full: Library,
) -> None:
    """An edited file shows its new picture alone."""
    full.source.put("0.jpg", photo(9), mtime_ns=2)

    await full.run()

    assert searchable(full) == 4
    assert len(full.labels.asked) == 5


async def test_a_file_that_breaks_no_longer_shows_its_picture(full: Library) -> None:
    """Its bytes are unreadable: the search must not promise what cannot be opened."""
    full.source.put("0.jpg", photo(0)[:200], mtime_ns=2)

    first = await full.run()
    second = await full.run()

    assert (first.report.failed, second.report.failed) == (1, 0)
    assert searchable(full) == 3


def open_failures(library: Library) -> int:
    query = "SELECT count(*) FROM failure WHERE resolved_at IS NULL"
    count: int = library.rows(query)[0][0]
    return count


async def test_an_answer_through_one_image_closes_the_failure_of_another(
    library: Library,
) -> None:
    """A picture at two places has its caption, whichever place brought it."""
    library.source.put("b.jpg", photo(1))
    library.caption.script = [ModelUnavailable("later")]
    await library.run()
    library.source.put("a.jpg", photo(1))

    await library.run(Options(workers=1))

    assert len(library.caption.asked) == 2
    assert open_failures(library) == 0
