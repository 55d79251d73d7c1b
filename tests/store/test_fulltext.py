"""Full text: what is indexed of a picture, and what finds it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgai.domain.images import OwnWords
from imgai.domain.query import MOST_WORDS, query_words
from imgai.store import fulltext
from imgai.store.connection import open_for_writing
from imgai.store.fulltext import (
    Evidence,
    check_fulltext,
    index_picture,
    match_words,
    matched_words,
    name_words,
)
from imgai.store.images import mark_gone
from tests.search.library import NOW, Said, add


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database, in a transaction that is never committed."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def found(
    connection: sqlite3.Connection, query: str, evidence: Evidence = Evidence.ALL
) -> list[int]:
    words = query_words(query)
    return [one for one, _ in match_words(connection, words, 20, evidence)]


def test_every_column_is_found_and_labels_count_most(
    connection: sqlite3.Connection,
) -> None:
    """A label says that the thing is there; a colour merely that it is common."""
    colour = add(connection, "file:///a.jpg", Said(["dog"]), colours=["orange"])
    name = add(connection, "file:///orange.jpg", Said(["dog"]))
    caption = add(connection, "file:///c.jpg", Said(["dog"], "an orange"))
    label = add(connection, "file:///d.jpg", Said(["orange"]))

    assert found(connection, "orange") == [label, caption, name, colour]


def test_what_people_wrote_into_the_picture_is_found(
    connection: sqlite3.Connection,
) -> None:
    """Keywords, title and description, apart from what models say, of every image."""
    words = OwnWords(("Grandmother", "Zürich"), "Summer", "Her 80th birthday.")
    picture = add(connection, "file:///a.jpg", Said(["cake"]), words=words)
    add(connection, "r2://b/copy.jpg", Said(["cake"]), picture_hash="file:///a.jpg")

    for query in ("grandmother", "zurich", "summer", "birthdays", "grandmother cake"):
        assert found(connection, query, Evidence.SUBJECT) == [picture]
    row = connection.execute("SELECT labels, own_words FROM image_fts").fetchone()
    assert row == ("cake", "Grandmother; Zürich; Summer; Her 80th birthday.")


@pytest.mark.parametrize(
    "query", ["cats", "Cat", "CAT", "(cat!)", "a photo of the cat"]
)
def test_a_word_is_found_in_any_form(
    connection: sqlite3.Connection, query: str
) -> None:
    """Stems are compared, case and stop words do not matter."""
    cat = add(connection, "file:///a.jpg", Said(["cat"], "one cat asleep"))

    assert found(connection, query) == [cat]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("IMG_0412.jpg", "IMG_0412"),
        ("IMG_0412.jpg", "0412"),
        ("IMG0412.jpg", "0412"),
        ("IMG0412.jpg", "img0412"),
        ("GingerCat.jpg", "ginger"),
        ("Z%C3%BCrich%20See.jpg", "Zürich"),
        ("Z%C3%BCrich%20See.jpg", "zurich"),
        ("%FF%FEodd.jpg", "odd"),
        ("noextension", "noextension"),
    ],
)
def test_names_are_found_whole_and_by_their_parts(
    connection: sqlite3.Connection, name: str, query: str
) -> None:
    """People remember "0412" or the whole name, and percent signs never."""
    picture = add(connection, f"file:///photos/{name}")

    assert found(connection, query) == [picture]


def test_the_extension_and_the_folder_are_not_words() -> None:
    """Else "jpg" and "photos" would find everything."""
    assert name_words("r2://photos/2024/IMG_0412.jpg") == "IMG_0412"


def test_all_words_have_to_match_unless_any_will_do(
    connection: sqlite3.Connection,
) -> None:
    """Not every cat is a "ginger cat"; but a cat is better than nothing."""
    ginger = add(connection, "file:///a.jpg", Said(["cat"], "a ginger cat"))
    grey = add(connection, "file:///b.jpg", Said(["cat"], "a grey cat"))

    assert found(connection, "ginger cat") == [ginger]
    assert found(connection, "ginger cat", Evidence.ANY) == [ginger, grey]


def test_colours_and_names_can_be_kept_from_making_a_match(
    connection: sqlite3.Connection,
) -> None:
    """They sharpen a match of the subject, and are no match by themselves."""
    cat = add(connection, "file:///a.jpg", Said(["cat"]), colours=["orange"])
    named = add(connection, "file:///orange_cat.jpg", Said(["dog"]))
    coloured = add(connection, "file:///c.jpg", Said(["dog"]), colours=["orange"])

    assert found(connection, "orange cat", Evidence.SUBJECT) == [cat]
    assert found(connection, "orange", Evidence.SUBJECT) == []
    assert found(connection, "orange", Evidence.NAMED) == [named]
    assert set(found(connection, "orange")) == {cat, named, coloured}


def test_a_picture_is_found_while_one_of_its_images_is_there(
    connection: sqlite3.Connection,
) -> None:
    """Gone images leave the results, and their names with them."""
    cat = add(connection, "file:///one.jpg", Said(["cat"]), picture_hash="x")
    add(connection, "file:///two.jpg", Said(["cat"]), picture_hash="x")

    mark_gone(connection, [1], NOW)
    assert found(connection, "cat") == [cat]
    assert found(connection, "one") == []

    mark_gone(connection, [2], NOW)
    assert found(connection, "cat") == []


def test_what_is_no_longer_said_is_no_longer_found(
    connection: sqlite3.Connection,
) -> None:
    """The row is written anew with each change, and the index stays sound."""
    picture = add(connection, "file:///a.jpg", Said(["cat"]))
    add(connection, "file:///a.jpg", Said(["dog"]))

    assert found(connection, "cat") == []
    assert found(connection, "dog") == [picture]
    assert check_fulltext(connection) == ""


def test_the_index_can_be_checked(connection: sqlite3.Connection) -> None:
    """A damaged index is noticed, so that `doctor` can name the remedy."""
    add(connection, "file:///a.jpg", Said(["cat"]))
    connection.execute("UPDATE image_fts_content SET c0 = 'dog'")

    assert check_fulltext(connection) != ""


def test_a_picture_that_does_not_exist_has_no_text(
    connection: sqlite3.Connection,
) -> None:
    """Indexing what was just forgotten is no error."""
    index_picture(connection, 7)

    assert found(connection, "7") == []


def test_only_the_newest_of_very_many_are_ranked(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bm25 takes 1 µs a match: an answer in time beats a perfect order."""
    pictures = [add(connection, f"file:///{n}.jpg", Said(["sky"])) for n in range(6)]
    monkeypatch.setattr(fulltext, "_MATCH", fulltext._MATCH.replace("10000", "4"))  # noqa: SLF001

    assert set(found(connection, "sky")) == set(pictures[2:])


