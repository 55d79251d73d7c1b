"""Workers AI, played by a stub over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from imgai.models.base import Host
from imgai.models.workers_ai import WorkersAI
from imgai.transport.cloudflare import Account, CloudflareApi
from tests.stubs.workers_ai import WorkersAIStub


@pytest.fixture
async def api(workers_ai: WorkersAIStub) -> AsyncIterator[CloudflareApi]:
    """Return a connection to the stub."""
    account = Account(workers_ai.account_id, workers_ai.token, workers_ai.url)
    async with aclosing(CloudflareApi(account, deadline_s=10)) as connected:
        yield connected


@pytest.fixture
def host(api: CloudflareApi) -> Host:
    """Return Workers AI as a host, played by the stub."""
    return WorkersAI(api)
