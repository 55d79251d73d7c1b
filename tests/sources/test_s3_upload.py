"""Files go into a bucket whole or not at all."""

import asyncio
import hashlib
from base64 import b64encode
from pathlib import Path

import pytest

from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ModelUnavailable,
    RateLimited,
    SourceNotFound,
    SourceUnreadable,
    StoreError,
)
from imgai.sources.s3 import S3
from imgai.sources.s3_object import RemoteObject
from imgai.sources.s3_transfer import download, look_at, upload
from tests.commands.processes import wait_until
from tests.sources.buckets import BUSY, NO_ANSWER, any_start, remote
from tests.stubs.faults import Fault, Manner
from tests.stubs.s3_stub import S3Stub, refused

pytestmark = pytest.mark.anyio

KEY = "nightly/imgai é+%.db"
PIECE_BYTES = 1_000
SMALL = b"small " * 100
LARGE = bytes(range(256)) * 14  # 3,584 bytes: four pieces
SILENCE = Fault(200, manner=Manner.HANG)


@pytest.fixture
def there(s3: S3) -> RemoteObject:
    """Return the object that is put there."""
    return remote(s3, KEY)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file that goes up in four parts."""
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a file that goes up in one request."""
    path = tmp_path / "small"
    path.write_bytes(SMALL)
    return path


@pytest.mark.parametrize("content", [b"x", SMALL, LARGE, LARGE[:2_000]], ids=len)
async def test_what_goes_up_comes_down(
    there: RemoteObject, store: S3Stub, tmp_path: Path, content: bytes
) -> None:
    """In one request or in several; the same bytes, with their SHA-256 beside them."""
    path = tmp_path / "file"
    path.write_bytes(content)

    await upload(path, there, PIECE_BYTES)
    await download(there, tmp_path / "back", any_start, PIECE_BYTES)

    assert (tmp_path / "back").read_bytes() == store.objects[KEY] == content
    sha256 = hashlib.sha256(content).hexdigest()
    assert store.metadata[KEY] == {"x-amz-meta-sha256": sha256}
    assert not store.uploads
    assert max(len(asked.body) for asked in store.asked) <= PIECE_BYTES


async def test_metadata_are_signed(
    there: RemoteObject, small: Path, store: S3Stub
) -> None:
    """Stores refuse headers of their own kind that are not."""
    await upload(small, there)

    signed = store.asked[0].headers["authorization"].split(", ")[1]
    assert "x-amz-meta-sha256" in signed.removeprefix("SignedHeaders=").split(";")


async def test_each_piece_comes_with_its_digest(
    there: RemoteObject, large: Path, store: S3Stub
) -> None:
    """By it, and not by luck, what has arrived is what was sent."""
    await upload(large, there, PIECE_BYTES)

    parts = [one for one in store.asked if "partNumber" in one.target]
    assert len(parts) == 4
    for part in parts:
        digest = hashlib.md5(part.body, usedforsecurity=False).digest()
        assert part.headers["content-md5"] == b64encode(digest).decode()


async def test_an_object_that_is_looked_at_is_not_fetched(
    there: RemoteObject, store: S3Stub
) -> None:
    """A hundred bytes say what it is; an object that is not there is no error."""
    assert await look_at(there) is None

    store.objects[KEY] = LARGE
    seen = await look_at(there)

    assert seen is not None
    assert (seen.content, seen.size_bytes) == (LARGE[:100], len(LARGE))


@pytest.mark.parametrize("at", range(6), ids=str)
@pytest.mark.parametrize("fault", [BUSY, NO_ANSWER], ids=["busy", "reset"])
async def test_an_upload_weathers_two_failures_of_any_request(
    there: RemoteObject,
    large: Path,
    store: S3Stub,
    at: int,
    fault: Fault,
) -> None:
    """Beginning, each part, the end, and the look at what has become of it."""
    store.faults.extend([*[None] * at, fault, fault])

    await upload(large, there, PIECE_BYTES)

    assert store.objects[KEY] == LARGE
    assert not store.faults


