"""Folders, files and lists: listed in batches, read whole and as of one moment."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.images import PassedOver, SourceImage
from imgai.errors import (
    Reason,
    SourceNotFound,
    SourceUnreadable,
)
from imgai.sources.local import (
    BATCH,
    LocalFiles,
    LocalFolder,
    open_path,
    paths_listed,
)
from imgai.sources.location import folder_uri, path_to_uri
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


def open_descriptors() -> int:
    """Return how many files this process has open, where the system tells."""
    descriptors = Path("/proc/self/fd")
    return len(list(descriptors.iterdir())) if descriptors.exists() else 0


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

    assert open_descriptors() <= before  # fewer: others may be let go meanwhile


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


@pytest.mark.usefixtures("without_raw")
async def test_a_named_raw_file_is_passed_over(tmp_path: Path) -> None:
    """Its preview is not the picture."""
    make_file(tmp_path / "a.NEF")
    source = open_path(tmp_path / "a.NEF")
    assert passed_over(await list_all(source)) == {source.uri: Reason.CAMERA_RAW}


@pytest.mark.parametrize("year", [1500, 2400])
async def test_a_time_fits_64_bits_however_listed_or_read(
    tmp_path: Path, year: int
) -> None:
    """SQLite holds no more, and a camera's clock may say anything."""
    path = tmp_path / "a.jpg"
    make_file(path)
    since_1970_s = (year - 1970) * 31_556_952
    os.utime(path, (since_1970_s, since_1970_s))
    folder, file = open_path(tmp_path), open_path(path)

    listed = [*await list_all(folder), *await list_all(file)]
    read = (await file.read(SourceImage(path_to_uri(path), 1, 1, None))).image

    assert listed == [read, read]
    assert read.mtime_ns is not None
    assert -(2**63) <= read.mtime_ns < 2**63


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
