"""Transfers with S3 servers that others wrote: they check signatures and parts."""

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from imgai.errors import AccessDenied, SourceNotFound, SourceUnreadable
from imgai.sources.r2_keys import S3Keys
from imgai.sources.s3 import S3, S3Request, object_path
from imgai.sources.s3_transfer import download, look_at, upload
from imgai.transport.http import Body
from tests.commands.running import Imgai
from tests.sources.buckets import any_start, remote
from tests.store.library import make_library
from tests.stubs.s3_servers import KEYS, SERVERS, S3Server, boto3_client, s3_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PART_BYTES = 5 * 2**20  # less is refused, but in the last part
SMALL = b"small " * 1_000
LARGE = bytes(range(251)) * 50_000  # 12.5 MB: three parts
KEY = "nightly/two words é+%&=#?.db"


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[S3Server]:
    """Return one server after the other."""
    folder = tmp_path_factory.mktemp(request.param)
    with s3_server(request.param, folder) as running:
        yield running


@pytest.fixture
async def s3(server: S3Server) -> AsyncIterator[S3]:
    """Return a client of the server with the right keys."""
    client = S3(server.endpoint_url, KEYS)
    yield client
    await client.aclose()


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one request", "in parts"])
async def test_what_goes_up_is_what_others_see_and_what_comes_down(
    server: S3Server, s3: S3, tmp_path: Path, content: bytes
) -> None:
    """And it takes the place of what was there."""
    path = tmp_path / "file"
    path.write_bytes(content)
    there = remote(s3, KEY)
    boto3_client(server).put_object(Bucket="photos", Key=KEY, Body=b"before")

    await upload(path, there, PART_BYTES)
    await download(there, tmp_path / "back", any_start, PART_BYTES)

    seen = boto3_client(server).get_object(Bucket="photos", Key=KEY)
    assert seen["Body"].read() == content
    assert len(seen["Metadata"]["sha256"]) == 64
    assert (tmp_path / "back").read_bytes() == content


async def test_what_others_put_there_comes_down(
    server: S3Server, s3: S3, tmp_path: Path
) -> None:
    """Also when it is replaced meanwhile: never half of each."""
    peer = boto3_client(server)
    peer.put_object(Bucket="photos", Key="others.db", Body=LARGE)
    other = LARGE[::-1]

    def replace(first_bytes: bytes) -> None:
        if first_bytes[0] == LARGE[0]:
            peer.put_object(Bucket="photos", Key="others.db", Body=other)

    there = remote(s3, "others.db")
    await download(there, tmp_path / "back", replace, PART_BYTES)

    assert (tmp_path / "back").read_bytes() == other


async def test_an_object_without_a_byte_comes_down(
    server: S3Server, s3: S3, tmp_path: Path
) -> None:
    """Stores answer differently to a range of nothing."""
    boto3_client(server).put_object(Bucket="photos", Key="empty.db", Body=b"")

    await download(remote(s3, "empty.db"), tmp_path / "back", any_start)

    assert (tmp_path / "back").read_bytes() == b""


async def test_an_upload_that_was_aborted_is_gone(s3: S3) -> None:
    """Its parts are neither kept nor seen."""
    there = remote(s3, "aborted.db")
    upload_id = await there.begin("0" * 64)
    await there.put_part(upload_id, 1, SMALL)

    await there.abort(upload_id)

    with pytest.raises(SourceUnreadable, match="gave up"):
        await there.put_part(upload_id, 2, SMALL)
    assert await look_at(there) is None


async def test_bytes_that_changed_on_the_way_are_refused(s3: S3) -> None:
    """Servers compare what comes with the digest that comes with it."""
    digest = hashlib.md5(b"as they were", usedforsecurity=False).digest()
    answer = await s3.send(
        S3Request(
            "PUT",
            object_path("photos", "changed.db"),
            headers={"Content-MD5": b64encode(digest).decode()},
            body=Body(b"as they are!", "application/octet-stream"),
        )
    )

    assert answer.status == 400
    assert await look_at(remote(s3, "changed.db")) is None


async def test_what_is_missing_is_told_apart(s3: S3, tmp_path: Path) -> None:
    """The bucket, or the object. To a missing bucket, SeaweedFS would write."""
    with pytest.raises(SourceNotFound, match="no object"):
        await download(remote(s3, "none.db"), tmp_path / "back", any_start)
    with pytest.raises(SourceNotFound, match="no bucket"):
        await look_at(remote(s3, KEY, "no-such-bucket"))


async def test_wrong_keys_may_not_write(server: S3Server) -> None:
    """Exit 77."""
    s3 = S3(server.endpoint_url, S3Keys(KEYS.access_key_id, "0" * 64))
    with pytest.raises(AccessDenied, match="secret"):
        await remote(s3, KEY).put(SMALL, "0" * 64)
    await s3.aclose()


def test_the_program_backs_up_and_restores(server: S3Server, tmp_path: Path) -> None:
    """From the command line to the bucket and back."""
    imgai = Imgai(tmp_path)
    imgai.environment = {
        "R2_ENDPOINT_URL": server.endpoint_url,
        "R2_ACCESS_KEY_ID": KEYS.access_key_id,
        "R2_SECRET_ACCESS_KEY": KEYS.secret_access_key,
    }
    make_library(imgai.database)
    imgai.change("CREATE TABLE ballast (bytes)")
    imgai.change("INSERT INTO ballast VALUES (randomblob(40000000))")
    before = imgai.rows("SELECT count(*) FROM prediction")

    made = imgai("backup", "r2://photos/imgai.db")
    imgai.change("DELETE FROM prediction")
    back = imgai("backup", "--restore", "r2://photos/imgai.db")

    assert (made.exit_code, back.exit_code) == (0, 0), made.err + back.err
    assert imgai.rows("SELECT count(*) FROM prediction") == before
