"""What every source must do, tried on each of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.errors import Reason, UnavailableImage
from imgai.sources.base import Source
from imgai.sources.local import LocalFiles, open_path
from imgai.sources.s3 import S3
from tests.sources.buckets import bucket
from tests.sources.folders import images, list_all, make_file, passed_over
from tests.stubs.s3_stub import S3Stub

pytestmark = pytest.mark.anyio

CONTENTS = {"a.jpg": b"first", "b c.png": b"second", "d/e#.jpg": b"third"}


@pytest.fixture(params=["folder", "files", "bucket"])
async def source(
    request: pytest.FixtureRequest, tmp_path: Path, store: S3Stub, s3: S3
) -> AsyncIterator[Source]:
    """Return one source after the other, each with the same images and a text."""
    store.objects = {**CONTENTS, "z.txt": b"text"}
    for name, content in store.objects.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        make_file(tmp_path / name, content)
    match request.param:
        case "folder":
            yield open_path(tmp_path)
        case "files":
            yield LocalFiles([tmp_path / name for name in CONTENTS])
        case _:
            yield bucket(s3)


async def test_every_uri_begins_with_the_sources(source: Source) -> None:
    """What is gone is looked for among the URIs that begin so."""
    listed = await list_all(source)

    assert len(images(listed)) == len(CONTENTS)
    assert all(one.uri.startswith(source.uri) for one in listed)


async def test_every_image_that_is_listed_can_be_read(source: Source) -> None:
    """Its bytes, under the same URI, with the size they have."""
    read = [
        await source.read(image)
        for image in await list_all(source)
        if isinstance(image, SourceImage)
    ]

    assert [file.content for file in read] == list(CONTENTS.values())
    assert [file.image.size_bytes for file in read] == [
        len(content) for content in CONTENTS.values()
    ]


async def test_what_is_no_image_is_passed_over_with_a_reason(source: Source) -> None:
    """Nothing is dropped without a word."""
    reasons = set(passed_over(await list_all(source)).values())
    assert reasons <= {Reason.NOT_AN_IMAGE}


async def test_an_image_that_vanished_may_come_back(
    source: Source, tmp_path: Path, store: S3Stub
) -> None:
    """It fails in this run, and is looked for again in the next."""
    first = next(one for one in await list_all(source) if isinstance(one, SourceImage))
    (tmp_path / "a.jpg").unlink()
    del store.objects["a.jpg"]

    with pytest.raises(UnavailableImage) as caught:
        await source.read(first)

    assert caught.value.reason is Reason.VANISHED
    assert not caught.value.is_permanent