@pytest.mark.parametrize("at", range(6), ids=str)
async def test_an_upload_that_fails_leaves_what_was_there_and_no_parts(
    there: RemoteObject, large: Path, store: S3Stub, at: int
) -> None:
    """Whichever request it is; parts that nobody completes would be billed."""
    store.objects[KEY] = b"last night's"
    store.faults.extend([*[None] * at, *[BUSY] * 3])

    with pytest.raises(RateLimited):
        await upload(large, there, PIECE_BYTES)

    assert store.objects[KEY] == b"last night's"
    assert not store.uploads


async def test_an_upload_that_is_interrupted_leaves_no_parts(
    there: RemoteObject, large: Path, store: S3Stub
) -> None:
    """Ctrl-C cancels the task; the store is told before it ends."""
    store.faults.extend([None, None, SILENCE])
    task = asyncio.create_task(upload(large, there, PIECE_BYTES))
    await asyncio.to_thread(wait_until, lambda: not store.faults, "a part is sent")

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert store.asked[-1].method == "DELETE"
    assert not store.uploads
    assert KEY not in store.objects


async def test_an_upload_whose_last_answer_was_lost_has_arrived(
    there: RemoteObject, large: Path, store: S3Stub
) -> None:
    """Asked again, the store knows no such upload; the object says that it is done."""
    await upload(large, there, PIECE_BYTES)
    gone = refused(404, "NoSuchUpload")
    store.faults.extend([*[None] * 5, NO_ANSWER, gone])

    await upload(large, there, PIECE_BYTES)


async def test_an_upload_that_the_store_forgot_is_a_failure(
    there: RemoteObject, large: Path, store: S3Stub
) -> None:
    """The same answer, and something else, or nothing, is there."""
    store.faults.extend([*[None] * 5, refused(404, "NoSuchUpload")])
    with pytest.raises(BadAnswer, match="not what was put"):
        await upload(large, there, PIECE_BYTES)

    store.faults.extend([None, refused(404, "NoSuchUpload")])
    with pytest.raises(SourceUnreadable, match="gave up"):
        await upload(large, there, PIECE_BYTES)


async def test_a_success_that_is_none_is_seen(
    there: RemoteObject, large: Path, store: S3Stub
) -> None:
    """S3 answers 200 before it has put the parts together; then says how it went."""
    failed = Fault(200, b"<Error><Code>InternalError</Code></Error>")
    store.faults.extend([*[None] * 5, failed])
    await upload(large, there, PIECE_BYTES)
    assert store.objects[KEY] == LARGE

    store.faults.extend([*[None] * 5, failed, failed, failed])
    with pytest.raises(BadAnswer):
        await upload(large, there, PIECE_BYTES)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (refused(404, "NoSuchBucket"), SourceNotFound, "no bucket"),
        (refused(403, "SignatureDoesNotMatch"), AccessDenied, "secret"),
        (refused(403, "AccessDenied"), AccessDenied, "may not write"),
        (refused(400, "XAmzContentSHA256Mismatch"), SourceUnreadable, "400"),
    ],
)
async def test_refusals_of_an_upload_are_told_apart(
    there: RemoteObject,
    small: Path,
    store: S3Stub,
    fault: Fault,
    error: type[Exception],
    words: str,
) -> None:
    """One request is enough, and nothing is there."""
    store.faults.append(fault)
    with pytest.raises(error, match=words):
        await upload(small, there)

    assert len(store.asked) == 1
    assert KEY not in store.objects


async def test_a_store_that_never_answers_is_unavailable(
    there: RemoteObject, small: Path, store: S3Stub
) -> None:
    """After three attempts here."""
    store.faults.extend([NO_ANSWER] * 3)
    with pytest.raises(ModelUnavailable):
        await upload(small, there)
    assert len(store.asked) == 3


async def test_a_file_that_cannot_be_read_is_named(
    there: RemoteObject, tmp_path: Path
) -> None:
    """The disk of this machine is at fault, not the store."""
    with pytest.raises(StoreError, match="cannot be read"):
        await upload(tmp_path / "none", there)
