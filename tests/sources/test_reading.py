"""Files are read whole, as of one moment, and nothing is waited for."""

import os
import threading
from pathlib import Path

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
from imgai.sources.base import Source
from imgai.sources.local import LocalFiles, LocalFolder, open_path
from imgai.sources.location import path_to_uri
from imgai.sources.reading import ReadingRules
from tests.sources.folders import list_all, make_file, passed_over, rights_given_up

LONG_AGO_NS = 1_600_000_000_000_000_000

_OPEN = Path("/proc/self/fd")

pytestmark = pytest.mark.anyio


def image_at(path: Path) -> SourceImage:
    """Return a file as some earlier listing showed it."""
    return SourceImage(path_to_uri(path), 1, 1, None)


def open_files() -> int:
    """Return how many files this process has open."""
    return len(list(_OPEN.iterdir()))


async def failure(source: Source, path: Path) -> ImageError:
    """Return the error that reading a file ends with."""
    with pytest.raises(ImageError) as caught:
        await source.read(image_at(path))
    return caught.value


async def test_bytes_are_read_with_size_and_time_of_that_moment(tmp_path: Path) -> None:
    """Whatever the listing said, what is kept fits the bytes that were read."""
    path = tmp_path / "a.jpg"
    make_file(path, b"content")
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))

    file = await open_path(tmp_path).read(image_at(path))

    assert file.content == b"content"
    assert file.image == SourceImage(path_to_uri(path), 7, LONG_AGO_NS, None)


@pytest.mark.parametrize(("age_s", "is_trusted"), [(1.9, False), (2.1, True)])
async def test_a_fresh_time_is_not_trusted(
    tmp_path: Path,
    age_s: float,
    is_trusted: bool,  # noqa: FBT001  a table
) -> None:
    """Another write within the clock's step would leave the time as it is."""
    path = tmp_path / "a.jpg"
    make_file(path)
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    rules = ReadingRules(now_ns=lambda: LONG_AGO_NS + int(age_s * 1e9))

    file = await LocalFolder(tmp_path, rules=rules).read(image_at(path))

    assert file.image.mtime_ns == (LONG_AGO_NS if is_trusted else None)


async def test_a_sparse_file_of_8_gb_is_too_large(tmp_path: Path) -> None:
    """It is told by its size, before a byte of it is held in memory."""
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(8 * 1024**3)
    error = await failure(open_path(tmp_path), tmp_path / "a.jpg")
    assert isinstance(error, OversizedImage)


async def test_a_large_file_that_is_no_image_is_not_read_whole(tmp_path: Path) -> None:
    """A film without extension is passed over by its first bytes, not failed."""

    def refuse(head: bytes) -> None:
        assert len(head) == 4096
        raise NotAnImage("A film.")

    with (tmp_path / "film").open("wb") as file:
        file.truncate(8 * 1024**3)
    source = LocalFolder(tmp_path, rules=ReadingRules(check_head=refuse))

    assert isinstance(await failure(source, tmp_path / "film"), NotAnImage)


async def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    """A file may turn into a FIFO or a link to a device after it was listed."""
    os.mkfifo(tmp_path / "fifo.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")

    for name in ("fifo.jpg", "zero.jpg", "folder.jpg", "loop.jpg"):
        error = await failure(open_path(tmp_path), tmp_path / name)
        assert isinstance(error, NotAnImage)
        assert error.reason is Reason.NOT_REGULAR


async def test_a_vanished_file_may_come_back(tmp_path: Path) -> None:
    """Not permanent: the next run looks again."""
    error = await failure(open_path(tmp_path), tmp_path / "gone.jpg")

    assert isinstance(error, UnavailableImage)
    assert error.reason is Reason.VANISHED
    assert not error.is_permanent


@pytest.mark.skipif(os.name == "nt", reason="there it names a share")
async def test_a_file_of_another_machine_is_not_there(tmp_path: Path) -> None:
    """A merged database may name some; one of them must not end a command."""
    elsewhere = SourceImage("file://nas/photos/a.jpg", 7, LONG_AGO_NS, None)

    with pytest.raises(UnavailableImage, match="machine") as caught:
        await open_path(tmp_path).read(elsewhere)

    assert caught.value.reason is Reason.VANISHED


