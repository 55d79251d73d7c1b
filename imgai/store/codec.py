"""Values to and from what the database holds."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from imgai.domain.derive import Label
from imgai.domain.images import Swatch
from imgai.domain.predictions import (
    TEXT_HASH,
    Answer,
    Box,
    Caption,
    CaptionSource,
    Detection,
    Embedding,
    Labels,
    NsfwScore,
    Task,
    VectorSpace,
)

# Below this a detection is noise; leaving it out halves what detectors fill up.
LEAST_SCORE_KEPT = 0.01

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

# What scores and the edges of boxes are counted in. A thousandth is a third of a pixel
# of what the model saw.
_SCORE_UNITS = 10_000
_EDGE_UNITS = 1_000


def to_json(value: object) -> str:
    """Return compact JSON that SQLite can hold: lone surrogates are escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if text.isascii() or _is_utf8(text):
        return text
    return json.dumps(value, separators=(",", ":"))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_time(moment: datetime) -> str:
    """Return a UTC time as ISO 8601 with milliseconds: "2026-11-22T16:28:09.123Z"."""
    stamp = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def from_time(stamp: str) -> datetime:
    """Return the time that `to_time` wrote."""
    return datetime.fromisoformat(stamp)


def to_ms(moment: datetime) -> int:
    """Return a time as milliseconds since 1970, UTC, cut as `to_time` cuts it."""
    return (moment - _EPOCH) // _MS


def from_ms(milliseconds: int) -> datetime:
    """Return the time that `to_ms` wrote."""
    return _EPOCH + milliseconds * _MS


def stamp_to_ms(stamp: str) -> int:
    """Return what `to_time` wrote as `to_ms` writes it."""
    return to_ms(from_time(stamp).replace(tzinfo=UTC))


def encode_answer(answer: Answer) -> str | None:
    """Return an answer as JSON; None for an embedding, which has its own table.

    Labels are an object: of each label a list of its detections, best first, each
    [score, x_min, y_min, x_max, y_max] or, about the whole image, [score]. Scores are
    in ten-thousandths and edges in thousandths of the image's width and height: twenty
    detections take 0.5 KB, as fractions in objects 2 KB.
    """
    match answer:
        case Labels(detections=detections):
            by_label: dict[str, list[list[int]]] = {}
            for one in detections:
                if one.score >= LEAST_SCORE_KEPT:
                    by_label.setdefault(one.label, []).append(_numbers(one))
            return to_json(by_label)
        case Caption(text=text, source=source):
            return to_json({"caption": text, "source": source.value})
        case NsfwScore(score=score):
            return to_json({"score": round(score, 4)})
        case Embedding():
            return None


def _numbers(detection: Detection) -> list[int]:
    box = detection.box
    edges = (box.x_min, box.y_min, box.x_max, box.y_max) if box else ()
    return [
        round(detection.score * _SCORE_UNITS),
        *(round(edge * _EDGE_UNITS) for edge in edges),
    ]


def decode_answer(task: Task, result: str | None) -> Answer:
    """Return the answer that `encode_answer` wrote; an embedding's vector is left out.

    Raises:
        ValueError: the text is none of ours.
    """
    if task is Task.EMBEDDING:
        return Embedding(VectorSpace("", "", 0), None)
    if result is None:
        raise ValueError(f"a prediction of {task} without a result")
    held = json.loads(result)
    match task:
        case Task.LABELS:
            found = [
                _detection(label, *numbers)
                for label, detections in held.items()
                for numbers in detections
            ]
            return Labels(tuple(sorted(found, key=lambda one: -one.score)))
        case Task.CAPTION:
            return Caption(held["caption"], CaptionSource(held["source"]))
        case Task.NSFW:
            return NsfwScore(held["score"])


def _detection(label: str, score: int, *edges: int) -> Detection:
    box = Box(*(edge / _EDGE_UNITS for edge in edges)) if edges else None
    return Detection(label, score / _SCORE_UNITS, box)


def encode_labels(labels: Iterable[Label]) -> str:
    """Return labels as a JSON object of their scores, in their order."""
    return to_json({one.label: round(one.score, 4) for one in labels})


def decode_labels(scores_json: str | None) -> tuple[Label, ...]:
    """Return the labels that `encode_labels` wrote; none of None."""
    scores = json.loads(scores_json) if scores_json else {}
    return tuple(Label(label, score) for label, score in scores.items())


def encode_colours(colours: tuple[Swatch, ...]) -> str:
    """Return swatches as a JSON list of objects, which people and Datasette read."""
    return to_json(
        [{"hex": one.hex, "name": one.name, "share": one.share} for one in colours]
    )


def decode_colours(text: str) -> tuple[Swatch, ...]:
    """Return the swatches that `encode_colours` wrote."""
    return tuple(Swatch(**one) for one in json.loads(text))


def encode_params(
    params: Mapping[str, str | int | float],
) -> tuple[str, str | None]:
    """Return a prediction's parameters as JSON, and apart from them the text's hash.

    The hash of the embedded text differs from picture to picture; all else is shared.
    """
    shared = {name: value for name, value in params.items() if name != TEXT_HASH}
    text_hash = params.get(TEXT_HASH)
    return to_json(shared), None if text_hash is None else str(text_hash)


def decode_params(text: str, text_hash: str | None) -> dict[str, Any]:
    """Return the parameters that `encode_params` wrote."""
    held: dict[str, Any] = json.loads(text)
    return held if text_hash is None else held | {TEXT_HASH: text_hash}


def clean_text(text: str) -> str:
    """Return text that SQLite can hold: lone surrogates become "?"."""
    return text.encode("utf-8", "replace").decode()
