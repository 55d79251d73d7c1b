"""All that is known of one image."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.predictions import Backend, Task
from imgai.domain.records import ShownImage
from imgai.errors import Reason
from imgai.store.connection import open_for_reading
from imgai.store.failures import Failure, add_failure, resolve_failures
from imgai.store.records import read_failed, show_picture, show_uri
from tests.store.library import AT, PICTURE, changing, make_library

CAT = "file:///photos/cat%20one.jpg"
CAT_HASH = f"p1-{1:064x}"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database of three pictures."""
    path = tmp_path / "imgai.db"
    make_library(path)
    return path


def shown(database: Path, named: str) -> ShownImage | None:
    with closing(open_for_reading(database)) as connection:
        if named.startswith("p1-"):
            return show_picture(connection, named)
        return show_uri(connection, named)


def test_an_image_is_told_with_its_picture_and_its_copies(database: Path) -> None:
    """What it shows, how large, where else it is."""
    found = shown(database, CAT)

    assert found is not None
    assert found.image is not None
    assert found.picture is not None
    assert found.image.size_bytes == 1001
    assert found.picture.picture.colours == PICTURE.colours
    assert [one.uri for one in found.copies] == ["r2://bucket/copy.jpg"]


def test_every_answer_is_told_and_which_of_them_count(database: Path) -> None:
    """Workers AI's answers count before the local ones, which are kept."""
    found = shown(database, CAT)

    assert found is not None
    assert found.picture is not None
    assert len(found.picture.answers) == 6
    counting = {
        (one.task, one.backend)
        for one in found.picture.answers
        if (one.task, one.model) in found.picture.counting
    }
    tasks = {Task.LABELS, Task.CAPTION, Task.EMBEDDING}
    assert counting == {(task, Backend.WORKERS_AI) for task in tasks}
    assert found.picture.analysis.caption == "A ginger cat asleep."
    assert found.picture.analysis.neurons == 4.25
    assert [one.label for one in found.picture.analysis.labels] == ["cat", "couch"]


def test_a_picture_is_found_by_its_hash_or_the_beginning_of_it(
    database: Path,
) -> None:
    """Nobody types 64 digits; what fits two pictures names neither."""
    found = shown(database, CAT_HASH)

    assert found is not None
    assert found.image is not None
    assert found.image.uri == CAT
    assert shown(database, CAT_HASH[:-1]) is None  # 67 digits, and three pictures
    assert shown(database, "p1-") is None
    assert shown(database, "p1-ffffffff") is None


def test_a_gone_image_is_still_told_of(database: Path) -> None:
    """Its answers are kept until they are pruned."""
    found = shown(database, "file:///photos/bird.jpg")

    assert found is not None
    assert found.image is not None
    assert found.image.gone_at == AT


def test_an_unknown_place_is_unknown(database: Path) -> None:
    """The command says so, with what to do."""
    assert shown(database, "file:///photos/none.jpg") is None


def test_an_image_that_never_could_be_read_is_known_by_its_failures(
    database: Path,
) -> None:
    """Why there is nothing to show is worth showing; what is resolved says so."""
    uri = "file:///photos/broken.jpg"
    failure = Failure(
        image=SourceImage(uri, 5, 7, None),
        reason=Reason.CORRUPT,
        message="no pixels",
        is_permanent=True,
        is_skip=False,
    )
    with changing(database) as connection:
        add_failure(connection, "run", failure, AT)
    found = shown(database, uri)
    assert found is not None
    assert (found.image, found.picture) == (None, None)
    assert [(one.reason, one.attempts) for one in found.failures] == [("corrupt", 1)]
    with closing(open_for_reading(database)) as connection:
        assert [one.uri for one in read_failed(connection)] == [uri]

    later = AT + timedelta(days=1)
    with changing(database) as connection:
        resolve_failures(connection, uri, frozenset({None}), later)
    found = shown(database, uri)
    assert found is not None
    assert found.failures[0].resolved_at == later
    with closing(open_for_reading(database)) as connection:
        assert read_failed(connection) == ()
