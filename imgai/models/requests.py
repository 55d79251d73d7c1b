"""How each kind of hosted model wants to be asked: the JSON it takes as input.

Some models refuse a whole request for one key they do not know, so only keys that
the model's own page lists are sent.
"""

import base64
from collections.abc import Mapping, Sequence

Params = Mapping[str, str | int | float]
JsonObject = dict[str, object]

CAPTION_PROMPT = (
    "Describe this photo in one plain sentence of at most 30 words, for someone "
    "searching a photo library: the main subject, what is happening, the setting. "
    "Name only what is visible, and never guess who a person is."
)
CAPTION_TOKENS = 128  # a sentence takes 20 to 40
LONGEST_TEXT_WORDS = 350  # about 460 of the embedding model's 512 tokens
LONGEST_TEXT_CHARACTERS = 2_000


def integer_array(jpeg: bytes, params: Params) -> JsonObject:
    """Return the input of a model that takes a picture as integers, 0 to 255."""
    return {"image": list(jpeg), **params}


def captioning_task(jpeg: bytes, params: Params) -> JsonObject:
    """Return the input of a Moondream model, asked for its caption."""
    # Left out, `stream` is true, and the answer a stream of events.
    return {
        "task": "caption",
        "image": _data_uri(jpeg),
        "stream": False,
        **params,
    }


def chat(jpeg: bytes, params: Params) -> JsonObject:
    """Return the input of a chat model that sees; `params` holds the prompt."""
    options = {key: value for key, value in params.items() if key != "prompt"}
    question = {"type": "text", "text": params["prompt"]}
    picture = {"type": "image_url", "image_url": {"url": _data_uri(jpeg)}}
    return {
        "messages": [{"role": "user", "content": [question, picture]}],
        # Left to think, it may spend all its tokens on that and answer nothing.
        "chat_template_kwargs": {"enable_thinking": False},
        **options,
    }


def text_batch(texts: Sequence[str], params: Params) -> JsonObject:
    """Return the input of an embedding model, each text cut to what it can read."""
    return {"text": [shortened(text) for text in texts], **params}


def shortened(text: str) -> str:
    """Return as much of a text's beginning as an embedding model reads.

    Whether the host cuts or refuses a longer one is not documented. What is no
    Unicode, such as a lone surrogate from the command line, becomes a question mark.
    """
    words = text.encode("utf-8", "replace").decode("utf-8").split()
    return " ".join(words[:LONGEST_TEXT_WORDS])[:LONGEST_TEXT_CHARACTERS]


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
