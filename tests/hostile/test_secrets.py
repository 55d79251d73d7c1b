"""Tokens, account ids and keys: sent where they belong, and never shown."""

import base64
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tests import pictures
from tests.commands.running import Imgai
from tests.hostile import faults as forced
from tests.hostile.measured import processes_of_session
from tests.stubs import faults
from tests.stubs.workers_ai import WorkersAIStub

R2_KEY, R2_SECRET = "0a1b2c3d" * 4, "4d3c2b1a" * 8
R2 = {
    "R2_ACCESS_KEY_ID": R2_KEY,
    "R2_SECRET_ACCESS_KEY": R2_SECRET,
    "R2_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there
}
# As much as Python can be made to tell.
TALKATIVE = {
    "PYTHONDEVMODE": "1",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONFAULTHANDLER": "1",
}
FOLDER, BUCKET = "pictures", "r2://bucket"

# A function in every layer, which raises what quotes all it was given.
LAYERS = [
    (FOLDER, "imgai.settings.load", "_cloudflare"),
    (FOLDER, "imgai.settings.values", "Secret.reveal"),
    (FOLDER, "imgai.commands.wiring", "open_api"),
    (FOLDER, "imgai.commands.classify_run", "ClassifyRun.run"),
    (FOLDER, "imgai.pipeline.process", "Processing.process"),
    (FOLDER, "imgai.pipeline.answer", "Answering.ask"),
    (FOLDER, "imgai.sources.local", "LocalFolder.batches"),
    (FOLDER, "imgai.prepare.identity", "identify"),
    (FOLDER, "imgai.prepare.preparer", "Preparer.prepare"),
    (FOLDER, "imgai.models.guarded", "JournalledHost.ask"),
    (FOLDER, "imgai.models.workers_ai", "WorkersAI.ask"),
    (FOLDER, "imgai.limits.rate", "Pace.wait"),
    (FOLDER, "imgai.transport.cloudflare", "Account.__post_init__"),
    (FOLDER, "imgai.transport.cloudflare", "CloudflareApi.post"),
    (FOLDER, "imgai.transport.cloudflare", "CloudflareApi._call"),
    (FOLDER, "imgai.transport.cloudflare", "parse_json"),
    (FOLDER, "imgai.transport.http", "HttpClient.__init__"),
    (FOLDER, "imgai.transport.http", "HttpClient._exchange"),
    (FOLDER, "httpx", "AsyncClient.send"),
    (FOLDER, "httpx", "AsyncClient.build_request"),
    (FOLDER, "h11", "Connection.send"),
    (FOLDER, "imgai.store.connection", "open_for_writing"),
    (FOLDER, "imgai.store.writer", "Writer.write"),
    (FOLDER, "imgai.store.calls", "begin_call"),
    (FOLDER, "imgai.present.classify", "RunPresenter.finish"),
    (BUCKET, "imgai.sources.s3", "S3.__init__"),
    (BUCKET, "imgai.sources.s3", "S3._signed"),
    (BUCKET, "imgai.sources.r2", "R2Bucket.batches"),
    (BUCKET, "botocore.auth", "S3SigV4Auth.add_auth"),
]
# Two where libraries are given secrets are tried in every run of the tests.
_USUAL = {"HttpClient._exchange", "AsyncClient.build_request"}
_CASES = [
    pytest.param(*one, marks=() if one[2] in _USUAL else pytest.mark.slow)
    for one in LAYERS
]


@pytest.fixture
def talkative(hosted: Imgai) -> Imgai:
    """Return a program with every secret there is, that tells all it can."""
    hosted.environment |= R2 | TALKATIVE
    folder = hosted.home / FOLDER
    folder.mkdir()
    for shift in range(2):
        content = pictures.encoded(pictures.scene(shift=shift))
        (folder / f"{shift}.jpg").write_bytes(content)
    return hosted


def secrets(stub: WorkersAIStub) -> dict[str, bytes]:
    """Return everything that may not be seen, in the forms it may be seen in."""
    plain = {
        "token": stub.token,
        "account id": stub.account_id,
        "key": R2_KEY,
        "secret": R2_SECRET,
        "secret made of the token": hashlib.sha256(stub.token.encode()).hexdigest(),
    }
    found = {name: value.encode() for name, value in plain.items()}
    packed = {
        f"{name} in base64": base64.b64encode(value)[:-4]
        for name, value in found.items()
    }
    return found | packed


def leaks(imgai: Imgai, stub: WorkersAIStub, *said: str) -> list[str]:
    """Return which secret is in what was said, or in a file of the home."""
    seen = {"said": "".join(said).encode(errors="surrogateescape")}
    for path in imgai.home.rglob("*"):
        if path.is_file():
            seen[path.name] = path.read_bytes()
    return [
        f"{name} in {place}"
        for name, secret in secrets(stub).items()
        for place, content in seen.items()
        if secret in content
    ]