async def test_a_file_without_permission_is_unreadable_for_now(
    open_folder: Path,
) -> None:
    """A permission can be given without the file's time changing: try again."""
    make_file(open_folder / "a.jpg")
    (open_folder / "a.jpg").chmod(0)
    with rights_given_up():
        error = await failure(LocalFolder(open_folder), open_folder / "a.jpg")

    assert isinstance(error, UnreadableImage)
    assert error.reason is Reason.UNREADABLE
    assert not error.is_permanent


async def test_a_file_that_changes_once_is_read_again(tmp_path: Path) -> None:
    """A camera's copy that has just ended is read as it is in the end."""
    path = tmp_path / "a.jpg"
    make_file(path, b"half")
    heads: list[bytes] = []

    def grow_once(head: bytes) -> None:
        if not heads:
            path.write_bytes(b"all of it")
        heads.append(head)

    source = LocalFolder(
        tmp_path, rules=ReadingRules(worth_a_look_bytes=0, check_head=grow_once)
    )
    file = await source.read(image_at(path))

    assert file.content == b"all of it"
    assert heads == [b"half", b"all of it"]


async def test_a_file_that_keeps_changing_is_given_up_for_now(tmp_path: Path) -> None:
    """Half a file is never taken for the file."""
    path = tmp_path / "a.jpg"
    make_file(path)

    def grow(head: bytes) -> None:
        path.write_bytes(head + b"more")

    source = LocalFolder(
        tmp_path, rules=ReadingRules(worth_a_look_bytes=0, check_head=grow)
    )
    error = await failure(source, path)

    assert isinstance(error, UnavailableImage)
    assert error.reason is Reason.CHANGED


async def test_a_file_that_shrinks_while_it_is_read_is_not_accepted(
    tmp_path: Path,
) -> None:
    """Its size before is compared with what was read and with its size after."""
    path = tmp_path / "a.jpg"
    make_file(path, b"x" * 10_000)
    sizes = iter([8_000, 6_000])

    def shrink(head: bytes) -> None:
        del head
        os.truncate(path, next(sizes))

    source = LocalFolder(
        tmp_path, rules=ReadingRules(worth_a_look_bytes=0, check_head=shrink)
    )
    assert (await failure(source, path)).reason is Reason.CHANGED


async def test_files_with_paths_too_long_are_read(tmp_path: Path) -> None:
    """What a listing shows can be read."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    deep = os.open("deep.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(deep, b"far down")
    os.close(deep)
    os.close(here)
    source = open_path(tmp_path)

    (image,) = await list_all(source)

    assert isinstance(image, SourceImage)
    assert (await source.read(image)).content == b"far down"
    one = LocalFiles([Path(os.fsdecode(tmp_path)).joinpath(*["d" * 200] * 30, "no")])
    assert list(passed_over(await list_all(one)).values()) == [Reason.VANISHED]


@pytest.mark.skipif(not _OPEN.exists(), reason="reads /proc")
async def test_no_file_stays_open_whatever_came_of_reading_it(tmp_path: Path) -> None:
    """A run reads a million, and may have a thousand open."""

    def refuse(_head: bytes) -> None:
        raise NotAnImage("no image")

    make_file(tmp_path / "a.jpg")
    make_file(tmp_path / "film", b"x" * 100)
    os.mkfifo(tmp_path / "fifo.jpg")
    rules = ReadingRules(check_head=refuse, worth_a_look_bytes=50)
    source = LocalFolder(tmp_path, rules=rules)
    await source.read(image_at(tmp_path / "a.jpg"))
    before = open_files()

    for _ in range(10):
        await source.read(image_at(tmp_path / "a.jpg"))
        await failure(source, tmp_path / "film")
        await failure(source, tmp_path / "fifo.jpg")

    assert open_files() < before + 10


async def test_files_are_read_in_threads(tmp_path: Path) -> None:
    """So the event loop is never held up by a disk."""
    make_file(tmp_path / "a.jpg")
    threads: list[str] = []
    rules = ReadingRules(
        worth_a_look_bytes=0,
        check_head=lambda _: threads.append(threading.current_thread().name),
    )

    await LocalFolder(tmp_path, rules=rules).read(image_at(tmp_path / "a.jpg"))

    assert threads != [threading.main_thread().name]
