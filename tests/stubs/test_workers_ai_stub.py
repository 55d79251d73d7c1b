"""The stub itself: as strict as Workers AI, and the same answer every time."""

import base64
import json
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

import pytest

from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ImgaiError,
    ModelRetired,
    QuotaExhausted,
    RejectedImage,
    SettingsError,
)
from imgai.transport.cloudflare import Account, ApiAnswer, CloudflareApi
from imgai.transport.http import Body
from tests.models.prepared import prepared_image
from tests.stubs import hosted_models
from tests.stubs.hosted_models import BGE, BGE_M3, DETR, GEMMA, LLAVA, MOONDREAM
from tests.stubs.word_vectors import text_vector
from tests.stubs.workers_ai import WorkersAIStub

JPEG = prepared_image().jpeg
JPEG_URI = "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()
PNG_URI = "data:image/png;base64,AAAA"


@pytest.fixture
async def api(workers_ai: WorkersAIStub) -> AsyncIterator[CloudflareApi]:
    account = Account(workers_ai.account_id, workers_ai.token, workers_ai.url)
    async with aclosing(CloudflareApi(account)) as connected:
        yield connected


async def run(
    api: CloudflareApi, model: str, given: object, **headers: str
) -> ApiAnswer:
    body = (
        Body(given, "application/octet-stream")
        if isinstance(given, bytes)
        else Body(json.dumps(given).encode(), "application/json")
    )
    path = f"ai/run/{model}" if model else "ai/run"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.post(api.account_path(path), body, names)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "given"),
    [
        (DETR, b"no image"),
        (DETR, b""),
        (DETR, {"image": [1, 2, 3]}),
        (DETR, {"image": [256]}),
        (DETR, {"image": "text"}),
        (DETR, {"image": list(JPEG), "threshold": 0.5}),
        (LLAVA, {"prompt": "what?"}),
        (MOONDREAM, {"task": "caption", "image": PNG_URI, "stream": False}),
        (MOONDREAM, {"task": "caption", "image": "https://x.test/", "stream": False}),
        (GEMMA, {"messages": []}),
        (GEMMA, {"messages": [{"role": "user", "content": "hello"}]}),
        (BGE, {"text": []}),
        (BGE, {"text": ""}),
        (BGE, {"text": ["a", ""]}),
        (BGE, {"text": ["a"] * 101}),
        (BGE, {"text": ["a " * 600]}),
        (BGE, {"text": "a", "pooling": "max"}),
        (BGE, {"text": "a", "truncate_inputs": True}),
        (BGE_M3, {"text": "a", "pooling": "cls"}),
        (BGE_M3, {"text": "a", "truncate_inputs": "yes"}),
        (BGE, ["a"]),
        (BGE, b"\xff"),
    ],
)
async def test_what_breaks_a_models_schema_is_refused(
    api: CloudflareApi, workers_ai: WorkersAIStub, model: str, given: object
) -> None:
    """Workers AI refuses a whole request for one key too many, and bills nothing."""
    with pytest.raises(RejectedImage, match="5006"):
        await run(api, model, given)

    assert workers_ai.neurons == 0
    assert not workers_ai.calls[0].is_answered


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "meaning"),
    [
        (hosted_models.UFORM, ModelRetired),
        ("@cf/nobody/nothing", ModelRetired),
        ("", ModelRetired),
    ],
)
async def test_models_that_are_not_there_say_so(
    api: CloudflareApi, model: str, meaning: type[ImgaiError]
) -> None:
    """Retired, unknown, or named nowhere."""
    with pytest.raises(meaning):
        await run(api, model, JPEG)


@pytest.mark.anyio
async def test_moondream_streams_unless_told_not_to(api: CloudflareApi) -> None:
    """Its `stream` is true when left out: the answer is no JSON then."""
    array = await run(api, LLAVA, {"image": list(JPEG)})

    assert array.result["description"].startswith(" ")
    with pytest.raises(BadAnswer):
        await run(api, MOONDREAM, {"task": "caption", "image": JPEG_URI})


@pytest.mark.anyio
async def test_a_chat_model_that_may_think_answers_nothing(api: CloudflareApi) -> None:
    """Thinking takes the whole budget of tokens."""
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": JPEG_URI}},
    ]
    answer = await run(api, GEMMA, {"messages": [{"role": "user", "content": content}]})

    assert answer.result["choices"][0]["message"]["content"] is None


@pytest.mark.anyio
async def test_a_gateway_is_needed_where_the_path_names_no_model(
    api: CloudflareApi,
) -> None:
    """The model is in the body then, and a header names the gateway."""
    given = {"model": BGE, "input": {"text": "a cat"}}

    answer = await run(api, "", given, cf_aig_gateway_id="default")

    assert answer.result["shape"] == [1, 768]
    with pytest.raises(ImgaiError):
        await run(api, "", given)


@pytest.mark.anyio
async def test_only_the_right_token_and_account_come_in(
    workers_ai: WorkersAIStub,
) -> None:
    """Anything else is answered as Cloudflare answers it, and never reaches a model."""
    for account_id, token, meaning in (
        (workers_ai.account_id, "wrong", AccessDenied),
        ("f" * 32, workers_ai.token, SettingsError),
    ):
        account = Account(account_id, token, workers_ai.url)
        async with aclosing(CloudflareApi(account)) as api:
            with pytest.raises(meaning):
                await run(api, DETR, JPEG)

    assert workers_ai.calls == []
    assert len(workers_ai.requests) == 2


@pytest.mark.anyio
async def test_the_allocation_runs_out(
    api: CloudflareApi, workers_ai: WorkersAIStub
) -> None:
    """What is billed adds up, and nothing is billed beyond it."""
    workers_ai.allocation_neurons = 1.0
    for _ in range(2):
        await run(api, DETR, JPEG)

    with pytest.raises(QuotaExhausted):
        await run(api, DETR, JPEG)
    assert workers_ai.neurons == pytest.approx(2 * hosted_models.NEURONS[DETR])
    assert [call.is_answered for call in workers_ai.calls] == [True, True, False]


@pytest.mark.anyio
async def test_the_catalogue_tells_the_living_from_the_retired(
    api: CloudflareApi,
) -> None:
    """`doctor` sees a retired model before a picture is paid for."""

    async def found(**query: str) -> Mapping[str, bool]:
        path = api.account_path("ai/models/search")
        models = (await api.get(path, query)).result
        return {model["name"]: "deprecated" in model for model in models}

    assert hosted_models.UFORM not in await found()
    assert (await found(include_deprecated="true"))[hosted_models.UFORM]
    assert await found(search="detr") == {DETR: False}


@pytest.mark.anyio
async def test_the_token_can_be_verified_either_way(api: CloudflareApi) -> None:
    """User tokens and account tokens have an endpoint each."""
    for path in ("user/tokens/verify", api.account_path("tokens/verify")):
        assert (await api.get(path)).result["status"] == "active"


def test_texts_that_share_words_are_similar() -> None:
    """A search by meaning must find something in tests too."""

    def similarity(first: str, second: str) -> float:
        one, other = text_vector(first, "cls"), text_vector(second, "cls")
        dot = sum(a * b for a, b in zip(one, other, strict=True))
        return dot / (math.hypot(*one) * math.hypot(*other))

    assert similarity("a ginger cat", "Ginger cats!") > 0.6
    assert abs(similarity("a ginger cat", "castle on hill")) < 0.3
    assert text_vector("cat", "cls") != text_vector("cat", "mean")
