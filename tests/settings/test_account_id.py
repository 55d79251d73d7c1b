"""Account ids: what is taken for one, and what is told of what is not."""

from pathlib import Path

import pytest

from imgai.errors import SettingsError
from imgai.settings.load import load_settings

TOKEN = "cfut_" + "t0ken" * 8
ACCOUNT = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("value", "likeness"),
    [
        (ACCOUNT[:-1], "31 letters and digits"),
        (ACCOUNT + "0", "33 letters and digits"),
        (ACCOUNT[:-1] + "g", "32 letters and digits"),
        ("my-account", "other characters"),
        (f'"{ACCOUNT}"', "quotes"),
        (f"{ACCOUNT[:16]} {ACCOUNT[16:]}", "spaces"),
        ("someone@example.com", "an e-mail address"),
        (TOKEN, "an API token"),
        ("A" * 40, "an API token"),
    ],
)
def test_an_account_id_with_a_slip_is_refused_and_told_what_it_looks_like(
    tmp_path: Path, value: str, likeness: str
) -> None:
    """At Cloudflare it would be a 404 after the listing, which names no variable."""
    with pytest.raises(SettingsError) as caught:
        load_settings({"CLOUDFLARE_ACCOUNT_ID": value}, tmp_path)

    said = str(caught.value)
    assert said.startswith("CLOUDFLARE_ACCOUNT_ID (environment")
    assert likeness in said
    assert "32 hexadecimal digits" in said
    assert value not in said + caught.value.hint
    assert caught.value.exit_code == 78


def test_white_space_around_an_account_id_is_not_part_of_it(tmp_path: Path) -> None:
    """As with every setting: `$(cat file)` and editors leave line ends behind."""
    settings = load_settings(
        {"CLOUDFLARE_ACCOUNT_ID": f" {ACCOUNT.upper()}\n"}, tmp_path
    )

    assert settings.cloudflare.account_id == ACCOUNT.upper()


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [("test-account", True), (ACCOUNT, True), (ACCOUNT[:-1], False), (TOKEN, False)],
)
def test_what_stands_in_for_cloudflare_may_name_its_accounts(
    tmp_path: Path,
    value: str,
    is_taken: bool,  # noqa: FBT001  pytest names it
) -> None:
    """A name is taken there; an id with a slip, or a token, is still refused."""
    environment = {
        "CLOUDFLARE_ACCOUNT_ID": value,
        "CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:8787/client/v4",
    }
    if is_taken:
        assert load_settings(environment, tmp_path).cloudflare.account_id == value
    else:
        with pytest.raises(SettingsError, match="CLOUDFLARE_ACCOUNT_ID"):
            load_settings(environment, tmp_path)
