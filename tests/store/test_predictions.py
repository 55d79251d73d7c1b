"""Answers as they are kept, and what is derived from them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imgai.domain.derive import LabelRules
from imgai.domain.images import Picture, Swatch
from imgai.domain.plan import answered_bit
from imgai.domain.predictions import (
    Backend,
    Caption,
    CaptionSource,
    Detection,
    Embedding,
    Labels,
    NsfwScore,
    Prediction,
    Task,
)
from imgai.store.connection import open_for_writing
from imgai.store.images import KnownPicture, add_picture, find_picture
from imgai.store.predictions import (
    add_predictions,
    derive_picture,
    holds_backend,
    read_analysis,
    read_predictions,
)
from tests.fakes import NOON, SPACE, vector_of

RULES = LabelRules()
LATER = NOON + timedelta(days=1)
LABELS = Prediction(
    Task.LABELS,
    Backend.WORKERS_AI,
    "detr",
    Labels((Detection("cat", 0.9), Detection("dog", 0.3), Detection("cup", 0.005))),
    NOON,
    neurons=0.7,
    processing_time_ms=30,
    params={"width_px": 384},
)
CAPTION = Prediction(
    Task.CAPTION, Backend.WORKERS_AI, "gemma", Caption("a cat"), NOON, is_measured=False
)
LOCAL_CAPTION = replace(
    CAPTION,
    backend=Backend.LOCAL,
    model="local",
    answer=Caption("a local cat", CaptionSource.COMPOSED),
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        yield connection


@pytest.fixture
def picture(db: sqlite3.Connection) -> KnownPicture:
    """Return a picture without answers."""
    swatch = Swatch("#ff0000", "red", 0.5)
    return add_picture(
        db, Picture("p1", 30, 20, "0" * 16, (swatch,), is_truncated=False)
    )


def by_task(db: sqlite3.Connection, picture: KnownPicture) -> dict[Task, Prediction]:
    return {one.task: one for one in read_predictions(db, picture.id)}


def test_answers_come_back_as_they_were(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """All but noise below 0.01, which would double the database."""
    nsfw = replace(
        CAPTION, task=Task.NSFW, backend=Backend.LOCAL, answer=NsfwScore(0.25)
    )

    add_predictions(db, picture, [LABELS, CAPTION, nsfw], RULES)

    kept = replace(
        LABELS, answer=Labels((Detection("cat", 0.9), Detection("dog", 0.3)))
    )
    assert by_task(db, picture) == {one.task: one for one in (kept, CAPTION, nsfw)}


def test_a_models_newer_answer_takes_the_place_of_its_older_one(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """One answer a picture, task and model: a re-analysis does not pile up."""
    newer = replace(CAPTION, answer=Caption("a tabby"), predicted_at=LATER)

    add_predictions(db, picture, [CAPTION], RULES)
    analysis = add_predictions(db, picture, [newer], RULES)

    assert read_predictions(db, picture.id) == (newer,)
    assert analysis.caption == "a tabby"


def test_the_better_backend_counts_whenever_it_answered(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """A local answer that comes later changes nothing that people see."""
    add_predictions(db, picture, [CAPTION], RULES)
    add_predictions(db, picture, [replace(LOCAL_CAPTION, predicted_at=LATER)], RULES)

    rows = db.execute("SELECT caption, caption_source, model_version FROM image_ai")
    assert rows.fetchall() == [("a cat", "model", "gemma")]
    assert len(read_predictions(db, picture.id)) == 2


def test_the_newest_model_of_a_backend_counts(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """Another model's answer stands beside the older one, and wins."""
    moondream = replace(
        CAPTION, model="moondream", answer=Caption("two cats"), predicted_at=LATER
    )

    analysis = add_predictions(db, picture, [moondream, CAPTION], RULES)

    assert analysis.caption == "two cats"
    assert analysis.models == ("moondream",)


def test_other_thresholds_need_no_other_answer(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """`image_ai` and the full text follow the rules; predictions do not change."""
    add_predictions(db, picture, [LABELS], RULES)
    answers = read_predictions(db, picture.id)

    strict = derive_picture(db, picture.id, LabelRules(min_score=0.5))
    labels, scores = db.execute(
        "SELECT labels_json, label_scores_json FROM image_ai"
    ).fetchone()

    assert [one.label for one in strict.labels] == ["cat"]
    assert (json.loads(labels), json.loads(scores)) == (["cat"], {"cat": 0.9})
    assert read_predictions(db, picture.id) == answers
    assert len(read_analysis(db, picture.id, LabelRules(min_score=0)).labels) == 2


def test_what_was_answered_is_known_by_bits(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """A listing of a million images looks at nothing else."""
    add_predictions(db, picture, [LABELS], RULES)
    add_predictions(db, picture, [LOCAL_CAPTION], RULES)

    found = find_picture(db, "p1")

    assert found is not None
    assert found.answered == answered_bit(
        Task.LABELS, Backend.WORKERS_AI
    ) | answered_bit(Task.CAPTION, Backend.LOCAL)


def test_a_library_knows_which_backends_it_holds(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """One with Workers AI's answers does not fall back to local by itself."""
    add_predictions(db, picture, [LOCAL_CAPTION], RULES)

    assert holds_backend(db, Backend.LOCAL)
    assert not holds_backend(db, Backend.WORKERS_AI)


@pytest.mark.parametrize("text", ["a cat", ""])
def test_an_embedding_has_its_vector_in_a_table_of_its_own(
    db: sqlite3.Connection, picture: KnownPicture, text: str
) -> None:
    """Nothing to embed is an answer without a vector."""
    embedding = Embedding(SPACE, vector_of(text) if text else None)
    prediction = replace(
        LABELS, task=Task.EMBEDDING, answer=embedding, params={"text_sha256": "t"}
    )

    add_predictions(db, picture, [prediction], RULES)

    (kept,) = read_predictions(db, picture.id)
    (count,) = db.execute("SELECT count(*) FROM embedding").fetchone()
    assert (kept.params, kept.task) == ({"text_sha256": "t"}, Task.EMBEDDING)
    assert count == bool(text)


def test_hostile_text_from_a_model_can_be_kept(
    db: sqlite3.Connection, picture: KnownPicture
) -> None:
    """A lone surrogate parses as JSON and crashes SQLite where it is bound as text."""
    odd = replace(LABELS, answer=Labels((Detection("\ud800 'cat'", 0.9),)))

    analysis = add_predictions(db, picture, [odd], RULES)

    assert [one.label for one in analysis.labels] == ["\ud800 'cat'"]
    assert read_predictions(db, picture.id)[0].answer == odd.answer
