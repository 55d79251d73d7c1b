"""A server that cannot prove who it is ends a command at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.stubs.certificates import Issuer
from tests.stubs.faulty import FaultyServer, whole

Numbered = Callable[[int], Path]


@pytest.fixture
def server(tmp_path: Path) -> FaultyServer:
    """Return a server nobody vouches for."""
    return FaultyServer(lambda: [whole()], tls=Issuer(tmp_path).tls())


def lead_to(server: FaultyServer, program: Imgai) -> None:
    """Send all the program's calls to a server, those to a bucket as well."""
    program.environment |= {
        "CLOUDFLARE_API_BASE_URL": server.url,
        "R2_ENDPOINT_URL": server.url,
        "R2_ACCESS_KEY_ID": "an-access-key-id",
        "R2_SECRET_ACCESS_KEY": "a-secret-access-key",
    }


@pytest.mark.parametrize("is_bucket", [False, True])
def test_a_run_ends_at_once_and_asks_only_once(
    server: FaultyServer, hosted: Imgai, numbered: Numbered, *, is_bucket: bool
) -> None:
    """69, with the reason: repeating it for a minute would not make it better."""
    with server.running():
        lead_to(server, hosted)
        ran = hosted("classify", "r2://photos" if is_bucket else numbered(3), "--json")

    assert ran.exit_code == 69, ran.err
    assert ran.last_error["error"] == "HostUnreachable"
    assert "does not trust" in ran.last_error["message"]
    assert "SSL_CERT_FILE" in ran.last_error["hint"]
    assert (server.connections, server.received) == (1, [])


def test_doctor_says_what_is_wrong_with_the_certificate(
    server: FaultyServer, hosted: Imgai
) -> None:
    """With the exit code that `classify` would end with, and the remedy."""
    with server.running():
        lead_to(server, hosted)
        ran = hosted("doctor", "--json")

    assert ran.exit_code == 69, ran.err
    assert "does not trust" in ran.out
    assert "SSL_CERT_FILE" in ran.out
