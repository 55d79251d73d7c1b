"""The query language: what is a filter, what is a word, and where a filter breaks."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.filter_values import FORMATS, KEYS, option_condition
from imgai.domain.filters import (
    Before,
    ColourIs,
    Comparison,
    Condition,
    Filter,
    FormatIs,
    LabelIs,
    Mentions,
    Part,
    Query,
    ScoreIs,
    Since,
    State,
    Under,
)
from imgai.domain.query_language import parse_query
from imgai.errors import QueryError
from imgai.prepare.anatomy import Format

FIFTH = Comparison(">", 0.2)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("label:cat", LabelIs("cat")),
        ('label:"wine glass"', LabelIs("wine glass")),
        ("Label:cat", LabelIs("cat")),
        ("colour:orange", ColourIs("orange")),
        ("color:dark-gray", ColourIs("dark grey")),
        ('colour:"dark red">20%', ColourIs("dark red", FIFTH)),
        ("colour:teal>.2", ColourIs("teal", FIFTH)),
        ("colour:#0a7c7C", ColourIs((10, 124, 124))),
        ("colour:#fa0", ColourIs((255, 170, 0))),
        ("after:2024-05", Since("2024-05")),
        ("before:2024-02-29T18:00", Before("2024-02-29T18:00")),
        ("under:holiday/", Under("holiday/")),
        ("format:JPG", FormatIs("jpeg")),
        ("score:>=0.5", ScoreIs(Comparison(">=", 0.5))),
        ("is:failed", State.FAILED),
        ("has:caption", Part.CAPTION),
    ],
)
def test_what_begins_like_a_filter_is_one(text: str, condition: Condition) -> None:
    """Alone, among words, and turned round by a minus."""
    assert parse_query(text) == Query("", (Filter(condition),))
    assert parse_query(f"a {text} b") == Query("a b", (Filter(condition),))
    assert parse_query(f"-{text}") == Query("", (Filter(condition, is_negated=True),))


def test_every_format_that_the_database_keeps_can_be_asked_for() -> None:
    """Layers keep the two lists apart: what is read, and what may be asked."""
    assert set(FORMATS) == {one.value for one in Format}


def test_a_phrase_is_searched_for_and_has_to_be_there() -> None:
    """What stands behind a minus is not searched for."""
    query = parse_query('beach "red car" -crowd -"two dogs" well-known')

    assert query.text == "beach red car well-known"
    assert query.filters == (
        Filter(Mentions("red car")),
        Filter(Mentions("crowd"), is_negated=True),
        Filter(Mentions("two dogs"), is_negated=True),
    )


@pytest.mark.parametrize(
    "text",
    ["http://example.com", '5" pipe', "a:b", "-", "-- -", "C++", "50%", "it's", "#fff"],
)
def test_what_looks_like_no_filter_is_words(text: str) -> None:
    """Nobody has to learn the language to search."""
    assert parse_query(text) == Query(text)


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("after:2024-13", 12, "no month 13"),
        ("cat after:2024-02-30", 19, "no day 30"),
        ("after:yesterday", 7, "a date is meant"),
        ("after:2024-5", 11, "a date is meant"),
        ("before:2024-05-01T25:00", 19, "no hour 25"),
        ("colour:#12345", 14, "hexadecimal"),
        ("colour:#12g", 11, "hexadecimal"),
        ("colour:octarine", 8, "no colour is called octarine"),
        ("colour:teal>x", 13, "a share"),
        ("colour:teal>120%", 13, "a share"),
        ("score:0.5", 7, "compared"),
        ("score:>2", 8, "0 to 1"),
        ("score:>0.5x", 11, "0 to 1"),
        ("is:happy", 4, "failed, truncated"),
        ("-has:wings", 6, "caption"),
        ("format:doc", 8, "jpeg"),
        ("label:", 7, "missing"),
        ('label:""', 8, "missing"),
        ('label:"wine', 7, "never closed"),
    ],
)
def test_a_malformed_filter_is_named_with_the_character_it_broke_at(
    text: str, at: int, why: str
) -> None:
    """Counted from 1, in the whole query."""
    with pytest.raises(QueryError) as refused:
        parse_query(text)

    assert f"breaks at character {at} (" in str(refused.value)
    assert why in str(refused.value)


def test_an_option_breaks_at_a_character_as_well() -> None:
    """The options are the same filters."""
    assert option_condition("--label", "wine glass") == LabelIs("wine glass")
    assert option_condition("--label", "caf\udce9") == LabelIs("caf?")
    with pytest.raises(QueryError, match=r"--after 2024-13 breaks at character 14"):
        option_condition("--after", "2024-13")


@given(st.text())
def test_any_text_is_a_query_unless_it_names_a_filter(text: str) -> None:
    """No text is refused for its quotes, minuses, spaces or halves of characters."""
    plain = text.replace(":", ";")

    query = parse_query(plain)

    query.text.encode()
    assert "\0" not in query.text
    assert all(isinstance(one.condition, Mentions) for one in query.filters)


WORDS = st.text(st.characters(blacklist_characters='"-:', categories=["L", "N", "P"]))


@given(st.lists(WORDS.filter(bool), min_size=1))
def test_plain_words_come_out_as_they_went_in(words: list[str]) -> None:
    """Without quote, minus and colon there is nothing to take apart."""
    assert parse_query(" ".join(words)) == Query(" ".join(words))


@given(st.sampled_from(KEYS), st.text())
def test_a_filter_is_understood_or_refused(key: str, value: str) -> None:
    """Whatever stands behind the colon, no other error is raised."""
    with suppress(QueryError):
        query = parse_query(f"{key}:{value}")
        assert query.filters
