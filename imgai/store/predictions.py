"""Rows of `prediction` and `embedding`, and `image_ai`, which is derived from them."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from imgai.domain.derive import Analysis, LabelRules, derive
from imgai.domain.plan import answered_bit
from imgai.domain.predictions import Backend, Embedding, Prediction, Task
from imgai.store.codec import (
    decode_answer,
    decode_params,
    encode_answer,
    encode_params,
    from_time,
    to_json,
    to_time,
)
from imgai.store.fulltext import index_picture
from imgai.store.images import KnownPicture
from imgai.store.vectors import put_vector, space_id

_ADD = """
INSERT INTO prediction (picture_id, picture_hash, task, backend, model, params_json,
                        result_json, neurons, neurons_measured, processing_time_ms,
                        predicted_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (picture_id, task, model) DO UPDATE SET
    backend = excluded.backend, params_json = excluded.params_json,
    result_json = excluded.result_json, neurons = excluded.neurons,
    neurons_measured = excluded.neurons_measured,
    processing_time_ms = excluded.processing_time_ms,
    predicted_at = excluded.predicted_at
"""

_READ = """
SELECT task, backend, model, params_json, result_json, neurons, neurons_measured,
       processing_time_ms, predicted_at
FROM prediction WHERE picture_id = ?
"""

_DERIVE = """
INSERT OR REPLACE INTO image_ai (id, picture_hash, labels_json, label_scores_json,
                                 caption, caption_source, colours_json, nsfw_score,
                                 model_version, processing_time_ms, analyzed_at)
SELECT id, picture_hash, ?, ?, ?, ?, colours_json, ?, ?, ?, ?
FROM picture WHERE id = ?
"""


def add_predictions(
    connection: sqlite3.Connection,
    picture: KnownPicture,
    predictions: Iterable[Prediction],
    rules: LabelRules,
) -> Analysis:
    """Store answers about a picture; return what imgai now says of it.

    A model's newer answer takes the place of its older one.
    """
    answered = 0
    for one in predictions:
        connection.execute(
            _ADD,
            (
                picture.id,
                picture.picture_hash,
                one.task,
                one.backend,
                one.model,
                encode_params(one.params),
                encode_answer(one.answer),
                one.neurons,
                one.is_measured,
                one.processing_time_ms,
                to_time(one.predicted_at),
            ),
        )
        if isinstance(one.answer, Embedding):
            _put_embedding(connection, picture, one.backend, one.answer)
        answered |= answered_bit(one.task, one.backend)
    connection.execute(
        "UPDATE picture SET answered = answered | ? WHERE id = ?",
        (answered, picture.id),
    )
    return derive_picture(connection, picture.id, rules)


def _put_embedding(
    connection: sqlite3.Connection,
    picture: KnownPicture,
    backend: Backend,
    embedding: Embedding,
) -> None:
    if embedding.vector is None:
        return
    space = space_id(connection, embedding.space, backend)
    put_vector(connection, picture.id, picture.picture_hash, space, embedding.vector)


def read_predictions(
    connection: sqlite3.Connection, picture_id: int
) -> tuple[Prediction, ...]:
    """Return all stored answers about a picture; embeddings without their vectors."""
    return tuple(_prediction(row) for row in connection.execute(_READ, (picture_id,)))


def _prediction(row: Sequence[Any]) -> Prediction:
    task, backend, model, params, result, *numbers, predicted_at = row
    neurons, is_measured, processing_time_ms = numbers
    return Prediction(
        task=Task(task),
        backend=Backend(backend),
        model=model,
        answer=decode_answer(Task(task), result),
        predicted_at=from_time(predicted_at),
        neurons=neurons,
        is_measured=bool(is_measured),
        processing_time_ms=processing_time_ms,
        params=decode_params(params),
    )


def derive_picture(
    connection: sqlite3.Connection, picture_id: int, rules: LabelRules
) -> Analysis:
    """Write the picture's `image_ai` row and full text anew; return what they say.

    Costs no call: everything comes from the stored answers.
    """
    analysis = read_analysis(connection, picture_id, rules)
    connection.execute(
        _DERIVE,
        (
            to_json([one.label for one in analysis.labels]),
            to_json({one.label: round(one.score, 4) for one in analysis.labels}),
            analysis.caption,
            analysis.caption_source,
            analysis.nsfw_score,
            ", ".join(analysis.models),
            analysis.processing_time_ms,
            to_time(analysis.analyzed_at) if analysis.analyzed_at else None,
            picture_id,
        ),
    )
    index_picture(connection, picture_id)
    return analysis


def read_analysis(
    connection: sqlite3.Connection, picture_id: int, rules: LabelRules
) -> Analysis:
    """Return what the stored answers say of a picture, under the given rules."""
    return derive(read_predictions(connection, picture_id), rules)


def holds_backend(connection: sqlite3.Connection, backend: Backend) -> bool:
    """Return whether any picture has an answer of a backend.

    Looked up in `picture.answered`, a small table's column: a million predictions
    would take long to look through.
    """
    bits = sum(answered_bit(task, backend) for task in Task)
    row = connection.execute(
        "SELECT 1 FROM picture WHERE answered & ? LIMIT 1", (bits,)
    ).fetchone()
    return row is not None
