"""Values to and from what the database holds."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from imgai.domain.images import Swatch
from imgai.domain.predictions import (
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


def encode_answer(answer: Answer) -> str | None:
    """Return an answer as JSON; None for an embedding, which has its own table.

    Detections are arrays, [label, score, [x_min, y_min, x_max, y_max] or null]:
    objects would make the database a quarter larger.
    """
    match answer:
        case Labels(detections=detections):
            return to_json(
                [
                    [one.label, round(one.score, 4), _box_edges(one.box)]
                    for one in detections
                    if one.score >= LEAST_SCORE_KEPT
                ]
            )
        case Caption(text=text, source=source):
            return to_json({"caption": text, "source": source.value})
        case NsfwScore(score=score):
            return to_json({"score": round(score, 4)})
        case Embedding():
            return None


def _box_edges(box: Box | None) -> list[float] | None:
    if box is None:
        return None
    return [round(edge, 4) for edge in (box.x_min, box.y_min, box.x_max, box.y_max)]


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
            return Labels(tuple(_detection(*one) for one in held))
        case Task.CAPTION:
            return Caption(held["caption"], CaptionSource(held["source"]))
        case Task.NSFW:
            return NsfwScore(held["score"])


def _detection(label: str, score: float, edges: list[float] | None) -> Detection:
    return Detection(label, score, Box(*edges) if edges else None)


def encode_colours(colours: tuple[Swatch, ...]) -> str:
    """Return swatches as a JSON list of objects, which people and Datasette read."""
    return to_json(
        [{"hex": one.hex, "name": one.name, "share": one.share} for one in colours]
    )


def decode_colours(text: str) -> tuple[Swatch, ...]:
    """Return the swatches that `encode_colours` wrote."""
    return tuple(Swatch(**one) for one in json.loads(text))


def encode_params(params: Mapping[str, str | int | float]) -> str:
    """Return a prediction's parameters as JSON."""
    return to_json(dict(params))


def decode_params(text: str) -> dict[str, Any]:
    """Return the parameters that `encode_params` wrote."""
    held: dict[str, Any] = json.loads(text)
    return held


def clean_text(text: str) -> str:
    """Return text that SQLite can hold: lone surrogates become "?"."""
    return text.encode("utf-8", "replace").decode()
