"""What imgai knows of each hosted model: how to ask, limits, price, retirement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from imgai.domain.images import PreparedImage
from imgai.domain.predictions import Caption, Labels, Task, Vector, VectorSpace
from imgai.errors import SettingsError
from imgai.models import answers, requests
from imgai.models.neurons import DOLLARS_PER_NEURON
from imgai.models.requests import JsonObject, Params

# No page says how many tokens a captioner makes of a picture: an assumption, on the
# high side for one of at most 1024 px.
_MOST_IMAGE_TOKENS = 1_600

_PRICES = "https://developers.cloudflare.com/workers-ai/platform/pricing/"
_MODELS = "https://developers.cloudflare.com/workers-ai/models/"


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, by the host's dated price list."""

    as_of: date
    source: str  # the page it stands on
    dollars_per_request: float = 0.0
    dollars_per_million_input_tokens: float = 0.0
    dollars_per_million_output_tokens: float = 0.0


@dataclass(frozen=True, slots=True)
class ImageWire:
    """How a model that looks at an image is spoken to.

    Attributes:
        write: makes the JSON input from a JPEG and the profile's params.
        read: makes the answer from the parsed result and the image that was sent;
            raises nothing but `BadAnswer`.
        takes_jpeg: the JPEG itself may be sent in place of JSON, when there are no
            params to send with it.
    """

    write: Callable[[bytes, Params], JsonObject]
    read: Callable[[Any, PreparedImage], Labels | Caption]
    takes_jpeg: bool = False


@dataclass(frozen=True, slots=True)
class TextWire:
    """How a model that embeds texts is spoken to.

    Attributes:
        write: makes the JSON input from the texts and the profile's params.
        read: makes one vector of unit length a text, from the parsed result, the
            number of texts and the space; raises nothing but `BadAnswer`.
        space: where the vectors live.
        most_tokens: of one text: the model reads no further.
    """

    write: Callable[[Sequence[str], Params], JsonObject]
    read: Callable[[Any, int, VectorSpace], tuple[Vector, ...]]
    space: VectorSpace
    most_tokens: int = 512


@dataclass(frozen=True, slots=True)
class Profile:
    """One hosted model: how it is asked, how its answer is read, limits and price."""

    model: str  # "@cf/facebook/detr-resnet-50"
    task: Task
    requests_per_minute: int  # the documented limit of an account
    price: Price | None  # None: its host publishes none; its cost is unknown
    wire: ImageWire | TextWire
    retired_on: date | None = None
    # Sent with each request and kept with each answer: what shaped it.
    params: Params = field(default_factory=dict, hash=False)


_LABELS = ImageWire(requests.integer_array, answers.read_labels, takes_jpeg=True)
_DESCRIPTION = ImageWire(requests.integer_array, answers.read_caption)


def _text_price(dollars_per_million_tokens: float) -> Price:
    return Price(
        as_of=date(2026, 8, 28),
        source=_PRICES,
        dollars_per_million_input_tokens=dollars_per_million_tokens,
    )


def _bge(model: str, dims: int, price: Price, per_minute: int = 3_000) -> Profile:
    """Return the profile of an English BGE model: they differ in width and price."""
    return Profile(
        model=model,
        task=Task.EMBEDDING,
        requests_per_minute=per_minute,
        price=price,
        wire=TextWire(
            requests.text_batch, answers.read_vectors, VectorSpace(model, "cls", dims)
        ),
        params={"pooling": "cls"},
    )


