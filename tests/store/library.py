"""A small library in a real database, made through the store's own functions."""

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.domain.images import Identity, Picture, SourceImage, Swatch
from imgai.domain.predictions import (
    Backend,
    Caption,
    CaptionSource,
    Detection,
    Embedding,
    Labels,
    Prediction,
    Task,
    VectorSpace,
)
from imgai.store.connection import open_for_writing
from imgai.store.images import KnownPicture, add_picture, mark_gone, see_image
from imgai.store.predictions import add_predictions

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULES = LabelRules()
CLOUD_SPACE = VectorSpace("@cf/baai/bge-base-en-v1.5", "cls", 4)
LOCAL_SPACE = VectorSpace("conse", "mean", 3)

PICTURE = Picture(
    picture_hash="p1-00",
    width_px=1200,
    height_px=800,
    perceptual_hash="00ff00ff00ff00ff",
    colours=(Swatch("#fa8e0c", "orange", 0.6), Swatch("#0a0a0a", "black", 0.1)),
    is_truncated=False,
)


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database, making it if need be, and commit what the block writes."""
    with closing(open_for_writing(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def add_image(connection: sqlite3.Connection, uri: str, number: int) -> KnownPicture:
    """Add an image of the picture of that number, without any answer."""
    picture_hash = f"p1-{number:064x}"
    known = add_picture(connection, replace(PICTURE, picture_hash=picture_hash))
    image = SourceImage(uri, 1000 + number, 1_700_000_000_000_000_000, None)
    identity = Identity(f"{number:064x}", picture_hash, "jpeg", None)
    see_image(connection, image, identity, known.id, AT)
    return known


def cloud_answers(caption: str, *labels: str) -> list[Prediction]:
    """Return the answers Workers AI might give about a picture."""
    scores = [0.9 - 0.2 * position for position in range(len(labels))]
    detections = tuple(map(Detection, labels, scores))
    vector = array("f", [0.5, 0.5, 0.5, 0.5])
    return [
        _answer(Task.LABELS, "@cf/facebook/detr-resnet-50", Labels(detections), 1.5),
        _answer(Task.CAPTION, "@cf/google/gemma", Caption(caption), 2.5),
        _answer(
            Task.EMBEDDING, CLOUD_SPACE.model, Embedding(CLOUD_SPACE, vector), 0.25
        ),
    ]


def local_answers(caption: str, *labels: str) -> list[Prediction]:
    """Return the answers the local models might give about a picture."""
    detections = tuple(Detection(label, 0.8) for label in labels)
    composed = Caption(caption, CaptionSource.COMPOSED)
    vector = array("f", [0.0, 0.6, 0.8])
    answers = [
        _answer(Task.LABELS, "local-labels", Labels(detections), 0.0),
        _answer(Task.CAPTION, "local-caption", composed, 0.0),
        _answer(Task.EMBEDDING, "conse", Embedding(LOCAL_SPACE, vector), 0.0),
    ]
    return [replace(one, backend=Backend.LOCAL) for one in answers]


def _answer(
    task: Task, model: str, answer: Labels | Caption | Embedding, neurons: float
) -> Prediction:
    return Prediction(
        task=task,
        backend=Backend.WORKERS_AI,
        model=model,
        answer=answer,
        predicted_at=AT,
        neurons=neurons,
        is_measured=task is not Task.CAPTION,
        processing_time_ms=100,
        params={"width": 384},
    )


def classify(
    connection: sqlite3.Connection, uri: str, number: int, answers: list[Prediction]
) -> KnownPicture:
    """Add an image and the answers about its picture."""
    known = add_image(connection, uri, number)
    add_predictions(connection, known, answers, RULES)
    return known


def make_library(path: Path) -> None:
    """Make a database of three pictures.

    A cat with two images, answered by both backends; a dog, answered locally; a
    bird, gone.
    """
    with changing(path) as connection:
        cat = "file:///photos/cat%20one.jpg"
        classify(connection, cat, 1, local_answers("A cat indoors.", "cat"))
        known = add_image(connection, "r2://bucket/copy.jpg", 1)
        answers = cloud_answers("A ginger cat asleep.", "cat", "couch")
        add_predictions(connection, known, answers, RULES)
        dog = "file:///photos/dog.jpg"
        classify(connection, dog, 2, local_answers("A dog.", "dog"))
        bird = "file:///photos/bird.jpg"
        classify(connection, bird, 3, cloud_answers("A bird.", "bird"))
        gone = connection.execute("SELECT id FROM image WHERE uri = ?", (bird,))
        mark_gone(connection, [gone.fetchone()[0]], AT)
