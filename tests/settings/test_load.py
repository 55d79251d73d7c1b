"""From variables to settings: what wins, what is refused, what is never shown."""

import os
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgai.errors import SettingsError
from imgai.settings.load import default_database, load_settings
from imgai.settings.values import Allowance, RateSettings, Secret, Settings
from imgai.settings.variables import VARIABLES

TOKEN = "cfut_" + "t0ken" * 8
ACCOUNT = "0123456789abcdef" * 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a working directory without a `.env`."""
    return tmp_path


def load(
    folder: Path, environment: Mapping[str, str] | None = None, dotenv: str = ""
) -> Settings:
    if dotenv:
        (folder / ".env").write_text(dotenv, encoding="utf-8")
    return load_settings(environment or {}, folder)


def test_the_defaults_are_those_of_the_documentation(folder: Path) -> None:
    """Nothing is set, not even a home."""
    settings = load(folder)

    assert settings == Settings(Path("imgai.db"), origins=settings.origins)
    assert set(settings.origins.values()) == {"default"}


def test_the_environment_beats_the_file_and_the_file_the_default(folder: Path) -> None:
    """And each value can say where it is from."""
    settings = load(
        folder,
        {"AI_MAX_LABELS": "3", "AI_BATCH_SIZE": ""},
        "AI_MAX_LABELS=4\nAI_BATCH_SIZE=5\n",
    )

    assert (settings.max_labels, settings.workers, settings.width_px) == (3, 5, 384)
    assert settings.origins["AI_MAX_LABELS"] == "environment (AI_MAX_LABELS)"
    assert settings.origins["AI_BATCH_SIZE"] == ".env (AI_BATCH_SIZE)"


def test_older_names_still_work_and_newer_ones_win(folder: Path) -> None:
    """Wrangler and the AWS tools have set them already."""
    older = {
        "CF_ACCOUNT_ID": ACCOUNT,
        "CF_API_TOKEN": TOKEN,
        "CLOUDFLARE_BASE_URL": "http://127.0.0.1:1/client/v4/",
        "AWS_ACCESS_KEY_ID": "aws",
        "R2_ACCESS_KEY_ID": "r2",
    }

    settings = load(folder, older)

    assert settings.cloudflare.account_id == ACCOUNT
    assert settings.cloudflare.api_token == Secret(TOKEN)
    assert settings.cloudflare.is_complete
    assert settings.cloudflare.api_url == "http://127.0.0.1:1/client/v4"
    assert settings.r2.access_key_id == "r2"


def test_half_the_credentials_are_none(folder: Path) -> None:
    """A token without its account cannot be used."""
    assert not load(folder, {"CLOUDFLARE_API_TOKEN": TOKEN}).cloudflare.is_complete


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("ENABLE_AI_CLASSIFICATION", "Off", "is_enabled", False),
        ("ENABLE_AI_CAPTIONS", "0", "wants_captions", False),
        ("ENABLE_VECTORIZE", "no", "wants_embeddings", False),
        ("ENABLE_AI_NSFW_DETECTION", "YES", "wants_nsfw", True),
        ("AI_PROCESSING_TIMEOUT_MS", "1500", "deadline_s", 1.5),
        ("AI_REANALYSIS_COOLDOWN_DAYS", "0.5", "cooldown_days", 0.5),
        ("AI_MIN_CLASSIFICATION_SCORE", "0", "min_score", 0.0),
        ("IMGAI_DAILY_BUDGET", "0.50", "daily_budget", Allowance(dollars=0.5)),
        ("IMGAI_DAILY_BUDGET", "$2", "daily_budget", Allowance(dollars=2)),
        ("IMGAI_DAILY_BUDGET", "8000N", "daily_budget", Allowance(neurons=8000)),
        ("AI_REQUESTS_PER_MINUTE", "720", "rates", RateSettings(720)),
        (
            "AI_REQUESTS_PER_MINUTE",
            "100,@cf/a/b=720, c = 5",
            "rates",
            RateSettings(100, {"@cf/a/b": 720, "c": 5}),
        ),
    ],
)
def test_values_are_read(
    folder: Path, name: str, value: str, attribute: str, expected: Any
) -> None:
    """As people write them."""
    assert getattr(load(folder, {name: value}), attribute) == expected


@pytest.mark.parametrize(
    ("name", "value", "may"),
    [
        ("ENABLE_AI_CAPTIONS", "maybe", "true or false"),
        ("AI_IMAGE_DOWNSCALE_WIDTH", "31", "a whole number from 32 to 4096"),
        ("AI_MAX_LABELS", "2.5", "a whole number from 1 to 1000"),
        ("AI_MIN_CLASSIFICATION_SCORE", "nan", "a number from 0 to 1"),
        ("AI_MIN_CLASSIFICATION_SCORE", "1.1", "a number from 0 to 1"),
        ("AI_PROCESSING_TIMEOUT_MS", "99", "a whole number from 100 to 3600000"),
        ("AI_BATCH_SIZE", "0", "a whole number from 1 to 1024"),
        ("AI_REANALYSIS_COOLDOWN_DAYS", "-1", "a number from 0 to 36500"),
        ("AI_REQUESTS_PER_MINUTE", "0", "a number such as 720"),
        ("AI_REQUESTS_PER_MINUTE", "=5", "a number such as 720"),
        ("AI_REQUESTS_PER_MINUTE", "720,300", "a number such as 720"),
        ("IMGAI_DAILY_BUDGET", "inf", "dollars such as 0.50"),
        ("IMGAI_DAILY_BUDGET", "5 euros", "dollars such as 0.50"),
        ("R2_JURISDICTION", "mars", "eu or fedramp"),
        ("R2_ENDPOINT_URL", "localhost", "a URL such as"),
        ("CLOUDFLARE_API_BASE_URL", "ftp://example", "a URL such as"),
        ("CLOUDFLARE_API_BASE_URL", "http://[::1", "a URL such as"),
        ("R2_ENDPOINT_URL", "http://localhost:port", "a URL such as"),
        ("R2_ENDPOINT_URL", "https://?bucket", "a URL such as"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    folder: Path, name: str, value: str, may: str
) -> None:
    """With what it holds and what it may hold; from `.env` as from the environment."""
    for environment, dotenv in (({name: value}, ""), ({}, f"{name}='{value}'")):
        with pytest.raises(SettingsError) as caught:
            load(folder, environment, dotenv)

        said = str(caught.value)
        assert name in said
        assert repr(value) in said
        assert may in said
        assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOUDFLARE_ACCOUNT_ID", f"account {TOKEN}"),
        ("CLOUDFLARE_ACCOUNT_ID", TOKEN),
        ("CLOUDFLARE_ACCOUNT_ID", f"'{TOKEN}'"),
        ("CLOUDFLARE_ACCOUNT_ID", f"Bearer {TOKEN}"),
        ("CF_ACCOUNT_ID", TOKEN),
        ("CLOUDFLARE_API_TOKEN", f"Bearer {TOKEN}"),
        ("CLOUDFLARE_API_TOKEN", "cfk_" + TOKEN),
        ("CLOUDFLARE_API_TOKEN", f"“{TOKEN}”"),
    ],
)
def test_a_wrong_credential_is_refused_and_not_shown(
    folder: Path, name: str, value: str
) -> None:
    """It may be a right one in the wrong place."""
    with pytest.raises(SettingsError, match=name) as caught:
        load(folder, {name: value})

    told = "".join(traceback.format_exception(caught.value)) + caught.value.hint
    assert TOKEN not in told


def test_secrets_do_not_show_themselves(folder: Path) -> None:
    """Not in a log, an f-string, a traceback; nor do the ids that go with them."""
    hidden = {
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "CLOUDFLARE_API_TOKEN": TOKEN,
        "R2_ACCESS_KEY_ID": "access-key-id-of-r2",
        "R2_SECRET_ACCESS_KEY": "secret-of-r2-with-many-letters",
        "R2_SESSION_TOKEN": "session-of-r2-with-many-letters",
    }
    settings = load(folder, hidden)
    token = settings.cloudflare.api_token
    assert token is not None

    shown = f"{settings!r} {settings} {token} {token!r} {token!s:>40} {[token]}"

    assert not [value for value in hidden.values() if value in shown]
    assert f"{token}" == "cfut_…en"
    assert f"{Secret('short')}" == "…"
    assert token.reveal() == TOKEN


def test_a_dotenv_file_is_read_as_it_stands(folder: Path) -> None:
    """With comments, quotes and export; nothing in it is expanded or run."""
    settings = load(
        folder,
        {"HOME": "/home/someone"},
        "# mine\nexport AI_LABEL_MODEL='resnet-50'\nAI_CAPTION_MODEL=${HOME}\nBARE\n",
    )

    assert settings.models.labels == "resnet-50"
    assert settings.models.caption == "${HOME}"


@pytest.mark.parametrize("content", [b"\xff\xfe A=1", b"A=\xff"])
def test_a_dotenv_file_that_is_no_text_is_named(folder: Path, content: bytes) -> None:
    """It stands in nobody's way unnoticed."""
    (folder / ".env").write_bytes(content)

    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load(folder)


