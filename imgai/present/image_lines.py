"""One line on stdout for each image of a run: JSON for programs, words for people."""

from collections.abc import Callable, Sequence

from imgai.domain.derive import Analysis
from imgai.domain.events import (
    ImageAnalysed,
    ImageFailed,
    ImageOutcome,
    ImagePassed,
    ImagesKnown,
)
from imgai.domain.images import Swatch
from imgai.errors import Reason
from imgai.present.fields import colour_fields, label_fields
from imgai.present.text import json_line, safe, shown_uri

ImageLines = Callable[[ImageOutcome], list[str]]

_NOTHING = Analysis()


def no_lines(outcome: ImageOutcome) -> list[str]:  # noqa: ARG001  an `ImageLines`
    """Return nothing: the person wants no line an image."""
    return []


def json_lines(outcome: ImageOutcome) -> list[str]:
    """Return what became of an image as JSON, in the fields that README documents.

    Known images say nothing; see `json_lines_of_all`.
    """
    match outcome:
        case ImageAnalysed(uri, picture_hash, analysis, colours, neurons):
            told = _answers(analysis, colours, neurons)
            return [_line(uri, "analysed", None, picture_hash, told)]
        case ImageFailed(uri=uri, reason=reason, picture_hash=picture_hash):
            told = _answers(
                outcome.analysis or _NOTHING, outcome.colours, outcome.neurons
            )
            return [_line(uri, "failed", reason, picture_hash, told)]
        case ImagePassed(uri, reason):
            return [_line(uri, "skipped", reason, None, _answers(_NOTHING, (), 0.0))]
        case ImagesKnown():
            return []


def json_lines_of_all(outcome: ImageOutcome) -> list[str]:
    """Return the same, and a line for each image that was known (`--all`)."""
    if not isinstance(outcome, ImagesKnown):
        return json_lines(outcome)
    told = _answers(_NOTHING, (), 0.0)
    return [_line(uri, "known", None, None, told) for uri in outcome.uris]


def _line(
    uri: str,
    status: str,
    reason: Reason | None,
    picture_hash: str | None,
    told: dict[str, object],
) -> str:
    head = {"uri": uri, "status": status, "reason": reason}
    return json_line({**head, "picture_hash": picture_hash, **told})


def _answers(
    analysis: Analysis, colours: Sequence[Swatch], neurons: float
) -> dict[str, object]:
    return {
        "labels": label_fields(analysis.labels),
        "caption": analysis.caption,
        "caption_source": analysis.caption_source,
        "colours": colour_fields(colours),
        "nsfw_score": analysis.nsfw_score,
        "models": list(analysis.models),
        "neurons": neurons,
        "processing_time_ms": analysis.processing_time_ms,
    }


def verbose_lines(outcome: ImageOutcome) -> list[str]:
    """Return what became of an image in words: its name, caption and labels."""
    match outcome:
        case ImageAnalysed(uri=uri, analysis=analysis):
            return [_worded(uri, *_words(analysis))]
        case ImageFailed(uri=uri, reason=reason, message=message):
            return [_worded(uri, f"failed, {reason}", message)]
        case ImagePassed(uri, reason):
            return [_worded(uri, f"skipped, {reason}")]
        case ImagesKnown():
            return []


def verbose_lines_of_all(outcome: ImageOutcome) -> list[str]:
    """Return the same, and a line for each image that was known (`--all`)."""
    if not isinstance(outcome, ImagesKnown):
        return verbose_lines(outcome)
    return [_worded(uri, "known") for uri in outcome.uris]


def _words(analysis: Analysis) -> list[str]:
    labels = ", ".join(one.label for one in analysis.labels)
    words = [analysis.caption or "", f"[{labels}]" if labels else ""]
    return [word for word in words if word] or ["nothing recognised"]


def _worded(uri: str, *words: str) -> str:
    return f"{shown_uri(uri)}: {safe(' '.join(words))}"
