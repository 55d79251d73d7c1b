"""Against S3 servers that others wrote: the same keys as other tools list, all read."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.errors import AccessDenied, Reason, SourceNotFound, UnavailableImage
from imgai.sources.location import BucketLocation, parse_r2_uri
from imgai.sources.r2 import R2Bucket
from imgai.sources.r2_keys import S3Keys
from imgai.sources.s3 import S3
from tests.sources.folders import images, list_all, passed_over
from tests.stubs.s3_servers import (
    BUCKETS,
    KEYS,
    SERVERS,
    S3Server,
    boto3_client,
    s3_server,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# How many keys begin with "a", "aa" and so on: about one page, two and more.
COUNTS = {"a": 2350, "aa": 1001, "aaa": 1000, "aaaa": 999, "aaaaa": 1}

ODD_KEYS = [
    "odd/plain.jpg",
    "odd/two words.jpg",
    "odd/ends with a space.jpg ",
    "odd/1+1.jpg",
    "odd/50%.jpg",
    "odd/50%25.jpg",
    "odd/%2F.jpg",
    "odd/%zz.jpg",
    "odd/#1.jpg",
    "odd/who?.jpg",
    "odd/a&b=c;d:e@f,g$h!i*j'(k).jpg",
    'odd/<"quoted">.jpg',
    "odd/\N{CAT FACE}.jpg",
    "odd/caf\N{LATIN SMALL LETTER E WITH ACUTE}.jpg",
    "odd/cafe\N{COMBINING ACUTE ACCENT}.jpg",
    "odd/tab\t.jpg",
    "odd/\x01.jpg",
    "odd/~.jpg",
    "odd/" + "\N{LATIN SMALL LETTER E WITH ACUTE}" * 124 + ".jpg",
]
# Keys that one server or the other does not keep as they are.
ODD_FOR_MINIFLARE = [
    "/odd leading slash.jpg",
    "odd//empty part.jpg",
    "odd/back\\slash.jpg",
    "odd/" + "x" * 1016 + ".jpg",  # 1,024 bytes
]
ODD_FOR_SEAWEEDFS = ["odd/two\nlines.jpg"]


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[S3Server]:
    """Return a server with its buckets filled, one after the other."""
    folder = tmp_path_factory.mktemp(request.param)
    with s3_server(request.param, folder) as running:
        peer = boto3_client(running)
        for key in odd_keys(running):
            peer.put_object(Bucket="photos", Key=key, Body=key.encode())
        put_many(running, folder / "many")
        yield running


@pytest.fixture
async def s3(server: S3Server) -> AsyncIterator[S3]:
    """Return a client of the server with the right keys."""
    client = S3(server.endpoint_url, KEYS)
    yield client
    await client.aclose()


def odd_keys(server: S3Server) -> list[str]:
    """Return the odd keys that a server keeps as they are."""
    extra = {"miniflare": ODD_FOR_MINIFLARE, "seaweedfs": ODD_FOR_SEAWEEDFS}
    return ODD_KEYS + extra[server.name]


def s5cmd(server: S3Server, *arguments: str) -> str:
    """Run s5cmd against a server and return what it prints."""
    binary = shutil.which("s5cmd", path=Path(sys.executable).parent)
    if binary is None:
        pytest.skip("s5cmd is not installed")
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
        "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key,
        "AWS_REGION": "auto",
    }
    done = subprocess.run(
        [binary, "--endpoint-url", server.endpoint_url, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def put_many(server: S3Server, folder: Path) -> None:
    """Put 2,350 objects, so that each prefix of `COUNTS` has its number of keys."""
    folder.mkdir()
    longer = 0
    for prefix, count in reversed(COUNTS.items()):
        for number in range(count - longer):
            (folder / f"{prefix}-{number:04}.jpg").write_text(f"{prefix} {number}")
        longer = count
    s5cmd(server, "--numworkers", "8", "cp", f"{folder}/*", "s3://photos/")


def boto3_keys(server: S3Server, prefix: str) -> list[str]:
    """Return the keys that boto3 lists."""
    pages = boto3_client(server).get_paginator("list_objects_v2")
    return [
        entry["Key"]
        for page in pages.paginate(Bucket="photos", Prefix=prefix)
        for entry in page.get("Contents", [])
    ]


async def keys(s3: S3, prefix: str = "", bucket: str = "photos") -> list[str]:
    """Return the keys that imgai lists, of images and of all else."""
    source = R2Bucket(s3, BucketLocation(bucket, prefix))
    listed = [parse_r2_uri(entry.uri)[1] for entry in await list_all(source)]
    assert source.is_complete
    return listed


@pytest.mark.parametrize("prefix", COUNTS)
async def test_the_keys_are_those_that_other_tools_list(
    server: S3Server, s3: S3, prefix: str
) -> None:
    """About one page, two and more: none is lost or doubled where pages meet."""
    found = await keys(s3, prefix)

    assert len(found) == COUNTS[prefix]
    assert found == sorted(found)
    assert found == boto3_keys(server, prefix)
    lines = s5cmd(server, "ls", f"s3://photos/{prefix}*").splitlines()
    assert sorted(found) == sorted(line.split()[-1] for line in lines)


async def test_an_empty_bucket_has_no_keys(s3: S3) -> None:
    """Zero pages are a complete listing."""
    assert await keys(s3, bucket="empty") == []


async def test_odd_keys_are_listed_and_read(server: S3Server, s3: S3) -> None:
    """Each comes back byte for byte, and so does what it holds."""
    source = R2Bucket(s3, BucketLocation("photos"))

    listed = await list_all(source)

    found = {parse_r2_uri(one.uri)[1]: one for one in listed if "odd" in one.uri}
    assert sorted(found) == sorted(odd_keys(server))
    for key, image in found.items():
        assert isinstance(image, SourceImage)
        file = await source.read(image)
        assert file.content == key.encode()
        assert file.image == image


async def test_markers_and_empty_objects_stop_nothing(server: S3Server, s3: S3) -> None:
    """A folder's marker is passed over; an object without a byte is read as such."""
    peer = boto3_client(server)
    peer.put_object(Bucket="photos", Key="marked/", Body=b"")
    peer.put_object(Bucket="photos", Key="marked/empty.jpg", Body=b"")
    source = R2Bucket(s3, BucketLocation("photos", "marked/"))

    listed = await list_all(source)

    assert images(listed) == ["r2://photos/marked/empty.jpg"]
    assert passed_over(listed) == {"r2://photos/marked/": Reason.NOT_REGULAR}
    (image,) = (one for one in listed if isinstance(one, SourceImage))
    assert (await source.read(image)).content == b""


