"""Rows of `answer` and `embedding`, and `analysis`, which is derived from them.

People read them as `prediction` and `image_ai`: see `imgai.store.compact`.
"""

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
    encode_labels,
    encode_params,
    from_ms,
    to_ms,
    to_time,
)
from imgai.store.fulltext import index_picture
from imgai.store.images import KnownPicture
from imgai.store.shared import model_id, text_id
from imgai.store.vectors import put_vector, space_id

_ADD = """
INSERT INTO answer (picture_id, model, params, text_sha256, result_json, neurons,
                    neurons_measured, processing_time_ms, predicted_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (picture_id, model) DO UPDATE SET
    params = excluded.params, text_sha256 = excluded.text_sha256,
    result_json = excluded.result_json, neurons = excluded.neurons,
    neurons_measured = excluded.neurons_measured,
    processing_time_ms = excluded.processing_time_ms,
    predicted_ms = excluded.predicted_ms
"""

_READ = """
SELECT task, backend, model.model, params.text, text_sha256, result_json, neurons,
       neurons_measured, processing_time_ms, predicted_ms
FROM answer JOIN model ON model.id = answer.model
JOIN shared_text AS params ON params.id = answer.params
WHERE picture_id = ?
"""

_DERIVE = """
INSERT OR REPLACE INTO analysis (id, label_scores_json, caption, caption_source,
                                 nsfw_score, models, processing_time_ms, analyzed_at)
SELECT id, ?, ?, ?, ?, ?, ?, ? FROM picture WHERE id = ?
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
        shared, text_hash = encode_params(one.params)
        connection.execute(
            _ADD,
            (
                picture.id,
                model_id(connection, one.task, one.model, one.backend),
                text_id(connection, shared),
                text_hash,
                encode_answer(one.answer),
                one.neurons,
                one.is_measured,
                one.processing_time_ms,
                to_ms(one.predicted_at),
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
    task, backend, model, params, text_hash, result, *numbers, predicted_ms = row
    neurons, is_measured, processing_time_ms = numbers
    return Prediction(
        task=Task(task),
        backend=Backend(backend),
        model=model,
        answer=decode_answer(Task(task), result),
        predicted_at=from_ms(predicted_ms),
        neurons=neurons,
        is_measured=bool(is_measured),
        processing_time_ms=processing_time_ms,
        params=decode_params(params, text_hash),
    )


def derive_picture(
    connection: sqlite3.Connection, picture_id: int, rules: LabelRules
) -> Analysis:
    """Write the picture's `analysis` row and full text anew; return what they say.

    Costs no call: everything comes from the stored answers.
    """
    analysis = read_analysis(connection, picture_id, rules)
    connection.execute(
        _DERIVE,
        (
            encode_labels(analysis.labels),
            analysis.caption,
            analysis.caption_source,
            analysis.nsfw_score,
            text_id(connection, ", ".join(analysis.models)),
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
