"""Filters that ask of the places where a picture is: each on its own edge."""

import sqlite3
from pathlib import Path

import pytest

from imgai.domain.matches import Found, Search, SearchMode
from imgai.domain.query_language import parse_query
from imgai.search.filters import located
from imgai.search.find import find_known
from imgai.store.images import mark_gone
from tests.search.library import NOW, Said, add

FOLDERS = ("a", "a-b", "a_b", "axb", "100%", "100")


def search(connection: sqlite3.Connection, text: str) -> Found:
    """Search by filters alone."""
    query = parse_query(text)
    filters = located(query.filters, Path("/photos"))
    found = find_known(connection, Search("", SearchMode.TEXT, filters=filters))
    assert found is not None
    return found


def places(connection: sqlite3.Connection, text: str) -> set[str]:
    """Return the URIs that filters find."""
    return {one.uri for one in search(connection, text).matches}


def fail(
    connection: sqlite3.Connection,
    uri: str,
    task: str | None = None,
    picture_hash: str | None = None,
    *,
    is_skip: bool = False,
) -> None:
    """Write down that an image was given up."""
    connection.execute(
        "INSERT INTO failure (id, run, uri, task, picture_hash, skipped, error,"
        " message, permanent, attempts, failed_at)"
        " VALUES (?, 'r', ?, ?, ?, ?, 'corrupt', '', 1, 1, '2026')",
        (f"{uri} {task}", uri, task, picture_hash, is_skip),
    )


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/photos/a", "a"),
        ("/photos/a/", "a"),
        ("/photos/a/1.jpg", "a"),
        ("a", "a"),
        ("a_b", "a_b"),
        ("100%", "100%25"),
    ],
)
def test_a_folder_is_that_one_and_none_that_begins_like_it(
    connection: sqlite3.Connection, folder: str, name: str
) -> None:
    """Nor are an underline and a percent sign any letter, as SQL has them."""
    for one in FOLDERS:
        add(connection, f"file:///photos/{one.replace('%', '%25')}/1.jpg")

    assert places(connection, f"under:{folder}") == {f"file:///photos/{name}/1.jpg"}


def test_a_day_begins_with_its_first_moment_and_ends_before_the_next(
    connection: sqlite3.Connection,
) -> None:
    """So `after:` and `before:` of one moment part the library in two."""
    add(connection, "file:///a.jpg")
    connection.execute("UPDATE image SET taken_at = '2025-01-31T00:00:00'")

    assert places(connection, "after:2025-01-31") == {"file:///a.jpg"}
    assert places(connection, "before:2025-01-31") == set()
    assert places(connection, "before:2025-02 after:2025") == {"file:///a.jpg"}


def test_a_place_that_is_gone_does_not_pass_for_the_picture(
    connection: sqlite3.Connection,
) -> None:
    """The picture is there, and another image shows it."""
    add(connection, "file:///photos/old/1.jpg", picture_hash="p")
    add(connection, "file:///photos/new/1.jpg", picture_hash="p")
    mark_gone(connection, [1], NOW)

    assert places(connection, "under:old") == set()
    assert places(connection, "under:photos") == {"file:///photos/new/1.jpg"}


def test_what_failed_is_found_by_its_place_or_its_picture(
    connection: sqlite3.Connection,
) -> None:
    """Not by a place that is gone, nor because a file was passed over."""
    for name in ("place", "hash", "gone", "skipped", "fine"):
        add(connection, f"file:///{name}.jpg", Said(["cat"]))
    add(connection, "file:///copy-of-gone.jpg", picture_hash="file:///gone.jpg")
    mark_gone(connection, [3], NOW)
    fail(connection, "file:///place.jpg", "caption")
    fail(connection, "file:///elsewhere.jpg", "caption", "file:///hash.jpg")
    fail(connection, "file:///gone.jpg", "caption")
    fail(connection, "file:///skipped.jpg", None, "file:///skipped.jpg", is_skip=True)

    assert places(connection, "is:failed") == {"file:///place.jpg", "file:///hash.jpg"}


def test_an_image_that_failed_twice_is_counted_once(
    connection: sqlite3.Connection,
) -> None:
    """Of those that no picture is known of: the others can be found."""
    add(connection, "file:///known.jpg", Said(["cat"]))
    fail(connection, "file:///new.jpg", "labels", "file:///known.jpg")
    fail(connection, "file:///unread.jpg")
    fail(connection, "file:///unread.jpg", "caption")
    fail(connection, "file:///notes.txt", is_skip=True)

    (note,) = search(connection, "is:failed").notes

    assert note.startswith("1 more could not be read")
