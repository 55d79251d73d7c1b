"""Servers whose certificates are refused: said at once, each with its remedy."""

import ssl
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imgai.errors import HostUnreachable
from imgai.transport.http import HttpAnswer, HttpClient, HttpRequest
from imgai.transport.wording import Redactor
from tests.stubs.certificates import Issuer
from tests.stubs.faulty import FaultyServer, whole

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Return an issuer of certificates that this process trusts."""
    issuer = Issuer(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(issuer.path))
    return issuer


async def ask(tls: ssl.SSLContext) -> HttpAnswer:
    with FaultyServer(lambda: [whole()], tls=tls).running() as server:
        client = HttpClient(server.url, Redactor())
        async with aclosing(client):
            return await client.send(HttpRequest("GET", "/"))


async def refusal(tls: ssl.SSLContext) -> HostUnreachable:
    with pytest.raises(HostUnreachable, match=r"127\.0\.0\.1") as caught:
        await ask(tls)
    return caught.value


@pytest.mark.anyio
async def test_a_good_certificate_of_a_trusted_issuer_is_taken(issuer: Issuer) -> None:
    """The others are refused for what is wrong with them, and for nothing else."""
    assert (await ask(issuer.tls())).status == 200


@pytest.mark.anyio
async def test_an_expired_certificate_is_the_clocks_or_the_servers(
    issuer: Issuer,
) -> None:
    """A clock that is years ahead is as likely as a server nobody looks after."""
    refused = await refusal(issuer.tls(ends=YESTERDAY))

    assert "expired" in str(refused)
    assert "clock" in refused.hint


@pytest.mark.anyio
async def test_a_certificate_of_tomorrow_is_the_clocks(issuer: Issuer) -> None:
    """A machine without a battery wakes up in 1970."""
    refused = await refusal(issuer.tls(begins=TOMORROW))

    assert "not valid yet" in str(refused)
    assert "clock" in refused.hint


@pytest.mark.parametrize("name", ["other.example", "127.0.0.2"])
@pytest.mark.anyio
async def test_a_certificate_for_another_name_points_to_the_setting(
    issuer: Issuer, name: str
) -> None:
    """And to hotels, whose networks answer for everybody until one signs in."""
    refused = await refusal(issuer.tls(name))

    assert "another name" in str(refused)
    assert "CLOUDFLARE_API_BASE_URL" in refused.hint
    assert "sign in" in refused.hint


@pytest.mark.anyio
async def test_an_issuer_nobody_knows_points_to_the_list_of_those_that_are(
    tmp_path: Path,
) -> None:
    """A company's proxy is the usual reason; without one it may be an attack."""
    refused = await refusal(Issuer(tmp_path).tls())

    assert "does not trust" in str(refused)
    assert "SSL_CERT_FILE" in refused.hint
