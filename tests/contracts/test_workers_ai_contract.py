"""Client and stub held against the published contract, by a proxy between the two.

The proxy is Prism, an npm package; it refuses what either side does wrong. To have
these tests run, put it where they look (or on the PATH):

    npm install --prefix "$IMGAI_NPM_CACHE" @stoplight/prism-cli@5.14.2

It mangles binary bodies, so pictures go through it in JSON alone; raw ones are checked
by the stub.
"""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from imgai.domain.predictions import Task
from imgai.errors import (
    AccessDenied,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    RejectedImage,
)
from imgai.models.base import ModelRequest
from imgai.models.profiles import ImageWire, Profile, find_profile, living
from imgai.models.workers_ai import HostedTextEmbedder, WorkersAI
from imgai.transport.cloudflare import Account, CloudflareApi
from imgai.transport.http import Body
from tests.models.prepared import prepared_image
from tests.stubs import faults, hosted_models
from tests.stubs.faults import Fault
from tests.stubs.workers_ai import WorkersAIStub, serve

CONTRACT = Path(__file__).with_name("workers-ai.openapi.json")
TODAY = date(2026, 11, 22)
IMAGE = prepared_image()
BGE = find_profile(Task.EMBEDDING, hosted_models.BGE)
_LISTENING = re.compile(r"listening on (http://[0-9.:]+)")


def in_json(profile: Profile) -> Profile:
    """Return a profile that sends pictures in JSON, whatever else it may do."""
    if not isinstance(profile.wire, ImageWire):
        return profile
    return replace(profile, wire=replace(profile.wire, takes_jpeg=False))


IMAGE_PROFILES = [
    in_json(profile)
    for task in (Task.LABELS, Task.CAPTION)
    for profile in living(task, TODAY)
]


def prism() -> str:
    """Return the program's path, or skip."""
    cache = os.environ.get("IMGAI_NPM_CACHE", "")
    beside = Path(cache, "node_modules", ".bin") if cache else None
    path = shutil.which("prism", path=beside) if beside else shutil.which("prism")
    if path is None or shutil.which("node") is None:
        pytest.skip("prism (npm: @stoplight/prism-cli) is not there; see the docstring")
    return path


@contextmanager
def proxy(program: str, upstream: str) -> Iterator[str]:
    """Yield the URL of a proxy that holds both sides to the contract."""
    with subprocess.Popen(
        [program, "proxy", "--errors", "-p", "0", CONTRACT, upstream],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        try:
            said = map(_LISTENING.search, process.stdout)
            url = next((match[1] for match in said if match), None)
            assert url is not None, "prism ended before it listened"
            # Its log must be read, or it would stop at a full pipe.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield url
        finally:
            process.kill()


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[WorkersAIStub, str]]:
    """Return a stub and the URL of the proxy before it."""
    program = prism()
    with serve() as stub, proxy(program, stub.url) as url:
        yield stub, url


@pytest.fixture
def stub(proxied: tuple[WorkersAIStub, str]) -> WorkersAIStub:
    proxied[0].reply_truth()
    return proxied[0]


@pytest.fixture
async def api(
    proxied: tuple[WorkersAIStub, str], stub: WorkersAIStub
) -> AsyncIterator[CloudflareApi]:
    account = Account(stub.account_id, stub.token, proxied[1])
    async with aclosing(CloudflareApi(account, deadline_s=20)) as connected:
        yield connected


@pytest.mark.anyio
async def test_the_proxy_refuses_what_breaks_the_contract(api: CloudflareApi) -> None:
    """Otherwise the tests below would say nothing."""
    wrong = Body(b'{"text":["a cat"],"colour":"red"}', "application/json")

    with pytest.raises(RejectedImage, match="422"):
        await api.post(api.account_path(f"ai/run/{BGE.model}"), wrong)


@pytest.mark.anyio
@pytest.mark.parametrize("profile", IMAGE_PROFILES, ids=lambda each: each.model)
async def test_every_living_model_is_asked_and_answers_by_the_contract(
    api: CloudflareApi, profile: Profile
) -> None:
    """Request and answer pass the proxy, so both are as published."""
    reply = await WorkersAI(api).ask(ModelRequest(profile, image=IMAGE))

    assert reply.neurons == hosted_models.NEURONS[profile.model]


@pytest.mark.anyio
@pytest.mark.parametrize("count", [1, 100])
async def test_texts_are_embedded_by_the_contract(
    api: CloudflareApi, count: int
) -> None:
    """One query or a full batch: the same key, the same shape."""
    embedder = HostedTextEmbedder(WorkersAI(api), BGE)

    assert len(await embedder.embed(["a ginger cat"] * count)) == count


REFUSALS: list[tuple[Callable[[], Fault], type[ImgaiError]]] = [
    (faults.quota_spent, QuotaExhausted),
    (faults.out_of_capacity, ModelUnavailable),
    (faults.minute_full, RateLimited),
    (faults.platform_throttled, RateLimited),
    (faults.retired, ModelRetired),
    (faults.bad_input, RejectedImage),
    (faults.token_refused, AccessDenied),
    (lambda: faults.workers_ai_refusal(413, 3006, "too large"), RejectedImage),
    (lambda: faults.workers_ai_refusal(408, 3046, "timeout"), ModelUnavailable),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("make", "meaning"), REFUSALS)
async def test_refusals_keep_to_the_contract_too(
    api: CloudflareApi,
    stub: WorkersAIStub,
    make: Callable[[], Fault],
    meaning: type[ImgaiError],
) -> None:
    """What the other tests take for Cloudflare's errors has their published shape."""
    stub.reply(make())

    with pytest.raises(meaning):
        await HostedTextEmbedder(WorkersAI(api), BGE).embed(["a cat"])
