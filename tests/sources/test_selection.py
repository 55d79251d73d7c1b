"""What is wanted of a source, told by names."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.shards import Shard
from imgai.errors import Reason
from imgai.sources.names import (
    IMAGE_EXTENSIONS,
    RAW_EXTENSIONS,
    is_hidden_name,
    is_image_name,
    is_raw_name,
)
from imgai.sources.selection import Selection, reason_to_pass_over


def selects(selection: Selection, path: str) -> bool:
    test = selection.path_test()
    return test is None or test(path)


@pytest.mark.parametrize(
    ("glob", "path", "is_named"),
    [
        ("*.png", "a.png", True),
        ("*.png", "x/y/A.PNG", True),
        ("*.png", "a.png.jpg", False),
        ("thumbs", "thumbs/a.jpg", True),
        ("thumbs", "x/Thumbs/y/a.jpg", True),
        ("thumbs", "mythumbs/a.jpg", False),
        ("raw/**", "raw/a.jpg", True),
        ("raw/**", "raw/x/a.jpg", True),
        ("raw/**", "x/raw/a.jpg", False),
        ("raw/", "raw/x/a.jpg", True),
        ("raw/*", "raw/x/a.jpg", False),
        ("**/thumbs/*", "thumbs/a.jpg", True),
        ("**/thumbs/*", "x/y/thumbs/a.jpg", True),
        ("**/thumbs/*", "x/thumbs/y/a.jpg", False),
        ("2024/**/best.jpg", "2024/best.jpg", True),
        ("2024/**/best.jpg", "2024/05/01/best.jpg", True),
        ("/top.jpg", "top.jpg", True),
        ("/top.jpg", "x/top.jpg", False),
        ("IMG_000?.jpg", "x/IMG_0001.jpg", True),
        ("IMG_000?.jpg", "x/IMG_00011.jpg", False),
        ("[ab].jpg", "a.jpg", True),
        ("[!ab].jpg", "a.jpg", False),
        ("[!ab].jpg", "c.jpg", True),
        ("[]x].jpg", "].jpg", True),
        ("a+(1).jpg", "a+(1).jpg", True),
        ("**", "any/thing", True),
        ("*", "any/thing", True),
        ("*.jpg", "two\nlines.jpg", True),
        ("[", "[", True),
    ],
)
def test_globs_name_what_people_mean(glob: str, path: str, is_named: bool) -> None:  # noqa: FBT001  a table
    """One name anywhere without a slash, the whole path with one."""
    assert selects(Selection(include=(glob,)), path) is is_named
    assert selects(Selection(exclude=(glob,)), path) is not is_named


@given(glob=st.text("ab/*?[]!.-\\^", max_size=12), path=st.text("ab/.", max_size=12))
def test_any_glob_is_understood_or_refused(glob: str, path: str) -> None:
    """A wrong range is refused when the selection is made, not in the middle."""
    try:
        selection = Selection(include=(glob,))
    except ValueError:
        return
    assert selects(selection, path) in {True, False}


@given(path=st.text("ab*?[]!.-^()+ ", min_size=1, max_size=12))
def test_a_name_in_brackets_names_itself(path: str) -> None:
    """Any name can be written so that only it is meant."""
    glob = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
    assert selects(Selection(include=(glob,)), path)


def test_what_both_name_is_excluded() -> None:
    """Excluding is the safer of two wishes: it costs nothing."""
    selection = Selection(include=("*.jpg",), exclude=("raw/**",))

    assert selects(selection, "a.jpg")
    assert not selects(selection, "raw/a.jpg")
    assert not selects(selection, "a.png")


@pytest.mark.parametrize(
    ("glob", "folder", "is_excluded"),
    [
        ("raw/**", "raw/", True),
        ("raw/**", "raw/x/", True),
        ("raw", "x/raw/", True),
        ("raw/*", "raw/", False),
        ("*.jpg", "raw/", False),
        ("raw/**", "cooked/", False),
    ],
)
def test_a_folder_is_excluded_when_all_in_it_is(
    glob: str,
    folder: str,
    is_excluded: bool,  # noqa: FBT001  a table
) -> None:
    """Only then may it be unreadable without leaving the listing incomplete."""
    assert Selection(exclude=(glob,)).excludes_all_below(folder) is is_excluded


@given(uris=st.lists(st.text(max_size=20), max_size=30), count=st.integers(1, 9))
def test_every_uri_is_in_exactly_one_shard(uris: list[str], count: int) -> None:
    """Several machines together do all the work, and none of it twice."""
    shards = [Shard(number, count) for number in range(1, count + 1)]

    for uri in uris:
        encoded = uri.encode("utf-8", "replace").decode()
        assert sum(shard.has(encoded) for shard in shards) == 1


def test_shards_are_about_as_large_as_each_other() -> None:
    """A thousand files in a row, as cameras name them."""
    uris = [f"file:///photos/IMG_{number:04}.jpg" for number in range(1000)]
    sizes = Counter(n for uri in uris for n in (1, 2, 3, 4) if Shard(n, 4).has(uri))

    assert all(200 < size < 300 for size in sizes.values())


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "a/b", "1/0", "-1/2", "1/2/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """A shard that takes nothing would look like a library without photos."""
    with pytest.raises(ValueError, match="shard"):
        Shard.parse(text)


def test_a_shard_is_written_i_of_n() -> None:
    """As on the command line."""
    assert Shard.parse("2/4") == Shard(2, 4)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.jpg", None),
        ("A.JPEG", None),
        ("photo.HEIC", None),
        ("no extension", None),
        ("2024.05.01 at the beach", None),
        ("IMG_0001.1234", None),
        ("favicon.ico", None),
        ("a.txt", Reason.NOT_AN_IMAGE),
        ("a.jpg.part", Reason.NOT_AN_IMAGE),
        ("a.jpg~", Reason.NOT_AN_IMAGE),
        ("film.MP4", Reason.NOT_AN_IMAGE),
        ("a.CR2", Reason.CAMERA_RAW),
        ("a.dng", Reason.CAMERA_RAW),
        (".hidden.jpg", Reason.HIDDEN),
        ("._AppleDouble.jpg", Reason.HIDDEN),
        ("Thumbs.db", Reason.HIDDEN),
    ],
)
@pytest.mark.usefixtures("without_raw")
def test_a_name_says_whether_to_read_the_file(name: str, reason: Reason | None) -> None:
    """Only what may be an image is opened."""
    assert reason_to_pass_over(name, name, None) is reason


def test_system_folders_are_hidden() -> None:
    """Thumbnails of a NAS and waste bins are no one's photos."""
    names = ("@eaDir", "$RECYCLE.BIN", ".thumbnails", "lost+found", ".Trash-1000")
    assert all(map(is_hidden_name, names))
    assert not is_hidden_name("photos")


@pytest.mark.usefixtures("without_raw")
def test_no_extension_is_both_an_image_and_raw() -> None:
    """Each name has one reason."""
    assert not IMAGE_EXTENSIONS & RAW_EXTENSIONS
    assert is_image_name("a.JPG")
    assert not is_image_name("jpg.txt")
    assert is_raw_name("a.NEF")
