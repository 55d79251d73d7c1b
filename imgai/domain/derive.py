"""Predictions in, what imgai says of a picture out: thresholds, limits, best answers.

Predictions are kept as the models gave them. What people see is derived from them
here, so that changing a threshold costs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from imgai.domain.predictions import (
    Caption,
    CaptionSource,
    Labels,
    NsfwScore,
    Prediction,
    Task,
)


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a picture, with the score of its best detection, 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class LabelRules:
    """Which labels are kept."""

    max_labels: int = 10
    min_score: float = 0.1


@dataclass(frozen=True, slots=True)
class Analysis:
    """What imgai says of one picture, derived from its best predictions."""

    labels: tuple[Label, ...] = ()  # distinct, best first
    caption: str | None = None
    caption_source: CaptionSource | None = None
    nsfw_score: float | None = None
    models: tuple[str, ...] = ()  # the models it rests on, by task
    neurons: float = 0.0  # what those answers cost
    processing_time_ms: int = 0
    analyzed_at: datetime | None = None  # when the newest of them came


def best_predictions(predictions: Iterable[Prediction]) -> dict[Task, Prediction]:
    """Return the prediction that counts for each task.

    The better backend wins, and among its answers the newest.
    """
    best: dict[Task, Prediction] = {}
    for candidate in predictions:
        held = best.get(candidate.task)
        if held is None or _worth(candidate) > _worth(held):
            best[candidate.task] = candidate
    return best


def _worth(prediction: Prediction) -> tuple[int, datetime]:
    return prediction.backend.rank, prediction.predicted_at


def kept_labels(answer: Labels, rules: LabelRules) -> tuple[Label, ...]:
    """Return the distinct labels at or above the threshold, best first.

    A label found several times counts once, with its best score.
    """
    scores: dict[str, float] = {}
    for detection in answer.detections:
        if detection.score >= rules.min_score:
            held = scores.get(detection.label, 0.0)
            scores[detection.label] = max(held, detection.score)
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Label(*pair) for pair in ranked[: rules.max_labels])


def derive(predictions: Sequence[Prediction], rules: LabelRules) -> Analysis:
    """Return what the predictions say of their picture, under the given rules."""
    best = best_predictions(predictions)
    labels: tuple[Label, ...] = ()
    caption: Caption | None = None
    nsfw_score: float | None = None
    for prediction in best.values():
        match prediction.answer:
            case Labels() as answer:
                labels = kept_labels(answer, rules)
            case Caption() as answer:
                caption = answer
            case NsfwScore(score=score):
                nsfw_score = score
            case _:  # an embedding says nothing to people
                pass
    counted = [best[task] for task in Task if task in best]
    return Analysis(
        labels=labels,
        caption=caption.text if caption else None,
        caption_source=caption.source if caption else None,
        nsfw_score=nsfw_score,
        models=tuple(dict.fromkeys(one.model for one in counted)),
        neurons=sum(one.neurons for one in counted),
        processing_time_ms=sum(one.processing_time_ms for one in counted),
        analyzed_at=max((one.predicted_at for one in counted), default=None),
    )


def embedding_text(analysis: Analysis) -> str:
    """Return the text whose embedding stands for the picture: caption, then labels.

    Empty when there is neither.
    """
    parts = [analysis.caption or "", ", ".join(one.label for one in analysis.labels)]
    return "\n".join(part for part in parts if part)


def text_hash(text: str) -> str:
    """Return a short hash that tells whether an embedded text has changed."""
    import hashlib  # noqa: PLC0415  2 ms, and a search only shows what was derived

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