def test_a_common_word_does_not_crowd_out_a_rare_one(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of "sky accordion", the one old accordion is what was meant."""
    accordion = add(connection, "file:///a.jpg", Said(["accordion"]))
    for n in range(6):
        add(connection, f"file:///{n}.jpg", Said(["sky"]))
    monkeypatch.setattr(fulltext, "_MOST_SCORED", 4)

    assert found(connection, "sky accordion", Evidence.ANY) == [accordion]


@pytest.mark.parametrize("few", [1, 1_000])
def test_pictures_are_chosen_before_they_are_ranked(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """A filter never eats the results: as many come back as there are."""
    monkeypatch.setattr(fulltext, "_FEW", few)
    cats = [add(connection, f"file:///{n}.jpg", Said(["cat"])) for n in range(9)]
    chosen = {cats[6], cats[8]}

    ranked = match_words(connection, ["cat"], 2, among=chosen)

    assert {picture_id for picture_id, _ in ranked} == chosen
    assert match_words(connection, ["cat"], 2, among=()) == []


def test_the_words_that_matched_are_told(connection: sqlite3.Connection) -> None:
    """`--explain` shows them."""
    cat = add(connection, "file:///a.jpg", Said(["cat"], "a cat on a sofa"))
    dog = add(connection, "file:///b.jpg", Said(["dog"]))

    told = matched_words(connection, ["sofas", "bird", "cat"], [cat, dog])

    assert told == {cat: ("sofas", "cat"), dog: ()}


NATURAL = [
    *("it's", "C++", "50%", "-cat", "http://example.org/a?b=c", "", '"', '""', "'"),
    *("cat AND", "AND", "OR OR", "NOT cat", "NEAR(a b)", "cat*", "*", "(", "a:b"),
    *("labels:cat", "{a b}:c", "^cat", "cat + dog", "🐈", "猫", "\0", "a\0b", "\ud800"),
    *("...", "a" * 10_000, " ".join(f"w{n}" for n in range(500))),
]


@pytest.mark.parametrize("query", NATURAL, ids=range(len(NATURAL)))
@pytest.mark.parametrize("evidence", Evidence)
def test_what_people_type_is_never_a_syntax_error(
    connection: sqlite3.Connection, query: str, evidence: Evidence
) -> None:
    """Most of these are errors to SQLite, unless every word is quoted."""
    add(connection, "file:///a.jpg", Said(["cat"]))

    assert len(query_words(query)) <= MOST_WORDS
    assert len(found(connection, query, evidence)) <= 1


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=st.text(st.characters()), evidence=st.sampled_from(Evidence))
def test_any_text_is_a_valid_query(
    connection: sqlite3.Connection, query: str, evidence: Evidence
) -> None:
    """Whatever it holds, it is searched for."""
    found(connection, query, evidence)


@given(words=st.lists(st.sampled_from(["cat", "Cat", "a", "the", "dog", "--"])))
def test_query_words_are_distinct_and_never_all_dropped(words: list[str]) -> None:
    """Stop words go only where something else stays."""
    kept = query_words(" ".join(words))

    assert len({word.casefold() for word in kept}) == len(kept)
    assert bool(kept) == any(word != "--" for word in words)
    if {"cat", "Cat", "dog"} & set(words):
        assert not {"a", "the"} & set(kept)
