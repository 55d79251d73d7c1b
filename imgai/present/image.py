"""All that is known of one image: a page for people, one object for programs."""

from typing import TYPE_CHECKING

from imgai.domain.derive import Analysis
from imgai.domain.images import OwnWords, Picture, Swatch
from imgai.domain.predictions import CaptionSource, Prediction
from imgai.domain.records import FailureRecord, ImageRecord, PictureRecord, ShownImage
from imgai.present.amounts import (
    json_time,
    shown_bytes,
    shown_dollars,
    shown_neurons,
    shown_time,
)
from imgai.present.console import Output, can_write, show_page
from imgai.present.fields import colour_fields, label_fields
from imgai.present.status import failure_line, failure_object
from imgai.present.text import json_line, safe, shown_uri

if TYPE_CHECKING:
    from rich.text import Text

_HEADING_WIDTH = 11
_SWATCH = "██"
_PARAM_WIDTH = 40  # a prompt is longer, and the same for every picture


def show_image(
    shown: ShownImage,
    output: Output,
    dollars_per_neuron: float,
    *,
    as_json: bool = False,
) -> None:
    """Show on stdout all that is known of an image.

    Args:
        shown: as the store holds it.
        output: where to show it.
        dollars_per_neuron: what a neuron costs.
        as_json: as one object.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        output.result(json_line(_as_object(shown)))
        return
    page = _under("Image", _image(shown.image)) if shown.image else []
    if shown.picture:
        swatch = _SWATCH if can_write(output.out, _SWATCH) else ""
        page += _picture(shown.picture, dollars_per_neuron, swatch)
    page += _under("Copies", [_copy(one) for one in shown.copies])
    page += _under("Failures", [_failure(one) for one in shown.failures])
    show_page(output, page)


def _under(heading: str, texts: list[str]) -> "list[Text]":
    headings = [heading, *[""] * (len(texts) - 1)]
    return [_line(*pair) for pair in zip(headings, texts, strict=False)]


def _line(heading: str, text: str) -> "Text":
    from rich.text import Text  # noqa: PLC0415  20 ms; JSON does without

    return Text.assemble((f"{heading:<{_HEADING_WIDTH}}", "bold"), safe(text))


def _image(image: ImageRecord) -> list[str]:
    facts = [image.format or "of no known format", shown_bytes(image.size_bytes)]
    if image.taken_at:
        facts.append(f"taken {image.taken_at.replace('T', ' ')}")
    facts.append(f"first seen {shown_time(image.first_seen_at)}")
    if image.gone_at:
        facts.append(f"gone since {shown_time(image.gone_at)}")
    lines = [shown_uri(image.uri), ", ".join(facts), *_own_words(image.words)]
    return [*lines, f"file {image.file_hash}"] if image.file_hash else lines


def _own_words(words: OwnWords) -> list[str]:
    """Return what people wrote into the image, a line each."""
    told = {
        "title": words.title,
        "description": words.description,
        "keywords": ", ".join(words.keywords),
    }
    return [f"its own {name}: {text}" for name, text in told.items() if text]


def _picture(
    record: PictureRecord, dollars_per_neuron: float, swatch: str
) -> "list[Text]":
    picture, analysis = record.picture, record.analysis
    size = f"{picture.width_px} × {picture.height_px} px"
    if picture.is_truncated:
        size += ", truncated: part of the file is missing"
    facts = [size, f"looks like {picture.perceptual_hash}"]
    lines = _under("Picture", [picture.picture_hash, ", ".join(facts)])
    lines.append(_colours(picture.colours, swatch))
    if analysis.caption:
        is_composed = analysis.caption_source is CaptionSource.COMPOSED
        how = " (composed from labels)" if is_composed else ""
        lines.append(_line("Caption", analysis.caption + how))
    labels = ", ".join(f"{one.label} {one.score:.2f}" for one in analysis.labels)
    lines.append(_line("Labels", labels or "none"))
    if analysis.nsfw_score is not None:
        lines.append(_line("NSFW", f"{analysis.nsfw_score:.2f} of 1"))
    answers = [_answer(one, record, dollars_per_neuron) for one in record.answers]
    return lines + _under("Answers", answers)


def _colours(colours: tuple[Swatch, ...], swatch: str) -> "Text":
    line = _line("Colours", "")
    for position, one in enumerate(colours):
        line.append("  " if position else "")
        if swatch:
            line.append(f"{swatch} ", style=_style(one.hex))
        line.append(safe(f"{one.name} {one.share:.0%}"))
    return line


def _style(colour: str) -> str:
    is_hex = len(colour) == len("#rrggbb") and colour[1:].isalnum()
    try:
        return f"#{int(colour[1:], 16):06x}" if is_hex else ""
    except ValueError:
        return ""


def _answer(
    answer: Prediction, record: PictureRecord, dollars_per_neuron: float
) -> str:
    parts = [
        f"{answer.task}: {answer.model} ({answer.backend})",
        shown_time(answer.predicted_at),
        f"{answer.processing_time_ms} ms",
    ]
    if answer.neurons:
        how = "measured" if answer.is_measured else "estimated"
        dollars = shown_dollars(answer.neurons * dollars_per_neuron)
        parts.append(f"{shown_neurons(answer.neurons)} ({how}), {dollars}")
    parts += [f"{name}={_shortened(value)}" for name, value in answer.params.items()]
    if (answer.task, answer.model) not in record.counting:
        parts.append("a better or newer answer counts")
    return ", ".join(parts)


def _shortened(param: object) -> str:
    text = str(param)
    return text if len(text) <= _PARAM_WIDTH else f"{text[: _PARAM_WIDTH - 1]}…"


def _copy(image: ImageRecord) -> str:
    gone = f" (gone since {shown_time(image.gone_at)})" if image.gone_at else ""
    return f"{shown_uri(image.uri)}{gone}"


def _failure(failure: FailureRecord) -> str:
    if failure.resolved_at is None:
        return failure_line(failure)
    return f"{failure_line(failure)}; resolved {shown_time(failure.resolved_at)}"


def _as_object(shown: ShownImage) -> dict[str, object]:
    record = shown.picture
    return {
        "image": _image_object(shown.image) if shown.image else None,
        "picture": _picture_object(record.picture) if record else None,
        **_analysis_object(record.analysis if record else Analysis()),
        "answers": _answer_objects(record) if record else [],
        "copies": [_image_object(one) for one in shown.copies],
        "failures": [failure_object(one) for one in shown.failures],
    }


def _image_object(image: ImageRecord) -> dict[str, object]:
    return {
        "uri": image.uri,
        "size_bytes": image.size_bytes,
        "format": image.format,
        "file_hash": image.file_hash,
        "taken_at": image.taken_at,
        "first_seen_at": json_time(image.first_seen_at),
        "gone_at": json_time(image.gone_at) if image.gone_at else None,
        "keywords": list(image.words.keywords),
        "title": image.words.title or None,
        "description": image.words.description or None,
    }


def _picture_object(picture: Picture) -> dict[str, object]:
    return {
        "picture_hash": picture.picture_hash,
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "perceptual_hash": picture.perceptual_hash,
        "truncated": picture.is_truncated,
        "colours": colour_fields(picture.colours),
    }


def _analysis_object(analysis: Analysis) -> dict[str, object]:
    analyzed_at = analysis.analyzed_at
    return {
        "labels": label_fields(analysis.labels),
        "caption": analysis.caption,
        "caption_source": analysis.caption_source,
        "nsfw_score": analysis.nsfw_score,
        "models": list(analysis.models),
        "neurons": analysis.neurons,
        "processing_time_ms": analysis.processing_time_ms,
        "analyzed_at": json_time(analyzed_at) if analyzed_at else None,
    }


def _answer_objects(record: PictureRecord) -> list[dict[str, object]]:
    return [
        {**_answer_object(one), "counts": (one.task, one.model) in record.counting}
        for one in record.answers
    ]


def _answer_object(answer: Prediction) -> dict[str, object]:
    return {
        "task": answer.task,
        "backend": answer.backend,
        "model": answer.model,
        "predicted_at": json_time(answer.predicted_at),
        "neurons": answer.neurons,
        "measured": answer.is_measured,
        "processing_time_ms": answer.processing_time_ms,
        "params": dict(answer.params),
    }