def test_a_folder_called_dotenv_is_no_file(folder: Path) -> None:
    """Some tools make one, for a virtual environment."""
    (folder / ".env").mkdir()

    assert load(folder).max_labels == 10


@pytest.mark.skipif(os.name == "nt", reason="Windows has other folders")
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "imgai.db"),
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/x"}, "/data/imgai/imgai.db"),
    ],
)
def test_the_database_has_its_place_by_custom(
    environment: dict[str, str], expected: str
) -> None:
    """Without a home, as under some cron, it is in the working directory."""
    assert default_database(environment) == Path(expected)


def test_a_home_that_nobody_knows_is_named(folder: Path) -> None:
    """A setting is wrong: no traceback."""
    with pytest.raises(SettingsError, match="IMGAI_DB"):
        load(folder, {"IMGAI_DB": "~nobody-by-this-name/imgai.db"})

    assert load(folder, {"IMGAI_DB": "my.db"}).database == Path("my.db")


def test_a_models_own_limit_goes_before_that_of_all() -> None:
    """By its whole name or its last part; else the documented limit stands."""
    rates = RateSettings(None, {"@cf/a/whole": 5, "short": 7})

    assert rates.of("@cf/a/whole", 300) == 5
    assert rates.of("@cf/b/short", 300) == 7
    assert rates.of("@cf/b/other", 300) == 300
    assert RateSettings(20, {"short": 7}).of("@cf/b/other", 300) == 20


