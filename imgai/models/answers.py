"""What hosted models answer, read strictly: an answer of the wrong shape is none.

Readers take parsed JSON as it came over the wire and raise nothing but `BadAnswer`.
"""

import math
import re
import unicodedata
from array import array
from collections.abc import Mapping
from typing import Any, TypeAlias

from imgai.domain.images import PreparedImage
from imgai.domain.predictions import (
    Box,
    Caption,
    Detection,
    Labels,
    Vector,
    VectorSpace,
)
from imgai.errors import BadAnswer

Frame: TypeAlias = tuple[float, float]  # width and height, in any unit

LOWEST_SCORE = 0.01  # a detector pads its answer with hundreds of worse ones
MOST_DETECTIONS = 1_000  # ten times what the largest detector gives
LONGEST_LABEL = 100
LONGEST_CAPTION = 500
_NEAREST_PX = 2  # to the corner: so little of a picture is nothing that a detector sees
_SCORE_SLACK = 1e-3  # float32 sums of probabilities end a little above 1

_THOUGHT = re.compile(r"<think>.*?(?:</think>|$)", re.IGNORECASE)
_SPECIAL_TOKEN = re.compile(r"<[^<>]{1,40}>")  # "</s>", "<end_of_turn>", "<b>"
_LEAD = re.compile(
    r"^(?:(?:image )?(?:caption|description)\s*:|[#>*•-]+\s)\s*", re.IGNORECASE
)
_MARKUP = re.compile(r"\*\*|__|`+")
_QUOTES = {'"': '"', "'": "'", "“": "”", "\u2018": "\u2019", "*": "*", "_": "_"}


def read_labels(result: Any, image: PreparedImage) -> Labels:
    """Return a detector's or classifier's labels, best first.

    Args:
        result: a list of objects with `label` and `score`; where there is a `box`,
            it is in pixels of the image that was sent, or in fractions of it: the
            host does not say, and its examples look like pixels.
        image: what was sent.

    Raises:
        BadAnswer: it has another shape, or a score outside 0 to 1.
    """
    if not isinstance(result, list) or len(result) > MOST_DETECTIONS:
        raise BadAnswer("the model's labels are not a list of a sensible length")
    frame = _frame(result, image)
    detections = [_detection(item, frame) for item in result]
    kept = [each for each in detections if each.label and each.score >= LOWEST_SCORE]
    return Labels(tuple(sorted(kept, key=lambda each: -each.score)))


def read_caption(result: Any, _image: PreparedImage) -> Caption:
    """Return a captioner's sentence: one line, without markup around it.

    Raises:
        BadAnswer: there is no sentence in it.
    """
    text = _plain(_said(result))
    if not any(character.isalnum() for character in text):
        raise BadAnswer("the model answered without a caption")
    return Caption(_cut(text, LONGEST_CAPTION))


def read_vectors(result: Any, texts: int, space: VectorSpace) -> tuple[Vector, ...]:
    """Return an embedding model's vectors, one a text, each of unit length.

    Raises:
        BadAnswer: not exactly one vector a text, or not of this space.
    """
    rows = result.get("data") if isinstance(result, dict) else None
    if not isinstance(rows, list) or len(rows) != texts:
        raise BadAnswer(f"the model did not answer with {texts} vectors")
    if result.get("shape", [texts, space.dims]) != [texts, space.dims]:
        raise BadAnswer("the model's vectors are not of the shape asked for")
    if result.get("pooling", space.pooling) != space.pooling:
        raise BadAnswer("the model's vectors are not pooled as asked for")
    return tuple(_unit_vector(row, space.dims) for row in rows)


def read_vectors_of_any_pooling(
    result: Any, texts: int, space: VectorSpace
) -> tuple[Vector, ...]:
    """Return vectors as `read_vectors` does, whatever is said of their pooling.

    Raises:
        BadAnswer: not exactly one vector a text, or not as wide as the space.
    """
    if isinstance(result, dict):
        result = {key: value for key, value in result.items() if key != "pooling"}
    return read_vectors(result, texts, space)


