"""Servers without manners, met by `imgai classify`: bounded, named, nothing stored."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests import pictures
from tests.commands.running import Imgai
from tests.hostile.measured import Measured, measured
from tests.stubs import faulty
from tests.stubs.certificates import Issuer
from tests.stubs.faulty import FaultyServer, whole

pytestmark = pytest.mark.slow  # real retries with their real waits

ACCOUNT_ID = "fedcba9876543210" * 2
TOKEN = "cfut_" + "9876543210" * 4
_DEADLINE_S = 2.0
_AT_ONCE = 24  # they mostly wait
_MORE_BYTES = 200 * 2**20
# A run that finds nothing to do: what the program takes without any answer.
_BASE_BYTES = 130 * 2**20


def result(text: str) -> bytes:
    """Return a whole answer with this result."""
    return whole(b'{"result":' + text.encode() + b',"success":true,"errors":[]}')


SCRIPTS: dict[str, Callable[[], Iterator[bytes]]] = {
    "drips": faulty.dripping,
    "drips its head": faulty.dripping_head,
    "endless": faulty.endless,
    "endless head": faulty.endless_head,
    "endless promises": faulty.endless_continues,
    "gzip bomb": faulty.gzip_bomb,
}
ANSWERS: dict[str, bytes] = {
    "nothing": b"",
    "half": whole(b'{"result":[{"score":0.9}],"success":true}')[:90],
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTML": whole(b"<!doctype html><title>Welcome to your router</title>"),
    "success is false": whole(b'{"result":[],"success":false,"errors":[]}'),
    "success is a text": whole(b'{"result":[],"success":"yes"}'),
    "null": whole(b"null"),
    "result is null": result("null"),
    "result is an object": result("{}"),
    "NaN": result('[{"label":"cat","score":NaN}]'),
    "more than finite": result('[{"label":"cat","score":1e999}]'),
    "a score of a million": result('[{"label":"cat","score":1000000}]'),
    "a score that is a text": result('[{"label":"cat","score":"0.9"}]'),
    "a label that is a number": result('[{"label":7,"score":0.9}]'),
    "deep": result("[" * 100_000 + "]" * 100_000),
    "10 MB label": result('[{"score":0.9,"label":"' + "a" * 10**7 + '"}]'),
    "a million labels": result(
        "[" + ",".join(['{"label":"cat","score":0.9}'] * 30_000) + "]"
    ),
    "no UTF-8": whole(b'{"result":[{"label":"\xff","score":0.9}],"success":true}'),
    "5,000 headers": b"".join(faulty.many_headers()),
    "packed, and is not": whole(faulty.ENVELOPE, "Content-Encoding: gzip"),
    "packed, and cut": whole(
        gzip.compress(faulty.ENVELOPE)[:-9], "Content-Encoding: gzip"
    ),
}


@dataclass(frozen=True, slots=True)
class Met:
    """A run against one server."""

    imgai: Imgai
    server: FaultyServer
    came: Measured


@pytest.fixture
def meet(tmp_path: Path) -> Callable[[dict[str, FaultyServer]], dict[str, Met]]:
    """Return what lets one program meet each server, all at the same time."""

    def run(home: Path, server: FaultyServer) -> Met:
        pictures_folder = home / "pictures"
        pictures_folder.mkdir(parents=True)
        (pictures_folder / "a.jpg").write_bytes(pictures.encoded(pictures.scene()))
        imgai = Imgai(home, credentials(server.url))
        flags = ["--json", "--no-captions", "--no-embeddings"]
        flags += ["--timeout", str(_DEADLINE_S)]
        return Met(imgai, server, measured(imgai, "classify", pictures_folder, *flags))

    def meet_all(servers: dict[str, FaultyServer]) -> dict[str, Met]:
        with ExitStack() as stack, ThreadPoolExecutor(_AT_ONCE) as threads:
            running = {
                name: threads.submit(
                    run, tmp_path / name, stack.enter_context(server.running())
                )
                for name, server in servers.items()
            }
            return {name: met.result() for name, met in running.items()}

    return meet_all


def credentials(url: str) -> dict[str, str]:
    """Return the environment that leads the program to a server."""
    return {
        "CLOUDFLARE_API_BASE_URL": f"{url}/client/v4",
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT_ID,
        "CLOUDFLARE_API_TOKEN": TOKEN,
    }


Meet = Callable[[dict[str, FaultyServer]], dict[str, Met]]


def check(met: dict[str, Met], exit_codes: set[int]) -> None:
    """Check what holds after every run, whatever the server did."""
    wrong = {}
    for name, one in met.items():
        ran = one.came.ran
        facts = {
            "exit code": ran.exit_code in exit_codes,
            "failed": [line["status"] for line in ran.lines] == ["failed"],
            "last line": ran.last_error["exit_code"] == ran.exit_code,
            "memory": one.came.peak_bytes < _BASE_BYTES + _MORE_BYTES,
            "no answer stored": one.imgai.rows("SELECT * FROM prediction") == [],
            "no labels": one.imgai.rows(
                "SELECT * FROM image_ai WHERE labels_json <> '[]'"
            )
            == [],
            "calls on record": one.imgai.rows("SELECT count(*) FROM call")
            == [(len(one.server.received),)],
            "calls ended": one.imgai.rows(
                "SELECT * FROM call WHERE finished_at IS NULL"
            )
            == [],
            "whole": one.imgai.rows("PRAGMA integrity_check") == [("ok",)],
            "no secret": not any(
                word in ran.out + ran.err for word in (TOKEN, ACCOUNT_ID)
            ),
            "nothing left over": one.came.left_over == [],
        }
        if false := [fact for fact, holds in facts.items() if not holds]:
            wrong[name] = (false, ran.exit_code, ran.err[-300:])
    assert wrong == {}


def test_no_server_holds_fills_or_crashes_a_run(meet: Meet) -> None:
    """No answer, or one without end: one failed image, bounded, and named."""
    servers = {
        name: FaultyServer(script, pause_s=0.01 if "drips" in name else 0.0)
        for name, script in SCRIPTS.items()
    }
    met = meet(servers)
    check(met, {3, 69})
    silent = {name: met[name].came.ran.exit_code for name in met if "drips" in name}
    assert set(silent.values()) == {69}, silent


def test_no_malformed_answer_is_stored(meet: Meet) -> None:
    """Each is a bad answer: asked again as documented, then given up, never kept."""
    servers = {
        name: FaultyServer(lambda answer=answer: [answer])  # type: ignore[misc]  # mypy cannot type a lambda with a default
        for name, answer in ANSWERS.items()
    }
    servers["resets"] = FaultyServer(lambda: [whole()[:50]], resets=True)
    check(meet(servers), {3, 69})


def test_the_deadline_covers_the_whole_call(meet: Meet) -> None:
    """--timeout counts from connecting to the last byte, give or take a second."""
    met = meet({"drips": FaultyServer(faulty.dripping, pause_s=0.05)})["drips"]

    calls = met.imgai.rows("SELECT started_at, finished_at, outcome FROM call")
    took_s = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
        for begin, end, _ in calls
    ]
    assert len(calls) > 1
    assert all(_DEADLINE_S - 1 < one < _DEADLINE_S + 1 for one in took_s), took_s
    assert {outcome for *_, outcome in calls} == {"perhaps-billed"}


def test_redirects_and_wrong_certificates_get_no_token(
    meet: Meet, tmp_path: Path
) -> None:
    """A token goes to the server that was named and proves it, and to no other."""
    with FaultyServer(lambda: [whole()]).running() as thief:
        location = f"Location: {thief.url}/client/v4/ai"
        redirecting = FaultyServer(
            lambda: [whole(b"", location, status="307 Temporary Redirect")]
        )
        unvouched = FaultyServer(lambda: [whole()], tls=Issuer(tmp_path).tls())
        met = meet({"redirects": redirecting, "nobody vouches": unvouched})

    assert [one.came.ran.exit_code for one in met.values()] == [69, 69]
    assert thief.received == []
    assert b"".join(unvouched.received) == b""
    assert "certificate" in met["nobody vouches"].came.ran.err.lower()
    assert met["nobody vouches"].imgai.rows("SELECT * FROM prediction") == []
