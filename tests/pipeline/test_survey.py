"""What a look at the sources counts, held against what the run then asks."""

from contextlib import closing

import pytest

from imgai.domain.estimate import Survey
from imgai.domain.plan import Wanted
from imgai.domain.predictions import Backend, Task
from imgai.errors import RejectedImage
from imgai.pipeline.survey import Surveyor
from imgai.store.connection import open_for_reading
from tests.pictures import encoded, exif, scene
from tests.pipeline.library import HOSTED, Library, Options, photo

pytestmark = pytest.mark.anyio

LABELS_ONLY = Options(tasks=frozenset({Task.LABELS}))


async def survey(library: Library) -> Survey:
    """Look at a library as a plan does."""
    wanted = Wanted(HOSTED, Backend.WORKERS_AI)
    with closing(open_for_reading(library.path)) as connection:
        return await Surveyor(connection, wanted, reads_files=True).look(
            [library.source]
        )


async def test_copies_of_a_known_picture_are_counted_once(library: Library) -> None:
    """The run asks about the first of them; the others find its answers."""
    picture = scene(64, 48)
    library.source.put("a.jpg", encoded(picture))
    library.source.put("b.jpg", encoded(picture, exif=exif(1)))
    await library.run(LABELS_ONLY)

    found = await survey(library)
    await library.run()

    assert (found.new, found.known) == (1, 1)
    assert found.to_ask[Task.CAPTION] == 1 == len(library.caption.asked)


async def test_what_was_given_up_for_good_is_not_counted(library: Library) -> None:
    """The run leaves it alone, so it costs nothing."""
    library.source.put("a.jpg", photo(1))
    library.caption.script.append(RejectedImage("no"))
    await library.run()

    found = await survey(library)
    told = await library.run()

    assert (found.new, found.skipped, found.to_ask) == (0, 1, {})
    assert told.report.skipped.total() == 1
    assert len(library.caption.asked) == 1