def cleaned(text: str, longest: int) -> str:
    """Return text from outside on one line: NFC, nothing invisible, cut to a length.

    Control, formatting and bidirectional characters, lone surrogates and unassigned
    code points become spaces: they crash a database or mislead a terminal.
    """
    # Normalising is slow on a text of megabytes, and one character may become many.
    text = unicodedata.normalize("NFC", text[: 4 * longest])
    visible = (character if character.isprintable() else " " for character in text)
    return _cut(" ".join("".join(visible).split()), longest)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    whole_words = text[:longest].rpartition(" ")[0]
    return whole_words or text[:longest]


def _number(value: Any) -> float:
    if type(value) not in {int, float}:  # a bool is an int, and no number here
        raise BadAnswer("the model gave something else where a number belongs")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadAnswer("the model gave a number that is not finite")
    return number


def _frame(detections: list[Any], image: PreparedImage) -> Frame:
    """Return the width and height that the boxes are measured by."""
    items = [item for item in detections if isinstance(item, dict)]
    boxes = [box for item in items if isinstance(box := item.get("box"), dict)]
    farthest = [_number(box.get(edge)) for box in boxes for edge in ("xmax", "ymax")]
    if farthest and max(farthest) < _NEAREST_PX:
        return 1.0, 1.0
    return float(image.width_px), float(image.height_px)


def _detection(item: Any, frame: Frame) -> Detection:
    if not isinstance(item, dict) or not isinstance(item.get("label"), str):
        raise BadAnswer("one of the model's labels has no name")
    score = _number(item.get("score"))
    if not -_SCORE_SLACK <= score <= 1 + _SCORE_SLACK:
        raise BadAnswer(f"the model gave a score of {score:g}, outside 0 to 1")
    box = item.get("box")
    return Detection(
        label=cleaned(item["label"], LONGEST_LABEL),
        score=min(max(score, 0.0), 1.0),
        box=None if box is None else _box(box, frame),
    )


def _box(value: Any, frame: Frame) -> Box:
    if not isinstance(value, dict):
        raise BadAnswer("one of the model's boxes is no box")

    width, height = frame

    def edge(name: str, length: float) -> float:
        return min(max(_number(value.get(name)) / length, 0.0), 1.0)

    try:
        return Box(
            x_min=edge("xmin", width),
            y_min=edge("ymin", height),
            x_max=edge("xmax", width),
            y_max=edge("ymax", height),
        )
    except ValueError as error:
        raise BadAnswer("one of the model's boxes is inside out") from error


def _said(result: Any) -> str:
    """Return what a captioner wrote, wherever its kind of model puts it."""
    if not isinstance(result, dict):
        raise BadAnswer("the model's answer is not an object")
    for key in ("caption", "description", "response", "answer"):
        if isinstance(result.get(key), str):
            return str(result[key])
    match result.get("choices"):
        case [{"message": {"content": str(content)}}, *_]:
            return content
        case [{"message": {"content": list(parts)}}, *_]:
            return " ".join(_part(part) for part in parts)
    raise BadAnswer("the model's answer holds no text")


def _part(part: Any) -> str:
    text = part.get("text") if isinstance(part, Mapping) else None
    return text if isinstance(text, str) else ""


def _plain(text: str) -> str:
    """Return a sentence without the quotes and markup that models wrap around it."""
    text = cleaned(text, 2 * LONGEST_CAPTION)
    text = _SPECIAL_TOKEN.sub(" ", _THOUGHT.sub(" ", text))
    text = _MARKUP.sub("", text).strip()
    before = None
    while text != before:
        before = text
        text = _LEAD.sub("", text).strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1].strip()
    return " ".join(text.split())


def _unit_vector(row: Any, dims: int) -> Vector:
    if not isinstance(row, list) or len(row) != dims:
        raise BadAnswer(f"the model gave a vector that is not {dims} wide")
    if not set(map(type, row)) <= {int, float}:
        raise BadAnswer("the model gave a vector that is not all numbers")
    try:
        length = math.hypot(*row)
    except OverflowError:  # an integer of 400 digits
        length = math.inf
    if not math.isfinite(length) or length == 0:
        raise BadAnswer("the model gave a vector that points nowhere")
    return array("f", [number / length for number in row])