def test_a_shard_has_its_share_of_what_is_the_accounts() -> None:
    """Shards do not know of each other; a rate that is set is the shard's own."""
    settings = Settings(Path("imgai.db"), daily_budget=Allowance(dollars=5))

    tenth = settings.of_shard(10)
    assert tenth.rates.of("@cf/a/b", 720) == 72
    assert tenth.daily_budget == Allowance(dollars=0.5)
    assert settings.of_shard(1) == settings
    in_neurons = replace(settings, daily_budget=Allowance(neurons=50))
    assert in_neurons.of_shard(10).daily_budget == Allowance(neurons=5)
    one_set = replace(settings, rates=RateSettings(None, {"b": 300})).of_shard(10)
    assert one_set.rates.of("@cf/a/b", 720) == 300
    assert one_set.rates.of("@cf/a/other", 720) == 72
    every_set = replace(settings, rates=RateSettings(300)).of_shard(10)
    assert every_set.rates.of("@cf/a/b", 720) == 300


def test_a_budget_in_dollars_buys_neurons() -> None:
    """At the price of a neuron; one in neurons is as it is."""
    assert Allowance(dollars=0.5).in_neurons(0.01) == 50
    assert Allowance(neurons=8).in_neurons(0.01) == 8


def test_every_variable_is_described_once() -> None:
    """README and `doctor` show them; an alias belongs to one variable."""
    names = [name for one in VARIABLES for name in (one.name, *one.aliases)]

    assert len(names) == len(set(names))
    assert all(one.meaning and one.default for one in VARIABLES)


def test_every_variable_is_read(folder: Path) -> None:
    """Whatever is described has an effect."""
    assert set(load(folder).origins) == {one.name for one in VARIABLES}
