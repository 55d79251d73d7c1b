"""From predictions to what imgai says: the best answer, the labels that are kept."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.derive import (
    Analysis,
    Label,
    LabelRules,
    best_predictions,
    derive,
    embedding_text,
    kept_labels,
    text_hash,
)
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
from tests.fakes import NOON, SPACE

DETECTIONS = st.lists(
    st.builds(Detection, st.sampled_from("abcdefgh"), st.floats(0, 1)), max_size=30
)
RULES = st.builds(LabelRules, st.integers(1, 12), st.floats(0, 1))
CAPTION = Prediction(Task.CAPTION, Backend.WORKERS_AI, "m", Caption("a cat"), NOON)
PREDICTIONS = st.lists(
    st.builds(
        lambda task, backend, hours: replace(
            CAPTION,
            task=task,
            backend=backend,
            predicted_at=NOON + timedelta(hours=hours),
        ),
        st.sampled_from(Task),
        st.sampled_from(Backend),
        st.integers(0, 9),
    ),
    max_size=20,
)


@given(detections=DETECTIONS, rules=RULES)
def test_labels_are_distinct_best_first_and_within_the_rules(
    detections: list[Detection], rules: LabelRules
) -> None:
    """A label found several times counts once, with its best score."""
    kept = kept_labels(Labels(tuple(detections)), rules)

    best = {
        one.label: max(same.score for same in detections if same.label == one.label)
        for one in detections
    }
    worthy = [label for label, score in best.items() if score >= rules.min_score]
    assert len(kept) == min(len(worthy), rules.max_labels)
    assert list(kept) == sorted(kept, key=lambda one: (-one.score, one.label))
    assert all(best[one.label] == one.score >= rules.min_score for one in kept)
    left_out = set(worthy) - {one.label for one in kept}
    assert all(best[label] <= kept[-1].score for label in left_out)


@given(predictions=PREDICTIONS)
def test_the_better_backend_wins_and_then_the_newest(
    predictions: list[Prediction],
) -> None:
    """Whatever the order in which they are read."""
    best = best_predictions(predictions)

    assert set(best) == {one.task for one in predictions}
    for one in predictions:
        held = best[one.task]
        assert (held.backend.rank, held.predicted_at) >= (
            one.backend.rank,
            one.predicted_at,
        )


def test_an_analysis_rests_on_the_best_of_each_task() -> None:
    """Each model is named once; an embedding costs, and says nothing to people."""
    later = NOON + timedelta(hours=1)
    predictions = [
        replace(
            CAPTION,
            task=Task.LABELS,
            model="detr",
            answer=Labels((Detection("cat", 0.9), Detection("cup", 0.01))),
            neurons=0.5,
            processing_time_ms=20,
        ),
        replace(CAPTION, neurons=2.0, processing_time_ms=300, predicted_at=later),
        replace(
            CAPTION,
            backend=Backend.LOCAL,
            model="local",
            answer=Caption("cat", CaptionSource.COMPOSED),
            neurons=99,
        ),
        replace(CAPTION, task=Task.NSFW, model="nsfw", answer=NsfwScore(0.25)),
        replace(
            CAPTION, task=Task.EMBEDDING, neurons=0.1, answer=Embedding(SPACE, None)
        ),
    ]

    assert derive(predictions, LabelRules()) == Analysis(
        labels=(Label("cat", 0.9),),
        caption="a cat",
        caption_source=CaptionSource.MODEL,
        nsfw_score=0.25,
        models=("detr", "m", "nsfw"),
        neurons=2.6,
        processing_time_ms=320,
        analyzed_at=later,
    )


def test_of_nothing_nothing_is_said() -> None:
    """A picture that nobody has looked at."""
    assert derive([], LabelRules()) == Analysis()
    assert embedding_text(Analysis()) == ""


def test_the_embedded_text_is_caption_then_labels() -> None:
    """Either alone will do; another text has another hash."""
    labels = (Label("cat", 0.9), Label("cup", 0.5))
    both = embedding_text(Analysis(labels, "a cat"))

    assert both == "a cat\ncat, cup"
    assert embedding_text(Analysis(labels)) == "cat, cup"
    assert embedding_text(Analysis(caption="a cat")) == "a cat"
    assert text_hash(both) == text_hash("a cat\ncat, cup") != text_hash("a cat")
    assert len(text_hash("\ud800")) == 16
