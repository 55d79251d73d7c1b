"""Workers AI behind servers without manners: bounded, named, and nothing leaks."""

import ssl
import traceback
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import date
from pathlib import Path

import pytest

from imgai.domain.predictions import Labels, Task
from imgai.errors import (
    BadAnswer,
    HostUnreachable,
    ImgaiError,
    ModelUnavailable,
    TransientError,
)
from imgai.models.base import ModelReply, ModelRequest
from imgai.models.profiles import living
from imgai.models.workers_ai import WorkersAI
from imgai.transport.cloudflare import Account, CloudflareApi
from tests.models.prepared import prepared_image
from tests.stubs import faulty
from tests.stubs.certificates import Issuer
from tests.stubs.faulty import FaultyServer, Script, whole

ACCOUNT_ID = "fedcba9876543210" * 2
TOKEN = "cfut_" + "9876543210" * 4
LABELS = living(Task.LABELS, date(2026, 11, 22))[0]
REQUEST = ModelRequest(LABELS, image=prepared_image())
SHORT_S = 0.3  # a deadline that these servers run into
AMPLE_S = 20.0  # one that they should not


@asynccontextmanager
async def connected(
    server: FaultyServer, deadline_s: float
) -> AsyncIterator[WorkersAI]:
    account = Account(ACCOUNT_ID, TOKEN, f"{server.url}/client/v4")
    async with aclosing(CloudflareApi(account, deadline_s=deadline_s)) as api:
        yield WorkersAI(api)


async def ask(server: FaultyServer, deadline_s: float) -> ModelReply:
    async with connected(server, deadline_s) as host:
        return await host.ask(REQUEST)


async def error_of(server: FaultyServer, deadline_s: float) -> ImgaiError:
    with server.running(), pytest.raises(ImgaiError) as caught:
        await ask(server, deadline_s)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert TOKEN not in shown
    assert ACCOUNT_ID not in shown
    return caught.value


@pytest.mark.anyio
async def test_a_well_mannered_answer_gets_through() -> None:
    """The fault server itself is no fault: what it says in full is understood."""
    with FaultyServer(lambda: [whole()]).running() as server:
        reply = await ask(server, AMPLE_S)

    assert reply.answer == Labels(())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("script", "pause_s"),
    [
        (faulty.dripping, 0.01),
        (faulty.dripping_head, 0.01),
        (faulty.endless_continues, 0.001),
        (lambda: [b""] * 10_000, 0.01),
    ],
    ids=["body drips", "head drips", "only promises", "silence"],
)
async def test_the_deadline_covers_the_whole_call(
    script: Script, pause_s: float
) -> None:
    """A server that always sends one more byte in time must not hold a worker."""
    error = await error_of(FaultyServer(script, pause_s=pause_s), SHORT_S)

    assert isinstance(error, ModelUnavailable)
    assert "within 0.3 s" in str(error)
    assert error.perhaps_billed


@pytest.mark.anyio
@pytest.mark.parametrize(
    "script", [faulty.endless, faulty.endless_head, faulty.gzip_bomb]
)
async def test_no_answer_fills_the_memory(script: Script) -> None:
    """What is too large is dropped when it is, however well it was packed."""
    tracemalloc.start()
    try:
        error = await error_of(FaultyServer(script), AMPLE_S)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(error, TransientError)
    assert "within" not in str(error)
    assert peak_bytes < 64 * 2**20  # the bomb itself, unpacked, takes some of it


@pytest.mark.anyio
async def test_five_thousand_headers_are_no_answer() -> None:
    """An answer that is mostly headers comes from something that is not Cloudflare."""
    error = await error_of(FaultyServer(faulty.many_headers), AMPLE_S)

    assert isinstance(error, TransientError)