async def test_an_object_that_changes_after_listing_is_read_as_it_is(
    server: S3Server, s3: S3
) -> None:
    """Overwritten: the new content with its own ETag. Deleted: vanished."""
    peer = boto3_client(server)
    peer.put_object(Bucket="photos", Key="fleeting/a.jpg", Body=b"old")
    source = R2Bucket(s3, BucketLocation("photos", "fleeting/"))
    (image,) = await list_all(source)
    assert isinstance(image, SourceImage)

    peer.put_object(Bucket="photos", Key="fleeting/a.jpg", Body=b"new content")
    file = await source.read(image)
    assert file.content == b"new content"
    assert [file.image] == await list_all(
        R2Bucket(s3, BucketLocation("photos", "fleeting/"))
    )

    peer.delete_object(Bucket="photos", Key="fleeting/a.jpg")
    with pytest.raises(UnavailableImage) as caught:
        await source.read(image)
    assert caught.value.reason is Reason.VANISHED


async def test_the_buckets_are_named(s3: S3) -> None:
    """`r2://` alone lists what may be listed."""
    assert set(BUCKETS) <= set(await s3.list_buckets())


async def test_a_missing_bucket_is_not_found(s3: S3) -> None:
    """Exit 66, and the remedy."""
    with pytest.raises(SourceNotFound, match="no-such-bucket"):
        await keys(s3, bucket="no-such-bucket")


@pytest.mark.parametrize(
    "wrong",
    [
        S3Keys(KEYS.access_key_id, "0" * 64),
        S3Keys("0" * 32, KEYS.secret_access_key),
    ],
    ids=["wrong secret", "unknown key"],
)
async def test_wrong_keys_are_refused(server: S3Server, wrong: S3Keys) -> None:
    """Exit 77; neither key is in the message."""
    s3 = S3(server.endpoint_url, wrong)
    with pytest.raises(AccessDenied) as caught:
        await keys(s3)
    await s3.aclose()

    said = f"{caught.value} {caught.value.hint}"
    assert wrong.access_key_id not in said
    assert wrong.secret_access_key not in said


async def test_a_wrong_clock_is_named(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 77, and the hint to set the clock."""
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime",
        lambda: datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=2),
    )
    with pytest.raises(AccessDenied, match="clock"):
        await keys(s3)
