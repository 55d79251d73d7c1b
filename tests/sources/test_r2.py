"""A bucket is listed like a folder, and a faltering store loses no image."""

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.shards import Shard
from imgai.errors import (
    Reason,
    SourceNotFound,
    SourceUnreadable,
    TransientError,
)
from imgai.sources.s3 import S3
from imgai.sources.selection import Selection
from tests.sources.buckets import BUSY, NO_ANSWER, bucket, listed
from tests.sources.folders import images, list_all, passed_over
from tests.stubs.faults import Fault, Manner
from tests.stubs.s3_stub import S3Stub

pytestmark = pytest.mark.anyio

_LISTING = (
    b"<ListBucketResult><Contents><Key>a.jpg</Key><Size>%s</Size><ETag>%s</ETag>"
    b"</Contents></ListBucketResult>"
)


async def test_objects_are_listed_page_by_page(store: S3Stub, s3: S3) -> None:
    """A page is asked for when it is needed: the first image does not wait."""
    store.page_size = 2
    store.objects = {f"{number}.jpg": b"x" for number in range(5)}
    source = bucket(s3)
    batches = source.batches()

    first = await anext(batches)

    assert images(first) == ["r2://photos/0.jpg", "r2://photos/1.jpg"]
    assert len(store.lists) == 1
    assert not source.is_complete
    rest = [uri async for batch in batches for uri in images(batch)]
    assert rest == [f"r2://photos/{number}.jpg" for number in (2, 3, 4)]
    assert len(store.lists) == 3
    assert source.is_complete


async def test_size_and_etag_tell_change(store: S3Stub, s3: S3) -> None:
    """There is no time; the ETag comes without its quotes."""
    store.objects = {"a b.jpg": b"12345"}

    assert await list_all(bucket(s3)) == [listed("a b.jpg", b"12345")]


async def test_a_listing_that_breaks_off_goes_on_behind_the_last_key(
    store: S3Stub, s3: S3
) -> None:
    """By key, not by token: nothing is listed twice and nothing is lost."""
    store.page_size = 2
    store.objects = {f"{number}.jpg": b"x" for number in range(6)}
    cut = Fault(200, b"<ListBucketResult>" + b" " * 1000, manner=Manner.CUT)
    store.faults.extend([None, BUSY, cut, NO_ANSWER])

    found = images(await list_all(bucket(s3)))

    assert found == [f"r2://photos/{number}.jpg" for number in range(6)]
    assert store.lists[1]["continuation-token"] == "1.jpg"
    assert "continuation-token" not in store.lists[2]
    assert store.lists[2]["start-after"] == "1.jpg"


async def test_a_listing_that_stays_broken_is_unreadable(store: S3Stub, s3: S3) -> None:
    """What was listed holds, and nothing is taken for gone."""
    store.page_size = 1
    store.objects = {"0.jpg": b"x", "1.jpg": b"x"}
    store.faults.extend([None, *[BUSY] * 9])
    source = bucket(s3)
    batches = source.batches()

    await anext(batches)

    with pytest.raises(SourceUnreadable):
        await anext(batches)
    assert not source.is_complete


async def test_a_store_that_never_answers_is_unreachable(store: S3Stub, s3: S3) -> None:
    """Another exit code than a listing that broke off: nothing was done."""
    store.faults.extend([NO_ANSWER] * 9)
    with pytest.raises(TransientError):
        await list_all(bucket(s3))


async def test_a_store_that_goes_in_circles_is_left(store: S3Stub, s3: S3) -> None:
    """A wrong token would otherwise list the same page for ever."""
    page = (
        b"<ListBucketResult><Contents><Key>a.jpg</Key><Size>1</Size></Contents>"
        b"<IsTruncated>true</IsTruncated>"
        b"<NextContinuationToken>t</NextContinuationToken></ListBucketResult>"
    )
    store.faults.extend([Fault(200, page)] * 9)
    with pytest.raises(SourceUnreadable, match="again"):
        await list_all(bucket(s3))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"<html/>",
        b'{"success":true}',
        b"<ListBucketResult><Contents/></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><ListBucketResult>&a;</ListBucketResult>",
        _LISTING % (b"9" * 20, b""),
        _LISTING % (b"9" * 5_000, b""),
        _LISTING % (b"-1", b""),
        b"<" + b"a" * 9_000_000,
    ],
)
async def test_what_is_no_listing_is_not_taken_for_an_empty_one(
    store: S3Stub, s3: S3, body: bytes
) -> None:
    """An empty listing would mark everything as gone."""
    store.faults.extend([Fault(200, body)] * 9)
    source = bucket(s3)
    with pytest.raises(TransientError):
        await list_all(source)
    assert not source.is_complete


