"""Filters: what passes, and that they are applied before anything is ranked."""

import sqlite3
from pathlib import Path

import pytest

from imgai.domain.filters import Filter, LabelIs, Under
from imgai.domain.matches import Found, Search, SearchMode
from imgai.domain.query_language import parse_query
from imgai.search.filters import located
from imgai.search.find import find_known
from imgai.store.images import mark_gone
from imgai.store.nearest import nearest
from imgai.store.vectors import known_spaces
from tests.search.library import NOW, Said, add, unit

HERE = Path("/photos")


@pytest.fixture
def library(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a database with a cat, a dog and a glass of wine, from three years."""
    add(
        connection,
        "file:///photos/holiday/cat%20one.jpg",
        Said(["cat", "wine bottle"], "a cat on a red car", unit(1.0)),
        colours=["dark orange"],
    )
    add(connection, "r2://bucket/dogs/rex.jpg", Said(["dog"], None), colours=["grey"])
    add(
        connection,
        "file:///photos/glass.png",
        Said(["wine glass"], "a red glass, a car"),
        colours=["teal", "red"],
    )
    for uri, taken_at, kind in (
        ("file:///photos/holiday/cat%20one.jpg", "2023-07-01T12:00:00", "jpeg"),
        ("r2://bucket/dogs/rex.jpg", None, "jpeg"),
        ("file:///photos/glass.png", "2025-01-31T23:00:00", "png"),
    ):
        connection.execute(
            "UPDATE image SET taken_at = ?, format = ?, mtime_ns = NULL WHERE uri = ?",
            (taken_at, kind, uri),
        )
    return connection


def found(connection: sqlite3.Connection, text: str) -> set[str]:
    """Return the names of what a query finds, by words."""
    return {one.uri.rpartition("/")[2][:3] for one in search(connection, text).matches}


def search(connection: sqlite3.Connection, text: str, limit: int = 20) -> Found:
    """Search by words."""
    query = parse_query(text)
    filters = located(query.filters, HERE)
    asked = Search(query.text, SearchMode.TEXT, limit, filters=filters)
    answer = find_known(connection, asked)
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("label:cat", {"cat"}),
        ("label:CAT", {"cat"}),
        ('label:"wine glass"', {"gla"}),
        ("label:wine", set()),
        ("-label:cat", {"rex", "gla"}),
        ('"red car"', {"cat"}),
        ("red car", {"cat", "gla"}),
        ("car -cat", {"gla"}),
        ("-cats", {"rex", "gla"}),
        ("colour:orange", {"cat"}),
        ("colour:teal colour:red", {"gla"}),
        ("colour:grey>10%", {"rex"}),
        ("colour:grey>30%", set()),
        ("colour:grey<5%", {"cat", "gla"}),
        ("after:2025", {"gla", "rex"}),
        ("after:2023-07-01 before:2023-07-02", {"cat"}),
        ("before:2025", {"cat"}),
        ("under:holiday", {"cat"}),
        ("under:Holiday/", {"cat"}),
        ("under:photos/holiday", {"cat"}),
        ("under:holi", set()),
        ("under:./holiday", {"cat"}),
        ("under:/photos", {"cat", "gla"}),
        ("under:/photo", set()),
        ("under:file:///photos/holiday", {"cat"}),
        ("under:r2://bucket/dogs", {"rex"}),
        ("-under:/photos", {"rex"}),
        ("format:png", {"gla"}),
        ("score:>0.8", {"cat", "rex", "gla"}),
        ("score:>0.95", set()),
        ("label:cat score:<1", {"cat"}),
        ("has:caption", {"cat", "gla"}),
        ("-has:caption", {"rex"}),
        ("has:embedding", {"cat"}),
        ("has:date format:png", {"gla"}),
        ("is:truncated", set()),
        ("is:failed", set()),
    ],
)
def test_a_filter_lets_pass_what_it_says(
    library: sqlite3.Connection, text: str, names: set[str]
) -> None:
    """Alone it finds all that pass; what the camera did not date is as old as seen."""
    assert found(library, text) == names


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [("#fa8e0c", True), ("#ff8020", True), ("#0a7c7c", False), ("#be5414", False)],
)
def test_a_colour_by_value_is_one_that_looks_near(
    library: sqlite3.Connection, asked: str, *, is_found: bool
) -> None:
    """Whatever either is called: distances are those of CIELAB."""
    swatch = '[{"hex": "#ff8c14", "name": "orange", "share": 0.4}]'
    library.execute("UPDATE picture SET colours_json = ? WHERE id = 1", (swatch,))
    library.execute("UPDATE image_fts SET colours = 'orange' WHERE rowid = 1")

    assert ("cat" in found(library, f"colour:{asked}>30%")) is is_found
    assert "cat" not in found(library, f"colour:{asked}>50%")


def test_filters_are_applied_before_the_best_are_chosen(
    connection: sqlite3.Connection,
) -> None:
    """One that passes is found, however many others rank above it."""
    for number in range(300):
        said = Said(["cat"], "a cat cat cat", unit(1.0))
        add(connection, f"file:///other/{number}.jpg", said)
    wanted = add(
        connection,
        "file:///mine/last.jpg",
        Said(["cat"], "a cat behind very many words", unit(1.0, 1.0)),
    )

    (match,) = search(connection, "cat under:mine", limit=1).matches
    ((space_id, *_),) = ((one,) for one in known_spaces(connection).values())
    near = nearest(connection, space_id, unit(1.0), 1, frozenset({wanted}))

    assert match.uri == "file:///mine/last.jpg"
    assert [picture_id for picture_id, _ in near] == [wanted]


def test_a_picture_is_shown_where_it_passes(library: sqlite3.Connection) -> None:
    """Not where another of its images is: a path is used."""
    copy = "file:///photos/album/copy.jpg"
    add(library, copy, picture_hash="file:///photos/glass.png")

    assert [one.uri for one in search(library, "under:album").matches] == [copy]


def test_what_is_gone_does_not_pass(library: sqlite3.Connection) -> None:
    """Its answers are kept, and not found."""
    mark_gone(library, [1], NOW)

    assert found(library, "label:cat") == set()
    assert found(library, "has:caption") == {"gla"}


def test_a_label_that_nobody_has_is_remarked_on(library: sqlite3.Connection) -> None:
    """With those that have such a word: the rest of the name may have been lost."""
    (note,) = search(library, "label:wine").notes

    assert note.startswith('No picture has the label "wine".')
    assert "wine bottle" in note
    assert "wine glass" in note


def test_a_failed_picture_is_found_and_unread_images_are_counted(
    library: sqlite3.Connection,
) -> None:
    """What could not be read is no picture, and cannot be a match."""
    for uri, task in (("r2://bucket/dogs/rex.jpg", "caption"), ("file:///x", None)):
        library.execute(
            "INSERT INTO failure (id, run, uri, task, error, message, permanent,"
            " attempts, failed_at) VALUES (?, 'r', ?, ?, 'corrupt', '', 1, 1, '2026')",
            (uri, uri, task),
        )

    answer = search(library, "is:failed")

    assert [one.uri for one in answer.matches] == ["r2://bucket/dogs/rex.jpg"]
    assert answer.notes[0].startswith("1 more could not be read")


def test_filters_of_options_and_of_the_query_are_one_kind() -> None:
    """A folder is written like a URI, everything else stays as it was."""
    filters = (Filter(Under("./my trip")), Filter(LabelIs("cat")))

    assert located(filters, HERE) == (
        Filter(Under("file:///photos/my%20trip")),
        Filter(LabelIs("cat")),
    )
