"""Captions are English."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imgai.models.local.coco import LABELS
from imgai.models.local.colouring import COLOURS
from imgai.models.local.grammar import (
    Noun,
    article,
    is_person,
    listing,
    phrase,
    plural,
    sentence,
)
from imgai.models.local.imagenet import PEOPLE, read_classes

NAMES = read_classes().names
PEOPLES_NAMES = ["person", *(NAMES[number] for number in PEOPLE)]


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        (Noun("cat"), "a cat"),
        (Noun("orange"), "an orange"),
        (Noun("orange", colours=("orange",)), "an orange"),
        (Noun("hourglass"), "an hourglass"),
        (Noun("unicycle"), "a unicycle"),
        (Noun("European gallinule"), "a European gallinule"),
        (Noun("umbrella", colours=("blue",)), "a blue umbrella"),
        (Noun("cat", colours=("orange",)), "an orange cat"),
        (Noun("tabby cat", colours=("ginger",)), "a ginger tabby cat"),
        (Noun("brown bear", colours=("brown",)), "a brown bear"),
        (Noun("dog", colours=("black", "brown")), "a black and brown dog"),
        (Noun("person", 2), "two people"),
        (Noun("dog", 3, ("white",)), "three white dogs"),
        (Noun("knife", 2), "two knives"),
        (Noun("sheep", 4), "four sheep"),
        (Noun("mouse", 2), "two mice"),
        (Noun("bus", 2), "two buses"),
        (Noun("couch", 2), "two couches"),
        (Noun("wine glass", 2), "two wine glasses"),
        (Noun("teddy bear", 5), "five teddy bears"),
        (Noun("butterfly", 2), "two butterflies"),
        (Noun("toy", 2), "two toys"),
        (Noun("person", 7), "several people"),
        (Noun("person", 15), "many people"),
        (Noun("scissors"), "a pair of scissors"),
        (Noun("skis", 2), "two pairs of skis"),
        (Noun("tv"), "a TV"),
        (Noun("tv", 2), "two TVs"),
        (Noun("broccoli", 3), "broccoli"),
        (Noun("sunglasses"), "sunglasses"),
        (Noun("bird", 1, ("blue",), "jay"), "a blue bird, perhaps a jay"),
        (Noun("", perhaps="alp"), "perhaps an alp"),
    ],
)
def test_nouns_are_said_as_people_say_them(noun: Noun, expected: str) -> None:
    """Articles, numbers, plurals and colours fit together."""
    assert phrase(noun) == expected


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [
        (["a cat"], "a cat"),
        (["a cat", "a dog"], "a cat and a dog"),
        (["a cat", "a dog", "two people"], "a cat, a dog and two people"),
    ],
)
def test_lists_end_with_and(phrases: list[str], expected: str) -> None:
    """Commas between, "and" before the last."""
    assert listing(phrases) == expected


def test_a_sentence_begins_with_a_capital_and_keeps_the_others() -> None:
    """`str.capitalize` would spoil names."""
    assert sentence("a German shepherd") == "A German shepherd."


@given(
    name=st.sampled_from(PEOPLES_NAMES),
    before=st.sampled_from(["", "young ", "Old "]),
    count=st.integers(1, 20),
    colours=st.lists(st.sampled_from(COLOURS), max_size=2).map(tuple),
)
def test_a_person_is_never_given_a_colour(
    name: str, before: str, count: int, colours: tuple[str, ...]
) -> None:
    """Not even if asked to: clothes and shadows would name somebody's skin."""
    said = phrase(Noun(before + name, count, colours))

    assert is_person(before + name)
    assert set(said.split()).isdisjoint(COLOURS)


def doubled(said: str) -> set[str]:
    """Return the words that follow themselves."""
    return {one for one, after in itertools.pairwise(said.split()) if one == after}


@given(
    name=st.sampled_from([*LABELS, *NAMES]),
    count=st.integers(1, 20),
    colours=st.lists(st.sampled_from(COLOURS), max_size=2, unique=True).map(tuple),
)
@example(name="chow chow", count=1, colours=())
def test_no_word_follows_itself(
    name: str, count: int, colours: tuple[str, ...]
) -> None:
    """No "an orange orange", whichever label meets whichever colour.

    But for what is called so: a chow chow.
    """
    said = phrase(Noun(name, count, colours))
    assert doubled(said) <= doubled(name)


@given(word=st.sampled_from([*LABELS, *NAMES]))
def test_article_and_plural_are_defined_for_every_label(word: str) -> None:
    """No label of either network leaves a caption without a form of it."""
    assert article(word) in {"a", "an"}
    assert plural(word) != ""
