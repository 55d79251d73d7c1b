"""`imgai doctor`, as a person runs it: what it says, costs, changes and ends with."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.commands.checks.listings import CATALOGUE, listed, result
from tests.commands.running import Imgai, Ran
from tests.store.library import make_library
from tests.stubs import faults
from tests.stubs.hosted_models import BGE, DETR, GEMMA, RESNET
from tests.stubs.s3_stub import S3Stub, refused
from tests.stubs.workers_ai import WorkersAIStub

BAD_TOKEN = "cfut_" + "Zyxwvutsrq" * 4
ACCESS_KEY, SECRET_KEY = "fedcba98" * 4, "0f1e2d3c" * 8
KEYS = {"R2_ACCESS_KEY_ID": ACCESS_KEY, "R2_SECRET_ACCESS_KEY": SECRET_KEY}


def check(ran: Ran, name: str) -> dict[str, Any]:
    """Return the check of that name, from the one object on stdout."""
    (found,) = [one for one in ran.lines[0]["checks"] if one["name"] == name]
    held: dict[str, Any] = found
    return held


def contents(folder: Path) -> dict[str, str]:
    """Return every file below a folder with the hash of its bytes."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_is_well_costs_nothing_and_changes_nothing(
    hosted: Imgai, workers_ai: WorkersAIStub
) -> None:
    """Not a byte of the database, and not one call of a model."""
    make_library(hosted.database)
    before = contents(hosted.home)

    ran = hosted("doctor")

    assert ran.exit_code == 0, ran.out
    assert ran.out.splitlines()[-1].startswith("classify would work, with Workers AI")
    assert ran.err == ""
    assert workers_ai.calls == []
    assert {method for method, _ in workers_ai.requests} == {"GET"}
    assert contents(hosted.home) == before


def test_without_a_terminal_the_list_is_plain(hosted: Imgai) -> None:
    """No colours in a log or a mail, and the words can be searched for."""
    ran = hosted("doctor")

    assert "\x1b" not in ran.out
    assert "  ok    token: active, does not expire" in ran.out.splitlines()
    assert "CLOUDFLARE_API_TOKEN = cfut_…89" in ran.out


def test_json_is_one_object_with_every_check_and_setting(hosted: Imgai) -> None:
    """For monitoring: the fields are documented, and stay."""
    ran = hosted("doctor", "--json", AI_MAX_LABELS="5")

    (found,) = ran.lines
    assert set(found) == {"ok", "exit_code", "backend", "checks", "settings"}
    assert (found["ok"], found["exit_code"], found["backend"]) == (
        True,
        0,
        "workers-ai",
    )
    fields = {"family", "name", "status", "found", "remedy", "exit_code"}
    assert all(set(one) == fields for one in found["checks"])
    labels = {"name": "AI_MAX_LABELS", "value": "5"}
    assert {**labels, "origin": "environment (AI_MAX_LABELS)"} in found["settings"]


def test_without_credentials_the_local_models_will_do(imgai: Imgai) -> None:
    """A newcomer's first `doctor` is all well, and says what it rests on."""
    pytest.importorskip("imgai.models.local.session", reason="needs imgai[local]")

    ran = imgai("doctor")

    assert ran.exit_code == 0
    assert "the local models will be used: no Cloudflare credentials" in ran.out


def test_a_library_of_workers_ai_without_credentials_is_78(imgai: Imgai) -> None:
    """It never falls back to local models by itself."""
    make_library(imgai.database)

    ran = imgai("doctor", "--json")

    assert ran.exit_code == ran.lines[0]["exit_code"] == 78
    assert ran.last_error["exit_code"] == 78
    assert "--backend local" in check(ran, "backend")["remedy"]
    assert imgai("doctor", "--backend", "local").exit_code == 0


def test_a_refused_token_is_77(hosted: Imgai) -> None:
    """The code that `classify` would end with, and what to do about it."""
    ran = hosted("doctor", CLOUDFLARE_API_TOKEN=BAD_TOKEN)

    assert ran.exit_code == 77
    assert "  fail  token:" in ran.out
    assert "Workers AI template" in ran.out
    assert ran.out.splitlines()[-1].startswith("classify would end with exit code 77")


def test_a_host_that_cannot_be_reached_is_69(hosted: Imgai) -> None:
    """Nobody listens on port 1."""
    nowhere = "http://127.0.0.1:1/client/v4"

    assert hosted("doctor", CLOUDFLARE_API_BASE_URL=nowhere).exit_code == 69


@pytest.mark.parametrize("model", ["uform-gen2-qwen-500m", "no-such-model"])
def test_a_named_model_that_is_gone_is_78_with_the_living_named(
    hosted: Imgai, model: str
) -> None:
    """What is known without asking anybody, asked or not."""
    ran = hosted("doctor", AI_CAPTION_MODEL=model)

    assert ran.exit_code == 78
    assert GEMMA in ran.out


