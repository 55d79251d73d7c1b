"""A small library of pictures that nobody took, in a real database."""

import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot

from imgai.domain.derive import LabelRules
from imgai.domain.images import Identity, OwnWords, Picture, SourceImage, Swatch
from imgai.domain.predictions import (
    Backend,
    Caption,
    Detection,
    Embedding,
    Labels,
    Prediction,
    Task,
    Vector,
    VectorSpace,
)
from imgai.store.images import add_picture, see_image
from imgai.store.predictions import add_predictions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPACE = VectorSpace("embedder", "cls", 8)
NOTHING = OwnWords()


def unit(*values: float, dims: int = SPACE.dims) -> Vector:
    """Return a vector of unit length that points along `values`, then zeros."""
    length = hypot(*values)
    padded = [*values, *[0.0] * (dims - len(values))]
    return array("f", [value / length for value in padded])


@dataclass(frozen=True, slots=True)
class Said:
    """What models said of a picture."""

    labels: Sequence[str] = ()
    caption: str | None = None
    vector: Vector | None = None
    space: VectorSpace = SPACE
    backend: Backend = Backend.WORKERS_AI


def add(
    connection: sqlite3.Connection,
    uri: str,
    said: Said = Said(),
    colours: Sequence[str] = (),
    picture_hash: str = "",
    words: OwnWords = NOTHING,
) -> int:
    """Add a picture, seen at a URI, as `classify` does; return its id."""
    swatches = tuple(Swatch("#808080", name, 0.2) for name in colours)
    identity = Identity("0" * 64, picture_hash or uri, "jpeg", None, words)
    picture = Picture(identity.picture_hash, 4, 3, "0" * 16, swatches, False)  # noqa: FBT003
    known = add_picture(connection, picture)
    see_image(connection, SourceImage(uri, 1, 1, None), identity, known.id, NOW)
    add_predictions(connection, known, _predictions(said), LabelRules())
    return known.id


def _predictions(said: Said) -> list[Prediction]:
    detections = tuple(Detection(label, 0.9) for label in said.labels)
    answers: dict[Task, Labels | Caption | Embedding] = {
        Task.LABELS: Labels(detections)
    }
    if said.caption:
        answers[Task.CAPTION] = Caption(said.caption)
    if said.vector:
        answers[Task.EMBEDDING] = Embedding(said.space, said.vector)
    return [
        Prediction(task, said.backend, f"a {task} model", answer, NOW)
        for task, answer in answers.items()
    ]