# In the order in which `auto` prefers them, task by task. Limits: the page
# https://developers.cloudflare.com/workers-ai/platform/limits/ of 2026-09-17.
PROFILES: tuple[Profile, ...] = (
    Profile(
        model="@cf/facebook/detr-resnet-50",
        task=Task.LABELS,
        requests_per_minute=3_000,
        price=Price(
            as_of=date(2026, 3, 13),
            source=_MODELS + "detr-resnet-50/",
            dollars_per_request=7.5e-6,
        ),
        wire=_LABELS,
    ),
    Profile(
        model="@cf/microsoft/resnet-50",
        task=Task.LABELS,
        requests_per_minute=3_000,
        price=Price(
            as_of=date(2026, 8, 28), source=_PRICES, dollars_per_request=2.51e-6
        ),
        wire=_LABELS,
    ),
    Profile(
        model="@cf/google/gemma-4-26b-a4b-it",
        task=Task.CAPTION,
        requests_per_minute=300,
        price=Price(
            as_of=date(2026, 8, 28),
            source=_PRICES,
            dollars_per_million_input_tokens=0.10,
            dollars_per_million_output_tokens=0.30,
        ),
        wire=ImageWire(requests.chat, answers.read_caption),
        params={
            "prompt": requests.CAPTION_PROMPT,
            "max_completion_tokens": requests.CAPTION_TOKENS,
            "temperature": 0.2,
        },
    ),
    Profile(
        model="@cf/moondream/moondream3.1-9B-A2B",
        task=Task.CAPTION,
        requests_per_minute=720,
        price=Price(
            as_of=date(2026, 8, 28),
            source=_PRICES,
            dollars_per_million_input_tokens=0.30,
            dollars_per_million_output_tokens=1.00,
        ),
        wire=ImageWire(requests.captioning_task, answers.read_caption),
        params={
            "caption_length": "short",
            "max_tokens": requests.CAPTION_TOKENS,
            "temperature": 0.2,
        },
    ),
    Profile(
        model="@cf/llava-hf/llava-1.5-7b-hf",
        task=Task.CAPTION,
        requests_per_minute=720,
        price=None,
        wire=_DESCRIPTION,
        params={
            "prompt": requests.CAPTION_PROMPT,
            "max_tokens": requests.CAPTION_TOKENS,
        },
    ),
    Profile(
        model="@cf/unum/uform-gen2-qwen-500m",
        task=Task.CAPTION,
        requests_per_minute=720,
        price=None,
        wire=_DESCRIPTION,
        retired_on=date(2026, 5, 30),
        params={
            "prompt": requests.CAPTION_PROMPT,
            "max_tokens": requests.CAPTION_TOKENS,
        },
    ),
    _bge("@cf/baai/bge-base-en-v1.5", 768, _text_price(0.067)),
    Profile(
        model="@cf/baai/bge-m3",
        task=Task.EMBEDDING,
        requests_per_minute=3_000,
        price=_text_price(0.012),
        wire=TextWire(
            requests.text_batch,
            # It is not asked how to pool, and what it says of that is not documented.
            answers.read_vectors_of_any_pooling,
            VectorSpace("@cf/baai/bge-m3", "cls", 1_024),
            most_tokens=8_192,
        ),
        params={"truncate_inputs": True},
    ),
    _bge("@cf/baai/bge-large-en-v1.5", 1_024, _text_price(0.204), per_minute=1_500),
    _bge("@cf/baai/bge-small-en-v1.5", 384, _text_price(0.020)),
)

_SETTINGS = {
    Task.LABELS: "AI_LABEL_MODEL",
    Task.CAPTION: "AI_CAPTION_MODEL",
    Task.EMBEDDING: "AI_EMBEDDING_MODEL",
}


def living(task: Task, today: date) -> tuple[Profile, ...]:
    """Return a task's profiles that are not retired, in the order of `auto`."""
    return tuple(
        profile
        for profile in PROFILES
        if profile.task is task
        and (profile.retired_on is None or today < profile.retired_on)
    )


def find_profile(task: Task, model: str) -> Profile:
    """Return the profile of a model the user named, be it retired or not.

    Args:
        task: what the model is for.
        model: its whole name, or the part behind the last slash.

    Raises:
        SettingsError: imgai knows no such model; it says which it knows.
    """
    named = [profile for profile in PROFILES if profile.task is task]
    for profile in named:
        if model in {profile.model, profile.model.rpartition("/")[2]}:
            return profile
    known = ", ".join(profile.model for profile in named if not profile.retired_on)
    raise SettingsError(
        f"{_SETTINGS.get(task, task)} names a model that imgai does not know: "
        f"{answers.cleaned(model, answers.LONGEST_LABEL)}",
        hint=f"It may be auto{', ' if known else ''}{known}.",
    )


def neurons_at_most(profile: Profile, texts: Sequence[str] = ()) -> float | None:
    """Return the most that one request can cost, in neurons; None if unpriced.

    For a picture it takes what the model may write at its longest, and what a
    picture makes it read at the most.

    Args:
        profile: the model asked.
        texts: what it is asked to embed.
    """
    price = profile.price
    if price is None:
        return None
    match profile.wire:
        case ImageWire():
            read = _MOST_IMAGE_TOKENS + _most_tokens(
                str(profile.params.get("prompt", ""))
            )
            written = requests.CAPTION_TOKENS
        case TextWire(most_tokens=most_tokens):
            read = sum(min(most_tokens, _most_tokens(text)) for text in texts)
            written = 0
    dollars = price.dollars_per_request + 1e-6 * (
        read * price.dollars_per_million_input_tokens
        + written * price.dollars_per_million_output_tokens
    )
    return dollars / DOLLARS_PER_NEURON


def _most_tokens(text: str) -> int:
    """Return more tokens than any tokenizer makes: one a byte, and two around it."""
    return len(text.encode("utf-8", "surrogatepass")) + 2
