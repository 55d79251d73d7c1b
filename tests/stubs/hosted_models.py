"""The models of the stub: strict about what they are asked, and deterministic.

Each refuses a key it does not know, as Workers AI does, and an image that is none.
"""

import base64
import binascii
import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tests.stubs.word_vectors import text_vector

DETR = "@cf/facebook/detr-resnet-50"
RESNET = "@cf/microsoft/resnet-50"
GEMMA = "@cf/google/gemma-4-26b-a4b-it"
MOONDREAM = "@cf/moondream/moondream3.1-9B-A2B"
LLAVA = "@cf/llava-hf/llava-1.5-7b-hf"
UFORM = "@cf/unum/uform-gen2-qwen-500m"
BGE = "@cf/baai/bge-base-en-v1.5"
BGE_M3 = "@cf/baai/bge-m3"
BGE_LARGE = "@cf/baai/bge-large-en-v1.5"
BGE_SMALL = "@cf/baai/bge-small-en-v1.5"

# What the stub says that one call of each costs, in neurons.
NEURONS = {
    DETR: 0.68,
    RESNET: 0.23,
    GEMMA: 3.27,
    MOONDREAM: 14.5,
    LLAVA: 1.5,
    UFORM: 1.0,
}
NEURONS_PER_TEXT = 0.36
MOST_TEXTS = 100
LONGEST_TEXT_WORDS = 512
DIMS = {BGE: 768, BGE_M3: 1_024, BGE_LARGE: 1_024, BGE_SMALL: 384}

_PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")
_DATA_URI = re.compile(
    r"data:image/(?:jpeg|png|webp);base64,(?P<content>.*)", re.DOTALL
)
_LABELS = ("cat", "dog", "bird", "boat", "bicycle", "car", "cake", "chair", "clock")


class Refused(Exception):
    """The request breaks the model's schema."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the stub is to see in a picture: labels with scores, and a caption."""

    labels: Mapping[str, float]
    caption: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer: parsed JSON, or a stream of events."""

    result: Any
    neurons: float
    is_stream: bool = False


Look = Callable[[Image.Image], Seen]


def average_colour(picture: Image.Image) -> tuple[int, int, int]:
    """Return a picture's mean red, green and blue, 0 to 255."""
    red, green, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]  # getpixel is typed for every mode
    return red, green, blue


