"""Cloudflare's API, connected to a stub, as the transport's tests use it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

import pytest

from imgai.errors import ImgaiError
from imgai.transport.cloudflare import Account, CloudflareApi
from imgai.transport.http import Body
from tests.stubs import hosted_models
from tests.stubs.faults import Fault
from tests.stubs.workers_ai import WorkersAIStub

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUN = f"ai/run/{hosted_models.BGE}"
TEXT = Body(b'{"text":["a cat"]}', "application/json")


@asynccontextmanager
async def connected(
    stub: WorkersAIStub, token: str = "", deadline_s: float = 5.0
) -> AsyncIterator[CloudflareApi]:
    account = Account(stub.account_id, token or stub.token, stub.url)
    api = CloudflareApi(account, deadline_s=deadline_s, now=lambda: NOON)
    async with aclosing(api):
        yield api


async def error_after(stub: WorkersAIStub, answer: Fault) -> ImgaiError:
    """Return the error that an answer of the stub becomes."""
    stub.reply(answer)
    async with connected(stub, deadline_s=1.0) as api:
        with pytest.raises(ImgaiError) as caught:
            await api.post(api.account_path(RUN), TEXT)
    return caught.value
