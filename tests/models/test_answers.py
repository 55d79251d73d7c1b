"""Answers of hosted models: read strictly, cleaned, and never a crash."""

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.predictions import Box, Caption, Detection, Labels, VectorSpace
from imgai.errors import BadAnswer
from imgai.models.answers import (
    LONGEST_CAPTION,
    LONGEST_LABEL,
    cleaned,
    read_caption,
    read_labels,
    read_vectors,
    read_vectors_of_any_pooling,
)
from tests.models.prepared import prepared_image

SENT = prepared_image(width=200, height=100)
SPACE = VectorSpace("@cf/test", "cls", 3)
CAT = {
    "score": 0.9,
    "label": "cat",
    "box": {"xmin": 20, "ymin": 25, "xmax": 100, "ymax": 75.5},
}
CHAT: dict[str, Any] = {"choices": [{"message": {"content": "A cat."}}]}
VECTORS: dict[str, Any] = {"shape": [2, 3], "data": [[3, 4, 0], [0, 0, 1e-9]]}


def test_boxes_become_fractions_of_the_image_that_was_sent() -> None:
    """A box stays true whatever width a later run downscales to."""
    assert read_labels([CAT], SENT) == Labels(
        (Detection("cat", 0.9, Box(0.1, 0.25, 0.5, 0.755)),)
    )


def test_boxes_may_come_as_fractions_already() -> None:
    """No page of the host's says which; what ends at the first pixel is no object."""
    box = {"xmin": 0.1, "ymin": 0.25, "xmax": 0.5, "ymax": 1.001}
    labels = read_labels([{**CAT, "box": box}, {"label": "sky", "score": 0.5}], SENT)

    assert labels.detections[0].box == Box(0.1, 0.25, 0.5, 1)


def test_a_small_box_among_others_is_in_pixels_like_them() -> None:
    """One answer has one unit."""
    small = {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}
    labels = read_labels([{**CAT, "box": small}, CAT], SENT)

    assert labels.detections[0].box == Box(0, 0, 0.005, 0.01)


def test_boxes_are_clamped_to_the_image() -> None:
    """Detectors let boxes reach a little over the edge."""
    box = {"xmin": -5, "ymin": -1e9, "xmax": 201, "ymax": 1e308}
    labels = read_labels([{**CAT, "box": box}], SENT)

    assert labels.detections[0].box == Box(0, 0, 1, 1)


def test_labels_come_best_first_and_those_that_say_nothing_are_dropped() -> None:
    """The order is not documented, and detectors pad their answers."""
    result = [
        {"label": "dog", "score": 0.2},
        {"label": "noise", "score": 0.009},
        {"label": " \u200b\x00 ", "score": 0.99},
        {"label": "cat", "score": 1.0004},
    ]

    assert read_labels(result, SENT) == Labels(
        (Detection("cat", 1.0), Detection("dog", 0.2))
    )


def test_no_object_is_an_answer_too() -> None:
    """A picture of the sky has no labels, and is not asked about again."""
    assert read_labels([], SENT) == Labels(())


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        "cat",
        ["cat"],
        [None],
        [{"label": "cat"}],
        [{"score": 0.9}],
        [{"label": 3, "score": 0.9}],
        [{"label": "cat", "score": "0.9"}],
        [{"label": "cat", "score": True}],
        [{"label": "cat", "score": 1.5}],
        [{"label": "cat", "score": -0.5}],
        [{"label": "cat", "score": math.inf}],
        [{"label": "cat", "score": 10**400}],
        [{**CAT, "box": []}],
        [{**CAT, "box": {}}],
        [{**CAT, "box": {"xmin": 9, "ymin": 0, "xmax": 3, "ymax": 1}}],
        [{**CAT, "box": {"xmin": None, "ymin": 0, "xmax": 3, "ymax": 1}}],
        [{"label": "cat", "score": 0.9}] * 5_000,
    ],
)
def test_labels_of_the_wrong_shape_are_a_bad_answer(result: object) -> None:
    """What is stored is an answer, or nothing."""
    with pytest.raises(BadAnswer):
        read_labels(result, SENT)


@pytest.mark.parametrize(
    "result",
    [
        {"caption": "A cat."},
        {"description": " A cat."},
        {"response": "A cat.\n"},
        {"answer": "A cat.", "caption": None},
        CHAT,
        {"choices": [{"message": {"content": [{"type": "text", "text": "A cat."}]}}]},
        {"caption": '"A cat."'},
        {"caption": "“A cat.”"},
        {"caption": "**Caption:** *A cat.*"},
        {"caption": "# A cat."},
        {"caption": "- A cat."},
        {"caption": "`A cat.`</s>"},
        {"caption": "Image description: 'A\tcat.'<end_of_turn>"},
        {"caption": "A\x1b cat.\u202e"},
        {"caption": "<think>A dog?\nNo.</think>\n\nA cat."},
    ],
)
def test_a_caption_is_one_plain_sentence_wherever_it_stands(result: object) -> None:
    """Each kind of model has its own place and its own decoration."""
    assert read_caption(result, SENT) == Caption("A cat.")


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        ("It's a dog's life.", "It's a dog's life."),
        ("A sign says 'STOP'", "A sign says 'STOP'"),
        ("A cat\n\nand a dog.", "A cat and a dog."),
        ("Cafe\u0301 with 3 < 5 people", "Café with 3 < 5 people"),
        ("Caption this: a board", "Caption this: a board"),
        ("-5 degrees on a display", "-5 degrees on a display"),
    ],
)
def test_what_belongs_to_the_sentence_stays(said: str, caption: str) -> None:
    """Only decoration is taken off."""
    assert read_caption({"caption": said}, SENT).text == caption


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "A cat.",
        {},
        {"caption": None},
        {"caption": ""},
        {"caption": " \n"},
        {"caption": '"..."'},
        {"caption": "<unk><unk>"},
        {"caption": "<think>A dog? No, " + "wait. " * 1_000},
        {"caption": 7},
        {"choices": []},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": []}}]},
        {"choices": [{"message": {"content": [{"type": "image_url"}, 3]}}]},
        {"choices": [{"message": "A cat."}]},
        {"choices": "A cat."},
    ],
)
def test_nothing_usable_is_a_bad_answer_not_an_empty_caption(result: object) -> None:
    """A model that thinks for too long has nothing left to say: ask again."""
    with pytest.raises(BadAnswer):
        read_caption(result, SENT)


