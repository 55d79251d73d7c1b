"""When a picture that has answers is asked about again."""

from datetime import timedelta

import pytest

from imgai.domain.events import ImagePassed
from imgai.domain.plan import Renewal
from imgai.domain.predictions import Backend, Caption, Task
from imgai.errors import QuotaExhausted, Reason
from tests.pipeline.library import HOSTED, Library, Options, photo

pytestmark = pytest.mark.anyio

LOCAL = Options(tasks=HOSTED - {Task.EMBEDDING}, backend=Backend.LOCAL)
FORCE = Options(renewal=Renewal.ALWAYS, workers=1)
REANALYZE = Options(renewal=Renewal.COOLED_DOWN)


async def test_reanalyze_waits_for_the_cooldown(library: Library) -> None:
    """After 27 days the answers are new enough, after 28 they are asked for again."""
    uri = library.source.put("a.jpg", photo(1))
    await library.run()
    library.now += timedelta(days=27)

    early = await library.run(REANALYZE)
    library.now += timedelta(days=1, seconds=1)
    late = await library.run(REANALYZE)

    assert early.of(ImagePassed) == [ImagePassed(uri, Reason.COOLING_DOWN)]
    assert late.report.analysed == 1
    assert len(library.labels.asked) == len(library.caption.asked) == 2


async def test_a_cooldown_of_nothing_is_none(library: Library) -> None:
    """0 days switch it off."""
    library.source.put("a.jpg", photo(1))
    await library.run()

    await library.run(Options(renewal=Renewal.COOLED_DOWN, cooldown=timedelta(0)))

    assert len(library.labels.asked) == 2


async def test_force_asks_at_once_and_once_a_picture(library: Library) -> None:
    """It ignores the cooldown; a copy in the same run is not asked about twice."""
    library.source.put("a.jpg", photo(1))
    library.source.put("copy.jpg", photo(1))
    await library.run()

    await library.run(FORCE)

    assert len(library.labels.asked) == 2
    assert len(library.embedder.asked) == 2


async def test_force_stopped_by_the_quota_goes_on_where_it_stopped(
    library: Library,
) -> None:
    """Night after night it moves on, and ends; the next --force begins anew."""
    for number in range(3):
        library.source.put(f"{number}.jpg", photo(number))
    await library.run()
    asked = len(library.labels.asked)

    library.labels.script = [None, QuotaExhausted("spent")]
    stopped = await library.run(FORCE)
    library.now += timedelta(days=1)
    resumed = await library.run(FORCE)
    finished = len(library.labels.asked) - asked
    again = await library.run(FORCE)

    assert (stopped.report.exit_code, stopped.report.analysed) == (75, 1)
    assert (resumed.report.exit_code, resumed.report.analysed) == (0, 2)
    assert finished == 4, "three pictures and the refused one"
    assert again.report.analysed == 3


async def test_a_local_library_is_upgraded_and_never_the_other_way(
    library: Library,
) -> None:
    """Local answers do not stand in Workers AI's way, and never replace its own."""
    library.source.put("a.jpg", photo(1))
    await library.run(LOCAL)
    before = library.rows("SELECT caption FROM image_ai")

    await library.run()
    hosted = library.rows("SELECT caption FROM image_ai")
    told = await library.run(LOCAL)
    await library.run(Options(LOCAL.tasks, Backend.LOCAL, Renewal.ALWAYS))

    assert (before, hosted) == ([("a local cat",)], [("a cat",)])
    assert told.report.known == 1
    assert library.rows("SELECT caption FROM image_ai") == [("a cat",)]


async def test_nsfw_scores_are_local_in_a_hosted_run(library: Library) -> None:
    """The local score is all there is: it counts as done."""
    library.source.put("a.jpg", photo(1))
    options = Options(tasks=HOSTED | {Task.NSFW})
    await library.run()

    await library.run(options)
    told = await library.run(options)

    assert len(library.nsfw.asked) == len(library.labels.asked) == 1
    assert library.rows("SELECT nsfw_score FROM image_ai") == [(0.1,)]
    assert told.report.known == 1


async def test_the_newest_answer_counts(library: Library) -> None:
    """A renewed caption takes the place of the old one, in `image_ai` as well."""
    library.source.put("a.jpg", photo(1))
    await library.run()
    library.caption.answers[Task.CAPTION] = Caption("a tabby")

    await library.run(FORCE)

    assert library.rows("SELECT caption FROM image_ai") == [("a tabby",)]
    assert library.embedder.asked[-1] == ["a tabby\ncat"]
    assert library.rows("SELECT count(*) FROM prediction") == [(3,)]