async def test_an_etag_that_no_header_can_carry_is_none(store: S3Stub, s3: S3) -> None:
    """It cannot be asked for again, so the object is read as it is now."""
    store.objects = {"a.jpg": b"x"}
    store.faults.append(Fault(200, _LISTING % (b"1", "é\n".encode())))
    source = bucket(s3)
    (image,) = await list_all(source)
    assert isinstance(image, SourceImage)
    assert image.etag is None

    assert (await source.read(image)).content == b"x"


async def test_a_prefix_of_any_bytes_is_asked_for_as_it_was_typed(
    store: S3Stub, s3: S3
) -> None:
    """A shell passes on what is no UTF-8; no key begins with it."""
    with pytest.raises(SourceNotFound):
        await list_all(bucket(s3, "\udcff"))

    assert "prefix=%FF" in store.asked[0].target


async def test_only_what_a_prefix_names_is_listed(store: S3Stub, s3: S3) -> None:
    """As S3 means it; a slash at its end makes it a folder."""
    store.objects = dict.fromkeys(["2024/a.jpg", "2024-old/b.jpg", "c.jpg"], b"x")

    assert images(await list_all(bucket(s3, "2024/"))) == ["r2://photos/2024/a.jpg"]
    assert len(images(await list_all(bucket(s3, "2024")))) == 2


async def test_a_prefix_that_names_nothing_is_not_found(s3: S3) -> None:
    """A typing error marks nothing as gone; an empty bucket is no error."""
    with pytest.raises(SourceNotFound):
        await list_all(bucket(s3, "no such/"))
    source = bucket(s3)
    assert await list_all(source) == []
    assert source.is_complete


@pytest.mark.usefixtures("without_raw")
async def test_what_is_no_image_is_passed_over_by_its_key(
    store: S3Stub, s3: S3
) -> None:
    """Folder markers, hidden parts, other extensions: none is downloaded."""
    keys = ["dir/", "a.txt", "a.CR2", ".thumbs/a.jpg", "@eaDir/b.jpg", "c/._d.jpg"]
    store.objects = dict.fromkeys([*keys, "no-extension"], b"x")

    entries = await list_all(bucket(s3))

    assert images(entries) == ["r2://photos/no-extension"]
    assert {uri.removeprefix("r2://photos/"): why.value for uri, why in passed_over(
        entries
    ).items()} == {
        "dir/": "not-regular",
        "a.txt": "not-an-image",
        "a.CR2": "camera-raw",
        ".thumbs/a.jpg": "hidden",
        "%40eaDir/b.jpg": "hidden",
        "c/._d.jpg": "hidden",
    }  # fmt: skip


async def test_globs_see_the_path_below_the_prefix(store: S3Stub, s3: S3) -> None:
    """As in a folder, the source's own path does not count."""
    store.objects = dict.fromkeys(["2024/raw/a.jpg", "2024/b.jpg"], b"x")
    entries = await list_all(bucket(s3, "2024/", Selection(exclude=("raw/**",))))

    assert images(entries) == ["r2://photos/2024/b.jpg"]
    assert passed_over(entries) == {"r2://photos/2024/raw/a.jpg": Reason.EXCLUDED}


async def test_shards_share_a_bucket(store: S3Stub, s3: S3) -> None:
    """Each object belongs to one; none may take the rest for gone."""
    store.objects = {f"{number}.jpg": b"x" for number in range(9)}
    sources = [
        bucket(s3, selection=Selection(shard=Shard(number, 2))) for number in (1, 2)
    ]

    found = [uri for source in sources for uri in images(await list_all(source))]

    assert sorted(found) == [f"r2://photos/{number}.jpg" for number in range(9)]
    assert not any(source.is_complete for source in sources)
