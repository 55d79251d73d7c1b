"""Objects are read as they were listed, or as they are now, or fail alone."""

import asyncio

import pytest

from imgai.domain.images import SourceImage
from imgai.errors import (
    ImageError,
    NotAnImage,
    OversizedImage,
    Reason,
    UnavailableImage,
    UnreadableImage,
)
from imgai.sources.location import r2_uri
from imgai.sources.r2 import R2Bucket
from imgai.sources.reading import ReadingRules
from imgai.sources.s3 import S3
from tests.sources.buckets import BUSY, NO_ANSWER, bucket, listed
from tests.stubs.faults import Fault, Manner
from tests.stubs.s3_stub import S3Stub, etag, refused

pytestmark = pytest.mark.anyio


async def failure(source: R2Bucket, image: SourceImage) -> ImageError:
    """Return the error that reading an object ends with."""
    with pytest.raises(ImageError) as caught:
        await source.read(image)
    return caught.value


async def test_an_object_is_read_as_it_was_listed(store: S3Stub, s3: S3) -> None:
    """By its ETag, so that bytes, size and change key belong together."""
    store.objects = {"a.jpg": b"content"}

    file = await bucket(s3).read(listed("a.jpg", b"content"))

    assert file.content == b"content"
    assert file.image == listed("a.jpg", b"content")
    assert store.asked[0].headers["if-match"] == etag(b"content")


async def test_an_overwritten_object_is_read_as_it_is_now(
    store: S3Stub, s3: S3
) -> None:
    """With its new ETag and size, so the next run knows it."""
    store.objects = {"a.jpg": b"new content"}

    file = await bucket(s3).read(listed("a.jpg", b"old"))

    assert file.content == b"new content"
    assert file.image == listed("a.jpg", b"new content")


async def test_a_deleted_object_may_come_back(s3: S3) -> None:
    """Deleted between listing and reading: no failure for ever."""
    error = await failure(bucket(s3), listed("gone.jpg", b"x"))

    assert isinstance(error, UnavailableImage)
    assert error.reason is Reason.VANISHED


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        refused(500, "InternalError"),
        refused(429, "TooManyRequests", Retry_After="7"),
        Fault(200, b"content", {"ETag": etag(b"content")}, manner=Manner.CUT),
        NO_ANSWER,
    ],
)
async def test_a_body_that_breaks_off_is_asked_for_again(
    store: S3Stub, s3: S3, fault: Fault
) -> None:
    """A busy store or a lost connection costs no image."""
    store.objects = {"a.jpg": b"content"}
    store.faults.append(fault)
    source = bucket(s3)

    assert (await source.read(listed("a.jpg", b"content"))).content == b"content"
    assert store.gets == ["a.jpg", "a.jpg"]


async def test_a_body_with_less_than_was_listed_is_asked_for_again(
    store: S3Stub, s3: S3
) -> None:
    """A proxy may end a body too soon and say nothing of it."""
    store.objects = {"a.jpg": b"content"}
    store.faults.append(Fault(200, b"con", {"ETag": etag(b"content")}))

    assert (await bucket(s3).read(listed("a.jpg", b"content"))).content == b"content"


async def test_an_object_too_large_is_not_asked_for(store: S3Stub, s3: S3) -> None:
    """Its size is known from the listing."""
    image = SourceImage(r2_uri("photos", "a.jpg"), 8 * 1024**3, None, "tag")

    assert isinstance(await failure(bucket(s3), image), OversizedImage)
    assert store.gets == []


async def test_a_large_object_without_extension_is_told_by_its_first_bytes(
    store: S3Stub, s3: S3
) -> None:
    """4 KB instead of a film."""
    film = b"film" * 300_000
    store.objects = {"film": film}

    def refuse(head: bytes) -> None:
        assert len(head) == 4096
        raise NotAnImage("A film.")

    source = bucket(s3, rules=ReadingRules(check_head=refuse))

    assert isinstance(await failure(source, listed("film", film)), NotAnImage)
    assert store.asked[0].headers["range"] == "bytes=0-4095"
    assert len(store.gets) == 1


async def test_an_archived_object_fails_alone(store: S3Stub, s3: S3) -> None:
    """The key is fine, so the run goes on."""
    store.faults.append(refused(403, "InvalidObjectState"))
    error = await failure(bucket(s3), listed("a.jpg", b"x"))

    assert isinstance(error, UnreadableImage)
    assert not error.is_permanent


async def test_a_key_that_no_url_can_carry_fails_alone(store: S3Stub, s3: S3) -> None:
    """Asking for it would ask for another object, with a wrong signature."""
    for key in ("x/../y.jpg", "./a.jpg", ".."):
        error = await failure(bucket(s3), listed(key, b"x"))
        assert error.reason is Reason.UNREADABLE
    assert store.gets == []


async def test_many_objects_are_read_at_once(store: S3Stub, s3: S3) -> None:
    """No download waits for another."""
    contents = {f"{number}.jpg": str(number).encode() for number in range(40)}
    store.objects = contents
    source = bucket(s3)

    files = await asyncio.gather(
        *(source.read(listed(key, content)) for key, content in contents.items())
    )

    assert [file.content for file in files] == list(contents.values())
