"""What a run asks about pictures, and what it does not ask again."""

import asyncio

import pytest

from imgai.domain.events import (
    ImageAnalysed,
    ImageFailed,
    ImagesKnown,
    WorkBegan,
)
from imgai.domain.predictions import Labels, Task
from imgai.errors import ModelUnavailable, SourceUnreadable
from tests.pictures import encoded, exif, scene
from tests.pipeline.library import HOSTED, Library, Options, photo

pytestmark = pytest.mark.anyio


async def test_labels_and_caption_are_asked_at_the_same_time(library: Library) -> None:
    """Each model waits until the other was asked too; the embedding follows both."""
    library.source.put("a.jpg", photo(1))
    both = asyncio.Barrier(2)

    async def meet() -> None:
        async with asyncio.timeout(10):
            await both.wait()

    library.labels.before = library.caption.before = meet

    told = await library.run()

    (done,) = told.of(ImageAnalysed)
    assert (done.analysis.caption, [one.label for one in done.analysis.labels]) == (
        "a cat",
        ["cat"],
    )
    assert library.embedder.asked == [["a cat\ncat"]]
    assert told.of(WorkBegan) == [told.events[1]]


async def test_a_second_run_asks_nothing_and_reads_nothing(library: Library) -> None:
    """A nightly run over an unchanged library makes no call."""
    library.source.put("a.jpg", photo(1))
    await library.run()
    calls = library.calls

    told = await library.run()

    assert library.calls == calls == 3
    assert library.source.read_uris == ["file:///photos/a.jpg"]
    assert told.of(ImagesKnown) == [ImagesKnown(("file:///photos/a.jpg",))]
    assert told.report.is_quiet


async def test_copies_renames_and_new_metadata_cost_nothing(library: Library) -> None:
    """They are the same picture."""
    library.source.put("a.jpg", photo(1))
    await library.run()
    calls = library.calls
    library.source.rename("a.jpg", "b.jpg")
    library.source.put("copy.jpg", photo(1), mtime_ns=99)
    dated = encoded(
        scene(64, 48, 1), quality=51, exif=exif(taken="2020:01:01 10:00:00")
    )
    library.source.put("dated.jpg", dated)

    told = await library.run()

    assert library.calls == calls
    assert told.report.known == 3


async def test_a_picture_that_comes_twice_is_asked_about_once(library: Library) -> None:
    """Workers meet it at the same time; the second waits for the first's answers."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        library.source.put(name, photo(1))

    told = await library.run()

    assert library.calls == 3
    assert (told.report.analysed, told.report.known) == (1, 2)


async def test_only_the_embedding_is_asked_where_only_it_failed(
    library: Library,
) -> None:
    """What was paid for stays; the file is not even read again."""
    library.source.put("a.jpg", photo(1))
    library.source.put("b.jpg", photo(1))
    library.embedder.script = [ModelUnavailable("later")] * 2

    first = await library.run()
    library.source.read_uris.clear()
    second = await library.run()

    assert [one.task for one in first.of(ImageFailed)] == [Task.EMBEDDING] * 2
    assert first.report.exit_code == 3
    assert library.source.read_uris == []
    assert len(library.labels.asked) == len(library.caption.asked) == 1
    embedded = [text for request in library.embedder.asked for text in request]
    assert len(embedded) == 3, "each image's try, then one for both"
    assert (second.report.analysed, second.report.known) == (1, 1)
    assert library.rows("SELECT 1 FROM failure WHERE resolved_at IS NULL") == []


async def test_an_embedding_follows_the_text_it_stands_for(library: Library) -> None:
    """A caption that comes later makes the stored embedding stale."""
    library.source.put("a.jpg", photo(1))
    library.caption.script = [ModelUnavailable("later")]

    await library.run()
    await library.run()

    assert library.embedder.asked == [["cat"], ["a cat\ncat"]]
    assert len(library.labels.asked) == 1


async def test_without_any_answer_there_is_no_embedding_either(
    library: Library,
) -> None:
    """An embedding of nothing, while labels and caption may still come, is none."""
    library.source.put("a.jpg", photo(1))
    library.labels.script = [ModelUnavailable("later")]
    library.caption.script = [ModelUnavailable("later")]

    await library.run()
    kept = library.rows("SELECT task FROM prediction")
    told = await library.run()

    assert kept == []
    assert told.report.analysed == 1
    assert library.embedder.asked == [["a cat\ncat"]]


async def test_captions_switched_on_later_are_all_that_is_asked(
    library: Library,
) -> None:
    """And the embedding is made anew, since its text has changed."""
    library.source.put("a.jpg", photo(1))
    await library.run(Options(tasks=HOSTED - {Task.CAPTION}))

    await library.run()

    assert len(library.labels.asked) == len(library.caption.asked) == 1
    assert library.embedder.asked == [["cat"], ["a cat\ncat"]]


async def test_a_run_that_cannot_begin_finds_that_out_once(library: Library) -> None:
    """The look ahead may take minutes: it is not made again for each worker."""
    for number in range(4):
        library.source.put(f"{number}.jpg", photo(number))
    await library.run(Options(tasks=frozenset({Task.LABELS})))
    unreadable = SourceUnreadable("it broke off")
    wanted = frozenset({Task.LABELS, Task.EMBEDDING})

    told = await library.run(Options(tasks=wanted, cannot_begin=unreadable))

    assert len(told.of(WorkBegan)) == 1
    assert told.report.stopped_by is unreadable
    assert library.embedder.asked == []


async def test_nothing_to_embed_is_an_answer(library: Library) -> None:
    """A picture without labels or caption is not asked about every night."""
    library.source.put("a.jpg", photo(1))
    library.labels.answers[Task.LABELS] = Labels(())
    tasks = HOSTED - {Task.CAPTION}

    await library.run(Options(tasks=tasks))
    told = await library.run(Options(tasks=tasks))

    assert library.embedder.asked == []
    assert told.report.known == 1
    assert library.rows("SELECT 1 FROM embedding") == []


async def test_what_people_see_is_what_the_models_said(library: Library) -> None:
    """Labels below the threshold are kept as answers and not shown."""
    library.source.put("a.jpg", photo(1))

    await library.run()

    assert library.rows("SELECT caption, labels_json FROM image_ai") == [
        ("a cat", '["cat"]')
    ]
    assert (
        "sofa" in library.rows("SELECT group_concat(result_json) FROM prediction")[0][0]
    )


async def test_files_wait_for_room_and_questions_do_not(library: Library) -> None:
    """A file is let go before the models are asked, however little room there is."""
    together = asyncio.Barrier(4)

    async def meet() -> None:
        await together.wait()

    library.labels.before = meet
    for number in range(4):
        library.source.put(f"{number}.jpg", photo(number))

    async with asyncio.timeout(60):
        told = await library.run(Options(workers=4, files_bytes=1))

    assert told.report.analysed == 4
