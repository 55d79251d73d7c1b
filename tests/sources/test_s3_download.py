"""Files come back from a bucket as they were put there, or not at all."""

from pathlib import Path

import pytest

from imgai.errors import BadAnswer, SourceNotFound, StoreError
from imgai.sources.s3 import S3
from imgai.sources.s3_object import RemoteObject
from imgai.sources.s3_transfer import download, look_at, upload
from tests.sources.buckets import BUSY, NO_ANSWER, any_start, remote
from tests.stubs.faults import Fault, Manner
from tests.stubs.s3_stub import S3Stub, refused

pytestmark = pytest.mark.anyio

KEY = "nightly/imgai é+%.db"
PIECE_BYTES = 1_000
LARGE = bytes(range(256)) * 14  # 3,584 bytes: four pieces
HALF_A_PIECE = Fault(206, LARGE[:PIECE_BYTES], manner=Manner.CUT)


@pytest.fixture
def there(s3: S3) -> RemoteObject:
    """Return the object that is fetched."""
    return remote(s3, KEY)


@pytest.mark.parametrize(
    "fault",
    [BUSY, NO_ANSWER, HALF_A_PIECE, Fault(206, LARGE[:PIECE_BYTES])],
    ids=["busy", "reset", "cut", "no range"],
)
@pytest.mark.parametrize("at", range(4), ids=str)
async def test_a_download_goes_on_where_it_broke_off(
    there: RemoteObject, store: S3Stub, tmp_path: Path, at: int, fault: Fault
) -> None:
    """Only the piece in question is asked for again."""
    store.objects[KEY] = LARGE
    store.faults.extend([*[None] * at, fault, fault])

    await download(there, tmp_path / "back", any_start, PIECE_BYTES)

    assert (tmp_path / "back").read_bytes() == LARGE
    asked = [asked.headers["range"] for asked in store.asked]
    assert len(asked) == 4 + 2
    assert asked[at] == asked[at + 1] == asked[at + 2]


async def test_an_object_without_a_byte_is_fetched_as_such(
    there: RemoteObject, store: S3Stub, tmp_path: Path
) -> None:
    """There is no range of it that could be asked for."""
    store.objects[KEY] = b""

    await download(there, tmp_path / "back", any_start)

    assert (tmp_path / "back").read_bytes() == b""


async def test_an_object_replaced_meanwhile_is_read_from_its_beginning(
    there: RemoteObject, store: S3Stub, tmp_path: Path
) -> None:
    """Half of the one and half of the other would be neither."""
    other = bytes(reversed(LARGE)) + b"longer"
    store.objects[KEY] = LARGE
    starts = []

    def replace(first_bytes: bytes) -> None:
        starts.append(first_bytes)
        store.objects[KEY] = other

    await download(there, tmp_path / "back", replace, PIECE_BYTES)

    assert (tmp_path / "back").read_bytes() == other
    assert starts == [LARGE[:PIECE_BYTES], other[:PIECE_BYTES]]


async def test_an_object_replaced_again_and_again_is_left(
    there: RemoteObject, store: S3Stub, tmp_path: Path
) -> None:
    """It would never end."""
    store.objects[KEY] = LARGE
    store.faults.extend([None, refused(412, "PreconditionFailed")] * 3)
    with pytest.raises(BadAnswer, match="replaced"):
        await download(there, tmp_path / "back", any_start, PIECE_BYTES)


async def test_what_is_not_wanted_is_not_fetched(
    there: RemoteObject, store: S3Stub, tmp_path: Path
) -> None:
    """A slip in the key must not fetch a film."""
    store.objects[KEY] = LARGE

    def refuse(first_bytes: bytes) -> None:
        raise StoreError(f"not ours: {len(first_bytes)}")

    with pytest.raises(StoreError, match="not ours"):
        await download(there, tmp_path / "back", refuse, PIECE_BYTES)

    assert len(store.gets) == 1
    assert not (tmp_path / "back").exists()


async def test_a_download_that_differs_is_damaged(
    there: RemoteObject, store: S3Stub, tmp_path: Path
) -> None:
    """By the SHA-256 it was put there with; one put there by others has none."""
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    await upload(path, there, PIECE_BYTES)
    store.objects[KEY] = LARGE.replace(b"\x07", b"\x08", 1)
    with pytest.raises(StoreError, match="damaged"):
        await download(there, tmp_path / "back", any_start, PIECE_BYTES)

    store.metadata.clear()
    await download(there, tmp_path / "back", any_start, PIECE_BYTES)


async def test_what_is_missing_is_told_apart(s3: S3, tmp_path: Path) -> None:
    """The bucket, the object, the way to the store."""
    with pytest.raises(SourceNotFound, match=r"no object .*%C3%A9"):
        await download(remote(s3, KEY), tmp_path / "back", any_start)
    with pytest.raises(SourceNotFound, match="no bucket"):
        await download(remote(s3, KEY, "none"), tmp_path / "back", any_start)
    with pytest.raises(SourceNotFound, match="no bucket"):
        await look_at(remote(s3, KEY, "none"))


async def test_a_file_that_cannot_be_written_is_named(
    there: RemoteObject, store: S3Stub, tmp_path: Path
) -> None:
    """The disk of this machine is at fault, not the store."""
    store.objects[KEY] = LARGE
    with pytest.raises(StoreError, match="cannot be written"):
        await download(there, tmp_path / "no" / "back", any_start)