def test_a_model_that_is_gone_is_replaced_and_one_that_will_be_says_when(
    hosted: Imgai, workers_ai: WorkersAIStub
) -> None:
    """Both are warnings: `classify` works today."""
    workers_ai.routes[CATALOGUE] = result(
        [
            listed(RESNET),
            listed(GEMMA, planned_deprecation_date="2999-05-30"),
            listed(BGE),
        ]
    )

    ran = hosted("doctor", "--json")

    assert ran.exit_code == 0
    assert f"auto takes {RESNET}" in check(ran, "model for labels")["found"]
    assert "on 2999-05-30" in check(ran, "model for caption")["found"]
    assert check(ran, "model for embedding")["status"] == "ok"
    assert hosted("doctor", AI_LABEL_MODEL=DETR).exit_code == 78


def test_a_damaged_database_is_74(hosted: Imgai) -> None:
    """And the network is asked all the same: everything is said at once."""
    hosted.database.write_bytes(b"no database of ours")

    ran = hosted("doctor", "--json")

    assert ran.exit_code == 74
    assert check(ran, "token")["status"] == "ok"
    assert "--db" in check(ran, "file")["remedy"]


def test_a_wrong_setting_is_78(imgai: Imgai) -> None:
    """The rest is looked at as far as that goes without settings."""
    ran = imgai("doctor", AI_MAX_LABELS="many")

    assert ran.exit_code == 78
    assert "AI_MAX_LABELS" in ran.out
    assert "sqlite" in ran.out


def test_buckets_are_looked_at_with_keys_that_were_set(hosted: Imgai) -> None:
    """A bucket that is named and not there is 66, as for `classify`."""
    hosted.environment |= KEYS
    with S3Stub({"a.jpg": b"a"}).running() as s3:
        hosted.environment["R2_ENDPOINT_URL"] = s3.url

        assert hosted("doctor", "r2://photos").exit_code == 0
        assert hosted("doctor", "r2://other").exit_code == 66
        s3.faults.append(refused(403, "SignatureDoesNotMatch"))
        assert hosted("doctor", "r2://photos").exit_code == 77


def test_what_is_no_bucket_is_a_wrong_flag(imgai: Imgai) -> None:
    """A folder is looked at by `classify --dry-run`."""
    assert imgai("doctor", ".").exit_code == 2


def test_quiet_leaves_out_what_is_well(hosted: Imgai) -> None:
    """For a mail that should hold only what there is to do."""
    ran = hosted("doctor", "--quiet", CLOUDFLARE_API_TOKEN=BAD_TOKEN)

    assert "fail" in ran.out
    assert "  ok  " not in ran.out


def test_verbose_lists_every_setting(hosted: Imgai) -> None:
    """Defaults too, with that as their origin."""
    ran = hosted("doctor", "--verbose")

    assert "AI_MAX_LABELS = 10, from default" in ran.out


@pytest.mark.skipif(os.name == "nt", reason="permissions are told otherwise there")
def test_a_dotenv_that_others_can_read_is_a_warning(
    hosted: Imgai, workers_ai: WorkersAIStub
) -> None:
    """It holds the token; the remedy is a command that can be pasted."""
    dotenv = hosted.home / ".env"
    dotenv.write_text(f"CLOUDFLARE_API_TOKEN={workers_ai.token}", encoding="utf-8")
    dotenv.chmod(0o644)
    del hosted.environment["CLOUDFLARE_API_TOKEN"]

    ran = hosted("doctor", "--json")

    assert ran.exit_code == 0
    assert check(ran, ".env")["remedy"].startswith("chmod 600 ")
    origins = {one["origin"] for one in ran.lines[0]["settings"]}
    assert ".env (CLOUDFLARE_API_TOKEN)" in origins


def test_no_secret_is_shown_whatever_anybody_answers(
    hosted: Imgai, workers_ai: WorkersAIStub
) -> None:
    """Not even by a server that quotes what it was sent, and not in a shorter form."""
    secrets = [workers_ai.token, workers_ai.account_id, ACCESS_KEY, SECRET_KEY]
    hosted.environment |= {**KEYS, "R2_ENDPOINT_URL": "http://127.0.0.1:1"}
    workers_ai.routes[CATALOGUE] = faults.refusal(
        403, 10000, "no: " + " ".join(secrets)
    )

    runs = [hosted("doctor", "-v"), hosted("doctor", "--json"), hosted("doctor", "-q")]

    said = "".join(ran.out + ran.err for ran in runs)
    assert "***" in said
    for secret in secrets:
        assert secret not in said
        assert secret[8:20] not in said
