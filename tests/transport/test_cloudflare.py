"""Calls of Cloudflare's API: over as many connections as it takes, without leaks."""

import asyncio
import gzip
import json
import math
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.errors import AccessDenied, BadAnswer, ModelUnavailable, SettingsError
from imgai.transport.cloudflare import Account, CloudflareApi, parse_json
from imgai.transport.wording import LONGEST_QUOTE
from tests.commands.processes import wait_until
from tests.stubs import faults
from tests.stubs.faults import Fault
from tests.stubs.workers_ai import WorkersAIStub
from tests.transport.connected import RUN, TEXT, connected, error_after


@pytest.mark.anyio
async def test_a_closed_port_was_never_billed(workers_ai: WorkersAIStub) -> None:
    """A request that never left cost nothing."""
    account = Account(workers_ai.account_id, workers_ai.token, "http://127.0.0.1:1")
    async with aclosing(CloudflareApi(account)) as api:
        with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1 cannot be") as caught:
            await api.get("user/tokens/verify")

    assert not caught.value.perhaps_billed


@pytest.mark.anyio
async def test_the_wrong_token_and_account_are_told_apart(
    workers_ai: WorkersAIStub,
) -> None:
    """Each names the variable to look at."""
    async with connected(workers_ai, token="cfut_wrong") as api:  # noqa: S106 - it is none
        with pytest.raises(AccessDenied) as denied:
            await api.get(api.account_path("ai/models/search"))
    account = Account("f" * 32, workers_ai.token, workers_ai.url)
    async with aclosing(CloudflareApi(account)) as api:
        with pytest.raises(SettingsError) as wrong:
            await api.get(api.account_path("ai/models/search"))

    assert "CLOUDFLARE_API_TOKEN" in denied.value.hint
    assert "CLOUDFLARE_ACCOUNT_ID" in wrong.value.hint


@pytest.mark.anyio
async def test_an_echoed_token_is_starred_out(workers_ai: WorkersAIStub) -> None:
    """A server that quotes the request must not get the token into a log."""
    echo = f"\x1b[31mBearer {workers_ai.token} of {workers_ai.account_id}\u202e " * 50
    error = await error_after(workers_ai, faults.bad_input(echo))

    assert workers_ai.token not in str(error)
    assert workers_ai.account_id not in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < LONGEST_QUOTE + 50


@pytest.mark.anyio
@pytest.mark.parametrize("size_bytes", [10, 3_000_000])
async def test_a_packed_answer_is_unpacked(
    workers_ai: WorkersAIStub, size_bytes: int
) -> None:
    """A server may pack; a hundred embeddings are large and must fit."""
    result = "x" * size_bytes
    envelope = json.dumps({"success": True, "result": result}).encode()
    workers_ai.reply(Fault(200, gzip.compress(envelope), {"Content-Encoding": "gzip"}))

    async with connected(workers_ai) as api:
        answer = await api.post(api.account_path(RUN), TEXT)

    assert answer.result == result


@pytest.mark.anyio
async def test_calls_spread_over_pools_of_eight(workers_ai: WorkersAIStub) -> None:
    """Forty calls at once are all in flight at once, and none waits for another."""
    workers_ai.latency_s = 60
    async with connected(workers_ai) as api:
        calls = [
            asyncio.ensure_future(api.post(api.account_path(RUN), TEXT))
            for _ in range(40)
        ]
        await asyncio.to_thread(
            wait_until, lambda: workers_ai.in_flight == 40, "all are in flight"
        )
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize(
    "token", ["", "two words", "line\nend", "caf\u00e9", "x" * 5_000]
)
def test_a_token_that_no_header_can_carry_is_refused_unseen(token: str) -> None:
    """The HTTP library would quote it in its error, and the error would be logged."""
    with pytest.raises(SettingsError) as caught:
        Account("0" * 32, token)

    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("account_id", ["", "../zones", "a b", "x" * 100])
def test_an_account_id_that_would_change_the_path_is_refused(account_id: str) -> None:
    """The id is part of the URL: nothing in it may lead elsewhere."""
    with pytest.raises(SettingsError, match="CLOUDFLARE_ACCOUNT_ID"):
        Account(account_id, "token")


@given(
    content=st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace"))
)
def test_parsing_raises_nothing_but_bad_answer(content: bytes) -> None:
    """Whatever comes over the wire is JSON or a bad answer, never a crash."""
    try:
        parsed = parse_json(content)
    except BadAnswer:
        return
    assert not (isinstance(parsed, float) and math.isnan(parsed))


@pytest.mark.anyio
async def test_each_path_is_asked_for_as_often_as_it_was_meant(
    workers_ai: WorkersAIStub,
) -> None:
    """URLs are remembered once they are read; none is taken for another."""
    async with connected(workers_ai) as api:
        verify, run = "user/tokens/verify", api.account_path(RUN)
        for _ in range(2):
            await api.get(verify)
            await api.post(run, TEXT)
            await api.get(verify, {"page": "2"})

    targets = [target.partition("/client/v4/")[2] for _, target in workers_ai.requests]
    assert targets == [verify, run, f"{verify}?page=2"] * 2
