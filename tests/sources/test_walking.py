"""Whatever lies in a folder, each thing is met once and the walk comes to its end."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from imgai.domain.images import SourceImage
from imgai.domain.shards import Shard
from imgai.errors import Reason
from imgai.sources.location import folder_uri, path_to_uri, uri_to_path
from imgai.sources.selection import Selection
from imgai.sources.walking import FolderWalk
from tests.sources.folders import images, make_file, passed_over, rights_given_up

NAMES = st.sampled_from(["a", "b.jpg", "ü ", "%41", "#?", "new\nline.png", "c.txt"])
Tree: TypeAlias = dict[str, object]
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.just({}),
    lambda children: st.dictionaries(NAMES, st.none() | children, max_size=4),
    max_leaves=20,
)


def names(walk: FolderWalk, root: Path) -> list[str]:
    """Return the images' paths below the root, in the order they came."""
    listed = images(list(walk))
    return [str(Path(uri_to_path(uri)).relative_to(root)) for uri in listed]


def test_files_come_in_a_stable_order_folder_by_folder(tmp_path: Path) -> None:
    """The same folder lists the same way on any machine: by name, not by disk."""
    for name in ("b.jpg", "a/z.jpg", "a/y/x.jpg", "c/1.jpg", "a.jpg", "a/B.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        make_file(tmp_path / name)

    walk = FolderWalk(str(tmp_path))

    in_order = ["a.jpg", "b.jpg", "a/B.jpg", "a/z.jpg", "a/y/x.jpg", "c/1.jpg"]
    assert names(walk, tmp_path) == in_order
    assert walk.is_complete


@settings(max_examples=30)
@given(tree=TREES)
def test_every_file_of_any_tree_is_met_once(tree: Tree) -> None:
    """Nothing is lost, invented or met twice, whatever the names."""

    def make(tree: Tree, folder: Path) -> Iterator[str]:
        for name, below in tree.items():
            if isinstance(below, dict):
                (folder / name).mkdir()
                yield from make(below, folder / name)
            else:
                make_file(folder / name)
                yield path_to_uri(folder / name)

    with tempfile.TemporaryDirectory() as root:
        made = sorted(make(tree, Path(root)))
        met = [entry.uri for entry in FolderWalk(root)]

    assert sorted(met) == made


def test_size_and_time_are_listed(tmp_path: Path) -> None:
    """They tell an unchanged file, which is not read again."""
    make_file(tmp_path / "a.jpg", b"12345")
    os.utime(tmp_path / "a.jpg", ns=(1, 1_700_000_000_123_456_700))

    (image,) = FolderWalk(str(tmp_path))

    uri = path_to_uri(tmp_path / "a.jpg")
    assert image == SourceImage(uri, 5, 1_700_000_000_123_456_700, None)


def test_hidden_folders_are_reported_once_and_not_entered(tmp_path: Path) -> None:
    """Thumbnails and waste bins are full of pictures nobody asks about."""
    for name in (".git/a.jpg", "@eaDir/a.jpg", ".a.jpg", "shown/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        make_file(tmp_path / name)

    listed = list(FolderWalk(str(tmp_path)))

    assert images(listed) == [path_to_uri(tmp_path / "shown/a.jpg")]
    assert passed_over(listed) == {
        folder_uri(tmp_path / ".git"): Reason.HIDDEN,
        folder_uri(tmp_path / "@eaDir"): Reason.HIDDEN,
        path_to_uri(tmp_path / ".a.jpg"): Reason.HIDDEN,
    }


def test_names_of_any_bytes_are_listed(tmp_path: Path) -> None:
    """Old disks hold Latin-1; some names hold newlines, escapes and worse."""
    odd = [b"caf\xe9.jpg", b"new\nline.jpg", b"\x1b[31mred.jpg", b"50%25.jpg", b"-.jpg"]
    for name in odd:
        make_file(os.fsencode(tmp_path) + b"/" + name)

    listed = images(list(FolderWalk(str(tmp_path))))

    found = [os.fsencode(uri_to_path(uri)).rpartition(b"/")[2] for uri in listed]
    assert sorted(found) == sorted(odd)


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    """Opening a FIFO waits for ever; opening a device may do anything."""
    os.mkfifo(tmp_path / "fifo.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    (tmp_path / "folder.jpg").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket.jpg"))  # 108 bytes at most
        listed = list(FolderWalk(str(tmp_path)))

    assert passed_over(listed) == {
        path_to_uri(tmp_path / "fifo.jpg"): Reason.NOT_REGULAR,
        path_to_uri(tmp_path / "device.jpg"): Reason.NOT_REGULAR,
        path_to_uri(tmp_path / "socket.jpg"): Reason.NOT_REGULAR,
    }


def test_links_to_files_are_followed_and_links_to_folders_are_not(
    tmp_path: Path,
) -> None:
    """A link to a photo is a photo; links between folders would make loops."""
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    make_file(tmp_path / "outside.jpg", b"1234567")
    (source / "link.jpg").symlink_to("../outside.jpg")
    (source / "deep" / "up").symlink_to("..")
    (source / "to itself.jpg").symlink_to("to itself.jpg")
    (source / "dangling.jpg").symlink_to("nowhere.jpg")

    walk = FolderWalk(str(source))
    listed = list(walk)

    assert images(listed) == [path_to_uri(source / "link.jpg")]
    assert [one.size_bytes for one in listed if isinstance(one, SourceImage)] == [7]
    assert passed_over(listed) == {
        path_to_uri(source / "deep" / "up"): Reason.NOT_REGULAR,
        path_to_uri(source / "to itself.jpg"): Reason.NOT_REGULAR,
        path_to_uri(source / "dangling.jpg"): Reason.VANISHED,
    }
    assert walk.is_complete


def test_a_source_may_itself_be_a_link(tmp_path: Path) -> None:
    """~/Pictures often is; its images keep the name the user gave."""
    (tmp_path / "real").mkdir()
    make_file(tmp_path / "real" / "a.jpg")
    (tmp_path / "link").symlink_to("real")

    assert names(FolderWalk(str(tmp_path / "link")), tmp_path) == ["link/a.jpg"]


def test_unreadable_folders_are_reported_and_the_walk_goes_on(
    open_folder: Path,
) -> None:
    """What may lie in them must not be taken for gone."""
    for name in ("closed/a.jpg", "unsearchable/b.jpg", "open/c.jpg"):
        (open_folder / name).parent.mkdir()
        make_file(open_folder / name)
    (open_folder / "closed").chmod(0)
    (open_folder / "unsearchable").chmod(0o444)

    walk = FolderWalk(str(open_folder))
    with rights_given_up():
        listed = list(walk)

    assert images(listed) == [path_to_uri(open_folder / "open/c.jpg")]
    assert passed_over(listed) == {
        folder_uri(open_folder / "closed"): Reason.UNREADABLE,
        path_to_uri(open_folder / "unsearchable/b.jpg"): Reason.UNREADABLE,
    }
    assert not walk.is_complete


def test_an_unreadable_folder_that_is_excluded_leaves_the_walk_complete(
    open_folder: Path,
) -> None:
    """Excluding it is how a user says that it does not matter."""
    (open_folder / "closed").mkdir(mode=0)

    walk = FolderWalk(str(open_folder), Selection(exclude=("closed",)))
    with rights_given_up():
        listed = list(walk)

    assert passed_over(listed) == {folder_uri(open_folder / "closed"): Reason.EXCLUDED}
    assert walk.is_complete


def test_paths_longer_than_the_system_takes_are_walked_all_the_same(
    tmp_path: Path,
) -> None:
    """No path is used whole, so depth has no limit; 60 folders of 200 bytes here."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(60):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("deep.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)

    walk = FolderWalk(str(tmp_path))
    (uri,) = images(list(walk))

    assert len(uri) > 60 * 200
    assert uri.endswith("/deep.jpg")
    assert walk.is_complete


def test_globs_exclude_by_the_path_below_the_source(tmp_path: Path) -> None:
    """What was excluded is reported: it is there, so it is not gone."""
    for name in ("a.jpg", "raw/b.jpg", "raw/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        make_file(tmp_path / name)

    walk = FolderWalk(str(tmp_path), Selection(exclude=("raw/**",)))
    listed = list(walk)

    assert images(listed) == [path_to_uri(tmp_path / "a.jpg")]
    assert passed_over(listed) == {
        path_to_uri(tmp_path / "raw/b.jpg"): Reason.EXCLUDED,
        path_to_uri(tmp_path / "raw/c.txt"): Reason.NOT_AN_IMAGE,
    }
    assert walk.is_complete


def test_shards_list_everything_between_them_and_none_is_complete(
    tmp_path: Path,
) -> None:
    """What belongs to another machine must not be taken for gone."""
    for number in range(20):
        make_file(tmp_path / f"{number}.jpg")
    walks = [
        FolderWalk(str(tmp_path), Selection(shard=Shard(number, 3)))
        for number in (1, 2, 3)
    ]

    listed = [uri for walk in walks for uri in images(list(walk))]

    assert sorted(listed) == sorted(images(list(FolderWalk(str(tmp_path)))))
    assert not any(walk.is_complete for walk in walks)


def test_a_folder_that_is_gone_while_walking_is_reported(tmp_path: Path) -> None:
    """Others work in the same folders; the walk goes on with the next."""
    for name in ("1/a.jpg", "2/b.jpg", "3/c.jpg"):
        (tmp_path / name).parent.mkdir()
        make_file(tmp_path / name)

    walk = FolderWalk(str(tmp_path))
    entries = iter(walk)
    first = next(entries)
    shutil.rmtree(tmp_path / "2")
    listed = [first, *entries]

    assert len(images(listed)) == 2
    assert passed_over(listed) == {folder_uri(tmp_path / "2"): Reason.VANISHED}
    assert not walk.is_complete


def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    """Between listing and opening, a folder may turn into a link to anywhere."""
    (tmp_path / "source/1").mkdir(parents=True)
    (tmp_path / "source/2").mkdir()
    make_file(tmp_path / "source/1/a.jpg")
    (tmp_path / "private").mkdir()
    make_file(tmp_path / "private/secret.jpg")

    entries = iter(FolderWalk(str(tmp_path / "source")))
    first = next(entries)
    (tmp_path / "source/2").rmdir()
    (tmp_path / "source/2").symlink_to(tmp_path / "private")
    listed = [first, *entries]

    assert images(listed) == [path_to_uri(tmp_path / "source/1/a.jpg")]
