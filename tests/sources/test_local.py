"""Folders, files and lists: listed in batches, read whole and as of one moment."""

import io
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.images import PassedOver, SourceImage
from imgai.errors import (
    ImageError,
    NotAnImage,
    OversizedImage,
    Reason,
    SourceNotFound,
    SourceUnreadable,
    UnavailableImage,
    UnreadableImage,
)
from imgai.sources.base import Source
from imgai.sources.local import (
    BATCH,
    LocalFiles,
    LocalFolder,
    open_path,
    paths_listed,
)
from imgai.sources.location import folder_uri, path_to_uri
from imgai.sources.reading import ReadingRules
from imgai.sources.selection import Selection
from tests.sources.folders import (
    images,
    list_all,
    make_file,
    passed_over,
    rights_given_up,
)

LONG_AGO_NS = 1_600_000_000_000_000_000

pytestmark = pytest.mark.anyio


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a new folder that users without rights may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def open_descriptors() -> int:
    """Return how many files this process has open, where the system tells."""
    descriptors = Path("/proc/self/fd")
    return len(list(descriptors.iterdir())) if descriptors.exists() else 0


def image_at(path: Path) -> SourceImage:
    """Return a file as some earlier listing showed it."""
    return SourceImage(path_to_uri(path), 1, 1, None)


async def failure(source: Source, path: Path) -> ImageError:
    """Return the error that reading a file ends with."""
    with pytest.raises(ImageError) as caught:
        await source.read(image_at(path))
    return caught.value


async def test_a_large_folder_comes_in_batches(tmp_path: Path) -> None:
    """Memory holds one batch, however much there is."""
    for number in range(BATCH + 1):
        (tmp_path / f"{number}.jpg").touch()
    source = open_path(tmp_path)

    sizes = [len(batch) async for batch in source.batches()]

    assert sizes == [BATCH, 1]
    assert source.is_complete
    assert source.uri == folder_uri(tmp_path)


async def test_a_listing_may_be_left_half_way(tmp_path: Path) -> None:
    """A run with --limit stops early, and leaves no folder open."""
    for number in range(BATCH + 1):
        (tmp_path / f"{number}.jpg").touch()
    batches = open_path(tmp_path).batches()
    before = open_descriptors()

    await anext(batches)
    await batches.aclose()  # type: ignore[attr-defined]  # it is a generator

    assert open_descriptors() == before


async def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A typing error is told before anything else is done."""
    with pytest.raises(SourceNotFound):
        open_path(tmp_path / "no such folder")


async def test_a_folder_gone_before_it_is_listed_is_not_found(tmp_path: Path) -> None:
    """An unmounted disk is no empty folder."""
    with pytest.raises(SourceNotFound):
        await list_all(LocalFolder(tmp_path / "gone"))


async def test_a_folder_that_may_not_be_read_is_unreadable(open_folder: Path) -> None:
    """It is there, so "not found" would mislead."""
    (open_folder / "closed").mkdir(mode=0)
    with rights_given_up(), pytest.raises(SourceUnreadable):
        await list_all(open_path(open_folder / "closed"))


async def test_one_named_file_is_a_candidate_whatever_its_name(tmp_path: Path) -> None:
    """Who names a file means it; nothing else is thereby gone."""
    make_file(tmp_path / ".hidden.dat")
    source = open_path(tmp_path / ".hidden.dat")

    assert images(await list_all(source)) == [source.uri]
    assert not source.is_complete


async def test_a_named_raw_file_is_passed_over(tmp_path: Path) -> None:
    """Its preview is not the picture."""
    make_file(tmp_path / "a.NEF")
    source = open_path(tmp_path / "a.NEF")
    assert passed_over(await list_all(source)) == {source.uri: Reason.CAMERA_RAW}


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

    source = LocalFolder(tmp_path, rules=ReadingRules(check_head=grow_once))
    file = await source.read(image_at(path))

    assert file.content == b"all of it"
    assert heads == [b"half", b"all of it"]


async def test_a_file_that_keeps_changing_is_given_up_for_now(tmp_path: Path) -> None:
    """Half a file is never taken for the file."""
    path = tmp_path / "a.jpg"
    make_file(path)

    def grow(head: bytes) -> None:
        path.write_bytes(head + b"more")

    source = LocalFolder(tmp_path, rules=ReadingRules(check_head=grow))
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

    source = LocalFolder(tmp_path, rules=ReadingRules(check_head=shrink))
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


async def test_a_list_names_files_in_any_form(tmp_path: Path) -> None:
    """As `find` and `imgai search --paths` write them."""
    make_file(tmp_path / "a b.jpg")
    make_file(tmp_path / "-")
    (tmp_path / "folder").mkdir()
    listed = f"a b.jpg\n\n{path_to_uri(tmp_path / 'a b.jpg')}\n-\nfolder\nr2://b/k\nno"
    stream = io.BytesIO(listed.encode())

    source = LocalFiles(paths_listed(stream, tmp_path))
    entries = await list_all(source)

    uri = path_to_uri(tmp_path / "a b.jpg")
    assert images(entries) == [uri, uri, path_to_uri(tmp_path / "-")]
    assert passed_over(entries) == {
        path_to_uri(tmp_path / "folder"): Reason.NOT_REGULAR,
        "r2://b/k": Reason.NOT_REGULAR,
        path_to_uri(tmp_path / "no"): Reason.VANISHED,
    }
    assert not source.is_complete


@given(
    names=st.lists(st.binary(min_size=1, max_size=30).filter(lambda n: b"\0" not in n))
)
def test_a_list_with_nul_holds_any_name(names: list[bytes]) -> None:
    """As `find -print0` writes it: newlines belong to names then."""
    absolute = [b"/x/" + name.replace(b"..", b"__") for name in names]
    stream = io.BytesIO(b"".join(name + b"\0" for name in absolute))

    listed = list(paths_listed(stream, Path("/")))

    assert listed == [Path(os.fsdecode(name)) for name in absolute]


def test_a_long_list_is_read_as_it_is_needed() -> None:
    """A million lines are never all in memory, and no line is cut."""
    lines = [f"/photos/{number:06}.jpg" for number in range(20_000)]
    stream = io.BytesIO("\n".join(lines).encode())

    listed = paths_listed(stream, Path("/"))
    first = next(listed)

    assert first == Path(lines[0])
    assert stream.tell() < 100_000
    assert [str(path) for path in listed if isinstance(path, Path)] == lines[1:]


async def test_a_list_can_be_selected_from(tmp_path: Path) -> None:
    """--exclude holds for lists too, on the whole path."""
    make_file(tmp_path / "a.jpg")
    make_file(tmp_path / "b.png")
    paths = [tmp_path / "a.jpg", tmp_path / "b.png"]

    entries = await list_all(LocalFiles(paths, Selection(exclude=("*.png",))))

    assert entries[1] == PassedOver(path_to_uri(paths[1]), Reason.EXCLUDED)
    assert images(entries) == [path_to_uri(paths[0])]


async def test_many_files_are_read_at_once(tmp_path: Path) -> None:
    """Reading happens in threads, so that the event loop is never held up."""
    make_file(tmp_path / "a.jpg")
    threads: list[str] = []
    rules = ReadingRules(
        check_head=lambda _: threads.append(threading.current_thread().name)
    )

    await LocalFolder(tmp_path, rules=rules).read(image_at(tmp_path / "a.jpg"))

    assert threads != [threading.main_thread().name]
