"""Where the HTTP client may be pointed, and what of the environment it heeds."""

import pytest

from imgai.errors import SettingsError
from imgai.transport.http import HttpClient
from imgai.transport.wording import Redactor


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.example/client/v4",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "",
        "https://",
        "https://user:secret@api.example/",
        "http://[::1",
    ],
)
def test_a_base_url_that_would_show_the_token_is_refused(base_url: str) -> None:
    """Without TLS anyone on the way could read it; only loopback is exempt."""
    with pytest.raises(SettingsError) as caught:
        HttpClient(base_url, Redactor())

    assert "CLOUDFLARE_API_BASE_URL" in caught.value.hint


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"]
)
def test_loopback_needs_no_tls_and_no_proxy(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stub on this machine must not be looked for behind the company's proxy."""
    monkeypatch.setenv("ALL_PROXY", "gopher://never.used")

    HttpClient(base_url, Redactor())


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "gopher://proxy"), ("SSL_CERT_FILE", "/no/such/file")],
)
def test_a_useless_proxy_or_certificate_file_is_a_setting_gone_wrong(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """The message names the variables to look at, in place of a traceback."""
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError) as caught:
        HttpClient("https://api.example", Redactor())

    assert variable in caught.value.hint
