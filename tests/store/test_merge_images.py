"""Merging what two databases know of one place: whoever saw it last is right."""

import sqlite3
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.predictions import Task
from imgai.errors import Reason
from imgai.store.failures import Failure, add_failure
from tests.store.library import AT, changing, classify, cloud_answers
from tests.store.merging import merge, one_picture, rows

SEEN = "2026-11-22T12:00:00.000Z"  # by every database, first
URI = "file:///photos/1.jpg"  # in the second of two shards


def list_again(
    path: Path, at: str, *, source: str = "file:///photos/", shard: str = ""
) -> None:
    """Write a complete run into a database."""
    options = f'{{"shard":"{shard}"}}' if shard else "{}"
    with changing(path) as connection:
        connection.execute(
            "INSERT INTO run (id, source, backend, options_json, started_at, exit_code)"
            " VALUES (?, ?, 'workers-ai', ?, ?, 0)",
            (f"{path.name} {at}", source, options, at),
        )


def lose(path: Path, at: str) -> None:
    """Mark a database's image as gone."""
    list_again(path, at)
    with changing(path) as connection:
        connection.execute("UPDATE image SET gone_at = ?", (at,))


def gone_at(path: Path) -> object:
    return rows(path, "SELECT gone_at FROM image")[0][0]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a database that shows an image."""
    return one_picture(tmp_path / "here.db", 1, cloud_answers("A cat.", "cat"))


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """Return another that shows the same one."""
    return one_picture(tmp_path / "there.db", 1, cloud_answers("A cat.", "cat"))


def test_an_image_that_a_shard_has_lost_since_is_gone(here: Path, there: Path) -> None:
    """The shard is listed each night, and the database of all never is."""
    lose(there, "2026-11-24")

    merge(here, there)

    assert gone_at(here) == "2026-11-24"
    assert rows(here, "SELECT count(*) FROM image_fts") == [(0,)]


def test_an_image_that_has_come_back_since_is_there(here: Path, there: Path) -> None:
    """A disk was not mounted in one night, and was in the next."""
    lose(here, "2026-11-23")
    list_again(there, "2026-11-24")

    merge(here, there)

    assert gone_at(here) is None
    assert rows(here, "SELECT count(*) FROM image_fts") == [(1,)]


def test_older_knowledge_changes_nothing(here: Path, there: Path) -> None:
    """An artifact of last week, merged by mistake."""
    lose(there, "2026-11-23")
    list_again(here, "2026-11-24")

    merge(here, there)

    assert gone_at(here) is None


@pytest.mark.parametrize(
    ("run", "is_gone"),
    [
        ({"source": "file:///elsewhere/"}, True),
        ({"shard": "1/2"}, True),
        ({"shard": "2/2"}, False),
        ({}, False),
    ],
)
def test_only_a_run_that_listed_the_image_tells(
    here: Path, there: Path, run: dict[str, str], *, is_gone: bool
) -> None:
    """One of another folder, or of another shard, has not looked."""
    lose(there, "2026-11-23")
    list_again(here, "2026-11-24", **run)

    merge(here, there)

    assert (gone_at(here) is not None) == is_gone


def test_a_run_that_was_to_look_at_some_images_tells_of_none(
    here: Path, there: Path
) -> None:
    """With --limit, for one, it may have ended before the image."""
    lose(there, "2026-11-23")
    list_again(here, "2026-11-24")
    with changing(here) as connection:
        connection.execute('UPDATE run SET options_json = \'{"lists_some":"true"}\'')

    merge(here, there)

    assert gone_at(here) == "2026-11-23"


def test_a_place_shows_what_was_seen_there_last(here: Path, tmp_path: Path) -> None:
    """The picture it showed before is found there no more."""
    there = one_picture(tmp_path / "new.db", 2, cloud_answers("A dog.", "dog"), URI)
    list_again(there, "2026-11-24")
    with changing(there) as connection:
        connection.execute("UPDATE image SET first_seen_at = '2026-11-20'")

    merge(here, there)

    shown = "SELECT picture_hash, first_seen_at FROM image"
    assert rows(here, shown) == [(f"p1-{2:064x}", "2026-11-20")]
    assert rows(here, "SELECT caption FROM image_fts") == [("A dog.",)]
    assert rows(here, "SELECT count(*) FROM picture") == [(2,)]


def fail(connection: sqlite3.Connection, task: Task | None, day: int) -> None:
    """Write down that the picture, or the image, was given up."""
    failure = Failure(
        SourceImage(URI, 1, 1, None),
        Reason.REJECTED,
        "no",
        is_permanent=False,
        is_skip=False,
        task=task,
        picture_hash=f"p1-{1:064x}",
    )
    add_failure(connection, f"of day {day}", failure, AT.replace(day=day))


@pytest.mark.parametrize("is_reversed", [False, True])
def test_one_failure_of_an_image_is_open(tmp_path: Path, *, is_reversed: bool) -> None:
    """The newer one; the older counts as resolved by it. Both stay on record."""
    sources = []
    for day in (20, 21):
        path = tmp_path / f"{day}.db"
        with changing(path) as connection:
            fail(connection, None, day)
        sources.append(path)
    target = tmp_path / "all.db"

    for _ in range(2):
        merge(target, *(reversed(sources) if is_reversed else sources))
        found = rows(target, "SELECT run, resolved_at FROM failure ORDER BY run")
        assert found == [
            ("of day 20", "2026-11-21T12:00:00.000Z"),
            ("of day 21", None),
        ]


def test_what_another_database_has_an_answer_to_is_no_failure(
    here: Path, tmp_path: Path
) -> None:
    """As if the next run had been answered."""
    there = tmp_path / "there.db"
    with changing(there) as connection:
        classify(connection, URI, 1, [])
        fail(connection, Task.LABELS, 20)
        fail(connection, Task.NSFW, 20)

    merge(here, there)

    open_ones = "SELECT task FROM failure WHERE resolved_at IS NULL"
    assert rows(here, open_ones) == [("nsfw",)]


def test_a_failure_that_was_open_is_brought_up_to_date(tmp_path: Path) -> None:
    """It failed once more, and was resolved then."""
    target, source = tmp_path / "all.db", tmp_path / "1.db"
    with changing(source) as connection:
        fail(connection, None, 20)
    merge(target, source)
    with changing(source) as connection:
        fail(connection, None, 21)
    merge(target, source)
    found = "SELECT attempts, resolved_at FROM failure"
    assert rows(target, found) == [(2, None)]
    with changing(source) as connection:
        connection.execute("UPDATE failure SET resolved_at = '2026-11-22'")
    merge(target, source)
    assert rows(target, found) == [(2, "2026-11-22")]