def test_vectors_are_of_unit_length() -> None:
    """Whether the host normalises is not documented; a search relies on it."""
    first, second = read_vectors(VECTORS, 2, SPACE)

    assert first.typecode == "f"
    assert list(first) == pytest.approx([0.6, 0.8, 0])
    assert list(second) == pytest.approx([0, 0, 1])


@pytest.mark.parametrize(
    "change",
    [
        {"data": None},
        {"data": [[1, 2, 3]]},
        {"data": [[1, 2, 3]] * 3},
        {"data": [[1, 2, 3], [1, 2]]},
        {"data": [[1, 2, 3], [0, 0, 0]]},
        {"data": [[1, 2, 3], [1, 2, None]]},
        {"data": [[1, 2, 3], [1, 2, "3"]]},
        {"data": [[1, 2, 3], [1, 2, True]]},
        {"data": [[1, 2, 3], [1, 2, math.inf]]},
        {"data": [[1, 2, 3], [1, 2, 10**400]]},
        {"data": [[1, 2, 3], {"0": 1}]},
        {"shape": [2, 768]},
        {"shape": "2x3"},
        {"pooling": "mean"},
    ],
)
def test_vectors_of_another_space_are_a_bad_answer(change: dict[str, object]) -> None:
    """One vector of the wrong kind would be found for every query, or for none."""
    with pytest.raises(BadAnswer):
        read_vectors({**VECTORS, **change}, 2, SPACE)


@pytest.mark.parametrize("result", [None, [], "x", [[1, 2, 3], [1, 2, 3]]])
def test_anything_but_an_object_holds_no_vectors(result: object) -> None:
    """The vectors stand under `data`."""
    with pytest.raises(BadAnswer):
        read_vectors(result, 2, SPACE)


@pytest.mark.parametrize("said", [{}, {"pooling": "mean"}, {"pooling": None}])
def test_what_is_said_of_a_pooling_nobody_asked_for_does_not_matter(
    said: dict[str, object],
) -> None:
    """The shape still does: vectors of another width are none of this space."""
    result = {**VECTORS, **said}

    assert read_vectors_of_any_pooling(result, 2, SPACE) == read_vectors(
        VECTORS, 2, SPACE
    )
    for wrong in (None, {**result, "shape": [2, 4]}, {**result, "data": []}):
        with pytest.raises(BadAnswer):
            read_vectors_of_any_pooling(wrong, 2, SPACE)


@given(text=st.text(), longest=st.integers(1, 50))
def test_cleaned_text_is_printable_short_and_stays_clean(
    text: str, longest: int
) -> None:
    """Nothing in it can crash a database or steer a terminal."""
    once = cleaned(text, longest)

    assert once.isprintable()
    assert once == once.strip()
    assert len(once) <= longest
    assert cleaned(once, longest) == once
    once.encode("utf-8")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@st.composite
def mutated(draw: st.DrawFn, valid: Any) -> Any:
    """Return a valid answer in which one value has become something else."""
    answer = copy.deepcopy({"root": valid})
    node: Any = answer
    key: Any = "root"
    while isinstance(node[key], dict | list) and node[key] and draw(st.booleans()):
        node = node[key]
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = draw(st.sampled_from(list(keys)))
    node[key] = draw(JSON | st.just(10**400) | st.just("\ud800") | st.just([]))
    return answer["root"]


def check_labels(result: object) -> None:
    for detection in read_labels(result, SENT).detections:
        assert 0 < len(detection.label) <= LONGEST_LABEL
        assert 0 <= detection.score <= 1


def check_caption(result: object) -> None:
    text = read_caption(result, SENT).text
    assert 0 < len(text) <= LONGEST_CAPTION
    assert text.isprintable()


def check_vectors(result: object) -> None:
    for vector in read_vectors(result, 2, SPACE):
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


@given(result=JSON | mutated([CAT, CAT]) | mutated(CHAT) | mutated(VECTORS))
def test_readers_raise_nothing_but_bad_answer(result: object) -> None:
    """Whatever a model says, it is an answer within its bounds or a bad one."""
    for check in (check_labels, check_caption, check_vectors):
        try:
            check(result)
        except BadAnswer:
            continue
        json.dumps(result)