@pytest.mark.parametrize(("source", "module", "path"), _CASES)
def test_no_exception_of_any_layer_shows_a_secret(
    talkative: Imgai,
    workers_ai: WorkersAIStub,
    tmp_path: Path,
    source: str,
    module: str,
    path: str,
) -> None:
    """A traceback quotes whatever a function was given; it must be fit to report."""
    talkative.environment |= forced.raising(tmp_path / "forced", module, path)

    ran = talkative("classify", source, "--json")

    assert ran.exit_code == 70, ran.err
    assert "Forced" in ran.err
    assert leaks(talkative, workers_ai, ran.out, ran.err) == []


@pytest.mark.parametrize(
    "answer",
    [
        faults.token_refused(),
        faults.refusal(404, 7003, "Could not route to /accounts/{account}/ai"),
        faults.workers_ai_refusal(413, 3006, "{token} and {account} are too large"),
        faults.refusal(403, 9109, "Bearer {token} may not"),
    ],
)
def test_no_refusal_shows_a_secret(
    talkative: Imgai, workers_ai: WorkersAIStub, answer: faults.Fault
) -> None:
    """A server may quote what it was sent, and a log keeps it."""
    body = answer.body.decode()
    body = body.replace("{token}", workers_ai.token)
    body = body.replace("{account}", workers_ai.account_id)
    workers_ai.reply_always(faults.Fault(answer.status, body.encode(), answer.headers))
    summary = str(talkative.home / "summary.md")

    ran = talkative(
        "classify", FOLDER, "--json", "--verbose", GITHUB_STEP_SUMMARY=summary
    )
    told = [
        talkative(*command)
        for command in (["status"], ["status", "--failed"], ["doctor"], ["export"])
    ]

    assert ran.exit_code in {3, 77, 78}, ran.err
    said = [ran.out, ran.err, *(one.out + one.err for one in told)]
    assert leaks(talkative, workers_ai, *said) == []


def test_a_good_run_leaves_no_secret_behind(
    talkative: Imgai, workers_ai: WorkersAIStub
) -> None:
    """Not in the database, not in an export, not in what any command says."""
    commands = [
        ["classify", FOLDER, "--json", "--verbose"],
        ["classify", FOLDER, "--json", "--all"],
        ["search", "cat", "--explain"],
        ["show", f"{FOLDER}/0.jpg", "--json"],
        ["status", "--json"],
        ["doctor", "--json"],
        ["export"],
    ]
    ran = [talkative(*command) for command in commands]

    assert [one.exit_code for one in ran[:5]] == [0] * 5, ran
    said = [one.out + one.err for one in ran]
    assert leaks(talkative, workers_ai, *said) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_no_process_carries_a_secret_for_others_to_see(
    talkative: Imgai, workers_ai: WorkersAIStub
) -> None:
    """Not in a command line, and none in the environment of the decoder's child."""
    tiff = pictures.encoded(pictures.scene(shift=9), "TIFF")
    (talkative.home / FOLDER / "child.tiff").write_bytes(tiff)
    workers_ai.latency_s = 0.5
    seen: dict[str, bytes] = {}
    with subprocess.Popen(
        talkative.command(["classify", FOLDER]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=talkative.home,
        env=talkative.variables(),
        start_new_session=True,
    ) as process:
        while process.poll() is None:
            for one in processes_of_session(process.pid):
                seen |= _told_by(one, process.pid)

    assert any(b"imgai.prepare.child" in content for content in seen.values())
    for name, secret in secrets(workers_ai).items():
        assert not any(secret in content for content in seen.values()), name


def _told_by(process: Path, main: int) -> dict[str, bytes]:
    """Return what a process's folder tells: of the program itself, what all may see.

    Until a new process has become another program, both share one memory, and its
    folder tells what the program's own does, to those who may read that as well.
    """
    told = {}
    try:
        told["cmdline"] = (process / "cmdline").read_bytes()
        if told["cmdline"] != (process.with_name(str(main)) / "cmdline").read_bytes():
            told["environ"] = (process / "environ").read_bytes()
    except OSError:  # it has ended meanwhile
        pass
    return {
        f"{process.name} {name} {len(content)}": content
        for name, content in told.items()
        if content
    }


@pytest.mark.skipif(os.name == "nt", reason="permissions are told another way")
def test_secrets_that_others_can_read_are_warned_about_once(
    hosted: Imgai, folder: Path
) -> None:
    """A `.env` is made with the permissions of any text file."""
    for shift in range(3):
        content = pictures.encoded(pictures.scene(shift=shift))
        (folder / f"{shift}.jpg").write_bytes(content)
    dotenv = hosted.home / ".env"
    token = hosted.environment.pop("CLOUDFLARE_API_TOKEN")
    dotenv.write_text(f"CLOUDFLARE_API_TOKEN={token}\n")
    dotenv.chmod(0o644)

    warned = hosted("classify", folder)
    quiet = hosted("classify", folder)
    dotenv.chmod(0o600)
    (folder / "new.jpg").write_bytes(pictures.encoded(pictures.scene(shift=4)))
    heeded = hosted("classify", folder)

    assert warned.exit_code == 0, warned.err
    assert warned.err.count("chmod 600") == 1
    assert "CLOUDFLARE_API_TOKEN" in warned.err
    assert token not in warned.err
    assert quiet.err == ""
    assert heeded.exit_code == 0
    assert "chmod" not in heeded.err