def look_at_colours(picture: Image.Image) -> Seen:
    """See a thing that depends on the picture's average colour alone."""
    coarse = bytes(value // 64 for value in average_colour(picture))
    label = _LABELS[int.from_bytes(hashlib.sha256(coarse).digest()[:4]) % len(_LABELS)]
    return Seen({label: 0.97, "person": 0.42, "tie": 0.03}, f"A {label} in the sun.")


def run(model: str, content_type: str, body: bytes, look: Look) -> Reply:
    """Answer a request as the model would.

    Raises:
        Refused: it breaks the model's schema.
        KeyError: there is no such model.
    """
    return _MODELS[model](model, content_type, body, look)


def _labels(model: str, content_type: str, body: bytes, look: Look) -> Reply:
    picture = _picture(_sent_image(content_type, body, optional=()))
    found = look(picture).labels.items()
    result: list[dict[str, object]] = [
        {"score": score, "label": label} for label, score in found
    ]
    if model == DETR:
        box = {"xmin": 0, "ymin": 1, "xmax": picture.width, "ymax": picture.height}
        result = [{**item, "box": box} for item in result]
    return Reply(result, NEURONS[model])


def _describer(model: str, content_type: str, body: bytes, look: Look) -> Reply:
    optional = ("prompt", "max_tokens", "temperature", "top_p", "top_k", "seed", "raw")
    picture = _picture(_sent_image(content_type, body, optional))
    return Reply({"description": " " + look(picture).caption}, NEURONS[model])


def _moondream(model: str, content_type: str, body: bytes, look: Look) -> Reply:
    optional = (
        "task", "question", "target", "caption_length", "reasoning", "temperature",
        "top_p", "max_tokens", "max_objects", "stream",
    )  # fmt: skip
    given = _object(content_type, body, required=("image",), optional=optional)
    caption = look(_picture(_from_data_uri(given["image"]))).caption
    if given.get("task") != "caption":
        raise Refused("the stub's moondream only writes captions")
    result = {
        "finish_reason": "stop",
        "metrics": {"input_tokens": 700, "output_tokens": 12},
        "caption": caption,
        "answer": None,
        "points": None,
        "objects": None,
        "reasoning": None,
    }
    return Reply(result, NEURONS[model], is_stream=given.get("stream") is not False)


def _gemma(model: str, content_type: str, body: bytes, look: Look) -> Reply:
    optional = (
        "max_completion_tokens", "temperature", "top_p", "seed", "response_format",
        "chat_template_kwargs",
    )  # fmt: skip
    given = _object(content_type, body, required=("messages",), optional=optional)
    match given["messages"]:
        case [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": str()},
                    {"type": "image_url", "image_url": {"url": url, **rest}},
                ],
            }
        ] if not rest:
            caption = look(_picture(_from_data_uri(url))).caption
        case _:
            raise Refused("oneOf at '/messages' not met")
    thinks = given.get("chat_template_kwargs") != {"enable_thinking": False}
    message = {"role": "assistant", "content": None if thinks else caption}
    choice = {
        "index": 0,
        "message": {**message, "refusal": None},
        "finish_reason": "length" if thinks else "stop",
        "logprobs": None,
    }
    usage = {"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320}
    return Reply(
        {"object": "chat.completion", "model": model, "choices": [choice],
         "usage": usage},
        NEURONS[model],
    )  # fmt: skip


def _embeddings(model: str, content_type: str, body: bytes, _look: Look) -> Reply:
    given = _object(content_type, body, required=("text",), optional=("pooling",))
    pooling = given.get("pooling", "mean")
    if pooling not in {"mean", "cls"}:
        raise Refused("'/pooling' is neither mean nor cls")
    texts = _texts(given)
    if any(len(text.split()) > LONGEST_TEXT_WORDS for text in texts):
        raise Refused("a text is longer than 512 tokens")
    return _vectors(model, texts, pooling)


def _embeddings_unpooled(
    model: str, content_type: str, body: bytes, _look: Look
) -> Reply:
    given = _object(
        content_type, body, required=("text",), optional=("truncate_inputs",)
    )
    if not isinstance(given.get("truncate_inputs", False), bool):
        raise Refused("'/truncate_inputs' is not true or false")
    return _vectors(model, _texts(given), "cls")


def _texts(given: dict[str, Any]) -> list[str]:
    texts = [given["text"]] if isinstance(given["text"], str) else given["text"]
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS:
        raise Refused(f"'/text' must hold 1 to {MOST_TEXTS} items")
    if not all(isinstance(text, str) and text for text in texts):
        raise Refused("'/text' must hold strings of at least one character")
    return texts


def _vectors(model: str, texts: Sequence[str], pooling: str) -> Reply:
    dims = DIMS[model]
    vectors = [text_vector(text, f"{model}/{pooling}", dims) for text in texts]
    result = {"shape": [len(texts), dims], "data": vectors, "pooling": pooling}
    return Reply(result, NEURONS_PER_TEXT * len(texts))


def _object(
    content_type: str, body: bytes, required: Sequence[str], optional: Sequence[str]
) -> dict[str, Any]:
    """Return a JSON object that has these keys and no others."""
    try:
        given = json.loads(body)
    except ValueError as error:
        raise Refused("the body is not JSON") from error
    if "json" not in content_type or not isinstance(given, dict):
        raise Refused("the body is not an object of JSON")
    for key in given:
        if key not in {*required, *optional}:
            raise Refused(
                f"Additional or unevaluated properties '/{key}' at '/' not allowed"
            )
    for key in required:
        if key not in given:
            raise Refused(f"required properties at '/' are '{key}'")
    return given


def _sent_image(content_type: str, body: bytes, optional: Sequence[str]) -> bytes:
    """Return the image of a body: its bytes as they are, or integers in JSON."""
    if "json" not in content_type:
        return body
    values = _object(content_type, body, ("image",), optional)["image"]
    if not isinstance(values, list):
        raise Refused("Type mismatch of '/image': not in 'array','binary'")
    try:
        return bytes(values)
    except (TypeError, ValueError) as error:
        raise Refused("'/image' holds what is no integer from 0 to 255") from error


def _from_data_uri(value: object) -> bytes:
    match = _DATA_URI.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Refused("Invalid data for image - reason expected ';base64,'")
    try:
        return base64.b64decode(match["content"], validate=True)
    except binascii.Error as error:
        raise Refused("Invalid data type for base64 input") from error


def _picture(content: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(content), formats=_PICTURE_FORMATS)
        picture.load()
    except Exception as error:  # Pillow raises many types for one broken image
        raise Refused("failed to decode the image") from error
    return picture


_MODELS: dict[str, Callable[[str, str, bytes, Look], Reply]] = {
    DETR: _labels,
    RESNET: _labels,
    GEMMA: _gemma,
    MOONDREAM: _moondream,
    LLAVA: _describer,
    UFORM: _describer,
    BGE: _embeddings,
    BGE_M3: _embeddings_unpooled,
    BGE_LARGE: _embeddings,
    BGE_SMALL: _embeddings,
}
ALL = frozenset(_MODELS)
