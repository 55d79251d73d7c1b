"""How settings are shown: all of them, with their origins, and no secret."""

from pathlib import Path

import pytest

from imgai.commands.checks.setting import (
    check_settings,
    hidden_parts,
    shortened,
    shown_settings,
)
from imgai.domain.checks import Health
from imgai.errors import ExitCode
from imgai.settings.load import load_settings, warn_about_dotenv
from imgai.settings.variables import VARIABLES

ACCOUNT = "0123456789abcdef0123456789abcdef"
TOKEN = "cfut_" + "Qrstuvwxyz" * 4
HELD = {
    "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
    "CF_API_TOKEN": TOKEN,
    "R2_ACCESS_KEY_ID": "fedcba9876543210fedcba9876543210",
    "R2_SECRET_ACCESS_KEY": "0f" * 32,
    "R2_ENDPOINT_URL": "https://me:my-password@store.example/",
    "AI_REQUESTS_PER_MINUTE": "720,@cf/a/b=30",
    "IMGAI_DAILY_BUDGET": "8000n",
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the process's own variables out of it."""
    for variable in VARIABLES:
        for name in (variable.name, *variable.aliases):
            monkeypatch.delenv(name, raising=False)


def test_every_variable_is_shown(tmp_path: Path) -> None:
    """A new variable cannot be forgotten here."""
    shown = shown_settings(load_settings({}, tmp_path), {})

    assert {one.name for one in shown} == {variable.name for variable in VARIABLES}
    assert {one.origin for one in shown} == {"default"}


def test_secrets_and_ids_are_shortened_and_origins_named(tmp_path: Path) -> None:
    """Enough to tell one's tokens apart, and of no use to anybody else."""
    shown = {one.name: one for one in shown_settings(load_settings(HELD, tmp_path), {})}

    assert shown["CLOUDFLARE_API_TOKEN"].value == "cfut_…yz"
    assert shown["CLOUDFLARE_API_TOKEN"].origin == "environment (CF_API_TOKEN)"
    assert shown["CLOUDFLARE_ACCOUNT_ID"].value == "0123…ef"
    assert shown["R2_ENDPOINT_URL"].value == "https://store.example"
    assert shown["AI_REQUESTS_PER_MINUTE"].value == "720,@cf/a/b=30"
    assert shown["IMGAI_DAILY_BUDGET"].value == "8000n"
    for secret in [*list(HELD.values())[:4], "my-password"]:
        assert all(secret not in one.value for one in shown.values())


def test_whatever_must_not_be_shown_is_known(tmp_path: Path) -> None:
    """So that it can be taken out of what servers quote, too."""
    hidden = hidden_parts(load_settings(HELD, tmp_path))

    assert set(list(HELD.values())[:4]) == set(hidden)
    assert all(shown not in hidden for shown in hidden.values())


@pytest.mark.parametrize(("held", "shown"), [("", ""), ("short", "…")])
def test_a_short_id_shows_nothing_of_itself(held: str, shown: str) -> None:
    """Whoever pastes a password there does not see it on the screen."""
    assert shortened(held) == shown


def test_a_flag_is_an_origin(tmp_path: Path) -> None:
    """--db beats everything, and the list says so."""
    loaded = check_settings(tmp_path, {"IMGAI_DB": "--db"}, lambda held: held)

    assert "flag (--db)" in [one.origin for one in loaded.shown]


def test_a_wrong_value_is_78_and_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `classify` refuses it before anything runs."""
    monkeypatch.setenv("AI_MAX_LABELS", "many")

    loaded = check_settings(tmp_path, {}, lambda held: held)

    assert loaded.settings is None
    assert loaded.checks[0].exit_code is ExitCode.SETTINGS
    assert "AI_MAX_LABELS" in loaded.checks[0].found


def test_switched_off_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`classify` would exit 0 and have done nothing."""
    monkeypatch.setenv("ENABLE_AI_CLASSIFICATION", "false")

    loaded = check_settings(tmp_path, {}, lambda held: held)

    assert [one.status for one in loaded.checks] == [Health.OK, Health.WARN]


@pytest.mark.parametrize(
    ("line", "mode", "warns"),
    [
        (f"CF_API_TOKEN={TOKEN}", 0o644, True),
        (f"CLOUDFLARE_API_TOKEN={TOKEN}", 0o640, True),
        (f"CLOUDFLARE_API_TOKEN={TOKEN}", 0o600, False),
        ("CLOUDFLARE_API_TOKEN=", 0o644, False),
        ("AI_MAX_LABELS=5", 0o644, False),
    ],
)
def test_a_dotenv_that_others_can_read_is_warned_about_if_it_holds_a_secret(
    tmp_path: Path, line: str, mode: int, *, warns: bool
) -> None:
    """With the command that mends it; a file of harmless settings may be read."""
    path = tmp_path / ".env"
    path.write_text(line, encoding="utf-8")
    path.chmod(mode)

    warning = warn_about_dotenv(tmp_path)

    assert (warning is not None) is warns
    if warning is not None:
        assert warning.endswith(f"chmod 600 {path}")
        assert TOKEN not in warning


def test_no_dotenv_is_no_warning(tmp_path: Path) -> None:
    """Most folders have none."""
    assert warn_about_dotenv(tmp_path) is None