@pytest.mark.anyio
@pytest.mark.parametrize("resets", [True, False], ids=["reset", "end"])
async def test_a_connection_may_break_at_any_byte(
    resets: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """Half an answer is none, wherever it stops: named, and perhaps billed."""
    answer = whole(faulty.ENVELOPE, "Content-Type: application/json", "cf-ray: 1")
    for size in range(0, len(answer), 11):
        server = FaultyServer(lambda size=size: [answer[:size]], resets=resets)  # type: ignore[misc]  # mypy cannot type a lambda with a default
        error = await error_of(server, AMPLE_S)

        assert isinstance(error, ModelUnavailable), size
        assert error.perhaps_billed, size


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 1_000,
        whole(status="999 What"),
        whole(status="2000 OK"),
        whole(b"", "Content-Length: -1"),
        whole(b"", "Content-Length: 10", "Content-Length: 20"),
        faulty.head("Transfer-Encoding: chunked") + b"zz\r\nno chunk\r\n",
        faulty.head("Transfer-Encoding: chunked") + b"fffffffffffffffff\r\n",
        whole(faulty.ENVELOPE, "Content-Encoding: gzip"),
        whole(faulty.ENVELOPE, "Content-Encoding: zstd"),
        whole(b'{"result":{},"success":true}'),
        whole(b'{"result":[{"label":"\\ud800"}],"success":true}'),
        whole(b'{"result":[{"label":"a","score":1e999}],"success":true}'),
        whole(b'{"result":[{"label":"' + b"a" * 10**7 + b'"}],"success":true}'),
    ],
)
async def test_a_malformed_answer_is_named_as_one(answer: bytes) -> None:
    """Whatever stands where an answer should be, it is retried and never stored."""
    error = await error_of(FaultyServer(lambda: [answer]), AMPLE_S)

    assert isinstance(error, BadAnswer | ModelUnavailable)
    assert str(error).isprintable()


@pytest.mark.anyio
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Keep", "308 Keep"])
async def test_a_redirect_gets_nothing(status: str) -> None:
    """Following one would carry token and picture to whoever the answer names."""
    with FaultyServer(lambda: [whole()]).running() as thief:
        location = f"Location: {thief.url}/client/v4/ai"
        redirecting = FaultyServer(lambda: [whole(b"", location, status=status)])
        error = await error_of(redirecting, AMPLE_S)

    assert isinstance(error, ModelUnavailable)
    assert thief.received == []
    assert TOKEN.encode() in redirecting.received[0]


@pytest.mark.anyio
async def test_cookies_are_not_kept() -> None:
    """A cookie would follow every later call, and say that they belong together."""
    server = FaultyServer(lambda: [whole(faulty.ENVELOPE, "Set-Cookie: id=1; Path=/")])
    with server.running():
        async with connected(server, AMPLE_S) as host:
            await host.ask(REQUEST)
            await host.ask(REQUEST)

    assert len(server.received) == 2
    assert b"cookie" not in b"".join(server.received).lower()


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's TLS, and the certificate of its issuer, whom nobody trusts."""
    issuer = Issuer(tmp_path)
    return issuer.tls(), issuer.path


@pytest.mark.anyio
async def test_a_certificate_nobody_vouches_for_is_refused(
    tls: tuple[ssl.SSLContext, Path],
) -> None:
    """The token goes to a server that proves its name, and to no other."""
    server = FaultyServer(lambda: [whole()], tls=tls[0])
    error = await error_of(server, AMPLE_S)

    assert isinstance(error, HostUnreachable)  # which no wait would help
    assert "certificate" in str(error)
    assert TOKEN.encode() not in b"".join(server.received)


@pytest.mark.anyio
async def test_a_garbled_tls_record_is_a_broken_connection(
    tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's own TLS error is none of the HTTP library's: it must be named too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    half = whole()[:60]
    error = await error_of(
        FaultyServer(lambda: [half], tls=tls[0], garbles_tls=True), AMPLE_S
    )

    assert isinstance(error, ModelUnavailable)
    assert error.perhaps_billed


@pytest.mark.anyio
async def test_a_companys_own_certificate_may_be_named(
    tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE says who is trusted; the checking itself cannot be turned off."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    with FaultyServer(lambda: [whole()], tls=tls[0]).running() as server:
        reply = await ask(server, AMPLE_S)

    assert reply.answer == Labels(())
