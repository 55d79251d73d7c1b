"""Labels and captions of scenes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.predictions import Box
from imgai.models.local.coco import LABELS, PERSON
from imgai.models.local.colouring import COLOURS
from imgai.models.local.grammar import is_person
from imgai.models.local.imagenet import read_classes
from imgai.models.local.scene import Scene, Thing
from imgai.models.local.wording import Wording

CLASSES = read_classes()
WORDING = Wording(CLASSES)
MIDDLE = Box(0.25, 0.25, 0.75, 0.75)
NUMBER = {name: number for number, name in enumerate(CLASSES.names)}


def scene(
    *things: Thing,
    classes: dict[str, float] | None = None,
    colours: tuple[str, ...] = ("grey", "blue"),
    is_monochrome: bool = False,
) -> Scene:
    """Return a scene with these things and classes."""
    probabilities = np.zeros(1000, np.float32)
    for name, probability in (classes or {}).items():
        probabilities[NUMBER[name]] = probability
    return Scene(things, probabilities, colours, is_monochrome)


def thing(
    label: str,
    *colours: str,
    kind: str | None = None,
    kind_score: float = 0.0,
    box: Box = MIDDLE,
) -> Thing:
    """Return a thing seen at 0.8."""
    number = NUMBER[kind] if kind else None
    return Thing(label, 0.8, box, colours, number, kind_score)


@pytest.mark.parametrize(
    ("seen", "caption"),
    [
        (
            scene(thing("cat", "ginger", kind="tabby cat", kind_score=0.9)),
            "A ginger tabby cat.",
        ),
        (
            scene(thing("bird", "orange", kind="jacamar", kind_score=0.6)),
            "An orange bird, perhaps a jacamar.",
        ),
        (scene(thing("bird", kind="jacamar", kind_score=0.4)), "A bird."),
        (
            scene(thing("horse"), thing("horse"), thing("person")),
            "Two horses and a person.",
        ),
        (scene(thing("dog", "black"), thing("dog", "white")), "Two dogs."),
        (scene(thing("dog", "black"), thing("dog", "black")), "Two black dogs."),
        (scene(classes={"castle": 0.8}), "A castle."),
        (scene(classes={"castle": 0.6}), "A building, perhaps a castle."),
        (scene(classes={"hourglass": 0.6}), "Perhaps an hourglass."),
        (
            scene(thing("person"), classes={"cello": 0.8}),
            "A person and a cello.",
        ),
        (
            scene(classes={"beagle": 0.4, "basset": 0.4}),
            "A dog.",
        ),
        (
            scene(thing("cup"), classes={"espresso": 0.8}),
            "A cup and an espresso.",
        ),
        (scene(thing("dog"), is_monochrome=True), "A dog in black and white."),
        (scene(), "A picture mostly in grey and blue."),
        (scene(colours=()), "A picture in many colours."),
        (scene(is_monochrome=True), "A picture in black and white."),
    ],
)
def test_captions_say_what_is_seen_and_no_more(seen: Scene, caption: str) -> None:
    """What is sure is stated, what is likely gets a perhaps, the rest is left out."""
    assert WORDING.caption(seen).text == caption


def test_larger_things_are_named_first() -> None:
    """The dog that fills the picture comes before the ball."""
    small = Box(0, 0, 0.1, 0.1)
    seen = scene(thing("sports ball", box=small), thing("dog"))
    assert WORDING.caption(seen).text == "A dog and a sports ball."


def test_labels_hold_things_classes_and_groups_best_first() -> None:
    """A thing has its box; what is said of the whole picture has none."""
    seen = scene(thing("dog"), classes={"beagle": 0.5, "basset": 0.4, "hay": 0.005})

    labels = WORDING.labels(seen).detections

    assert [(found.label, found.box) for found in labels] == [
        ("dog", None),
        ("dog", MIDDLE),
        ("beagle", None),
        ("basset", None),
    ]


def test_a_group_that_is_unlikely_is_no_label() -> None:
    """Twenty small doubts about terriers do not make a dog."""
    labels = WORDING.labels(scene(classes={"beagle": 0.1, "basset": 0.1})).detections
    assert {found.label for found in labels} == {"beagle", "basset"}


THINGS = st.builds(
    lambda label, colours, kind, score: thing(
        label, *colours, kind=kind if label != PERSON else None, kind_score=score
    ),
    st.sampled_from([PERSON, *LABELS]),
    st.lists(st.sampled_from(COLOURS), max_size=2, unique=True),
    st.sampled_from(CLASSES.names),
    st.floats(0, 1),
)


@given(
    things=st.lists(THINGS, max_size=6),
    classes=st.dictionaries(
        st.sampled_from(CLASSES.names), st.floats(0, 1), max_size=3
    ),
)
def test_no_caption_gives_a_person_a_colour(
    things: list[Thing], classes: dict[str, float]
) -> None:
    """Not even of a scene that wrongly holds one: the last door is shut as well."""
    text = WORDING.caption(scene(*things, classes=classes)).text

    assert text[0].isupper()
    assert text.endswith(".")
    for part in text.rstrip(".").lower().replace(" and a", ", a").split(", "):
        if is_person(part):
            words = set(part.split(" and ")[-1].split())
            assert words.isdisjoint(COLOURS)
