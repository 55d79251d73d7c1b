"""Every place has one URI, and comes back from it as it was."""

import os
import sys
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.errors import SourceNotFound
from imgai.sources.location import (
    AllBuckets,
    BucketLocation,
    FileLocation,
    ListOnStdin,
    folder_uri,
    parse_location,
    parse_r2_uri,
    path_to_uri,
    r2_uri,
    uri_to_path,
)

HERE = Path("/home/ada")

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="paths here are written as on Linux and macOS"
)

# Any name a Linux disk can hold: bytes without NUL and slash.
FILE_NAMES = st.binary(min_size=1, max_size=40).map(
    lambda name: name.replace(b"\0", b"0").replace(b"/", b"_")
)
KEYS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("/%+#?&=. \n~"),
    max_size=40,
)


@given(names=st.lists(FILE_NAMES, min_size=1, max_size=4))
def test_any_path_comes_back_from_its_uri(names: list[bytes]) -> None:
    """No name is lost, be it no UTF-8, and a URI is printable ASCII."""
    path = b"/" + b"/".join(names)

    uri = path_to_uri(path)

    assert os.fsencode(uri_to_path(uri)) == path
    assert uri.isascii()
    assert uri.isprintable()
    assert " " not in uri


@given(names=st.lists(FILE_NAMES, min_size=1, max_size=4))
def test_uris_are_those_of_the_standard_library(names: list[bytes]) -> None:
    """Other programs that percent-encode a path's bytes write the same URI."""
    path = b"/" + b"/".join(names)

    assert path_to_uri(path) == "file://" + quote_from_bytes(path)


@given(key=KEYS)
def test_any_key_comes_back_from_its_uri(key: str) -> None:
    """Odd keys keep every character, empty parts and dots included."""
    uri = r2_uri("holiday", key)

    assert parse_r2_uri(uri) == ("holiday", key)
    assert uri.isascii()
    assert uri.isprintable()


@given(first=KEYS, second=KEYS)
def test_two_keys_never_share_a_uri(first: str, second: str) -> None:
    """The URI is what tells images apart in the database."""
    assert (r2_uri("b", first) == r2_uri("b", second)) == (first == second)


@given(prefix=KEYS, rest=KEYS)
def test_uris_of_a_prefix_begin_with_its_uri(prefix: str, rest: str) -> None:
    """What is gone is looked for among the URIs that begin with the source's."""
    assert r2_uri("b", prefix + rest).startswith(r2_uri("b", prefix))


@given(text=st.text(max_size=60))
def test_any_text_names_a_place_or_is_refused(text: str) -> None:
    """Whatever is typed, there is no other error than the one that says so."""
    try:
        location = parse_location(text, HERE)
    except SourceNotFound:
        return
    assert not isinstance(location, FileLocation) or location.path.is_absolute()


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("-", ListOnStdin()),
        ("./-", FileLocation(HERE / "-")),
        ("photos", FileLocation(HERE / "photos")),
        ("/srv/photos/", FileLocation(Path("/srv/photos"))),
        ("a:b.jpg", FileLocation(HERE / "a:b.jpg")),
        ("file:///srv/a%20b%FF.jpg", FileLocation(Path("/srv/a b\udcff.jpg"))),
        ("FILE:///srv/a b.jpg", FileLocation(Path("/srv/a b.jpg"))),
        ("file://localhost/srv", FileLocation(Path("/srv"))),
        ("r2://", AllBuckets()),
        ("R2://holiday", BucketLocation("holiday")),
        ("r2://holiday/", BucketLocation("holiday")),
        ("r2://holiday/2024 #1?/50%", BucketLocation("holiday", "2024 #1?/50%")),
        ("r2://holiday/a%20b/", BucketLocation("holiday", "a b/")),
        ("r2://holiday//x", BucketLocation("holiday", "/x")),
    ],
)
def test_a_source_is_read_as_people_write_it(text: str, location: object) -> None:
    """Paths as in a shell; URIs with or without percent signs."""
    assert parse_location(text, HERE) == location


@pytest.mark.parametrize(
    "text",
    ["", "https://example.com/a.jpg", "s3://b", "r2:///key", "file://host/a.jpg"],
)
def test_what_is_no_source_is_refused(text: str) -> None:
    """Nothing is guessed: the wrong kind of URI is not taken for a folder's name."""
    with pytest.raises(SourceNotFound):
        parse_location(text, HERE)


def test_two_dots_behind_a_link_mean_the_parent_of_its_target(tmp_path: Path) -> None:
    """As the shell's `ls link/..` does; taking the text apart would go elsewhere."""
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")

    location = parse_location("link/..", tmp_path)

    assert location == FileLocation((tmp_path / "far").resolve())


def test_a_link_to_itself_behind_two_dots_is_a_path_like_any_other(
    tmp_path: Path,
) -> None:
    """Whoever opens it says what is wrong with it."""
    (tmp_path / "loop").symlink_to("loop")

    location = parse_location("../loop", tmp_path / "album")

    assert location == FileLocation(tmp_path / "loop")


def test_a_folder_has_one_slash_at_its_end() -> None:
    """So that /photos does not take in /photos2."""
    assert folder_uri("/photos") == "file:///photos/"
    assert folder_uri("/") == "file:///"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (r"C:\Users\Ada\a b.jpg", "file:///C:/Users/Ada/a%20b.jpg"),
        (r"\\nas\photos\ä.jpg", "file://nas/photos/%C3%A4.jpg"),
        ("C:\\", "file:///C:/"),
    ],
)
@pytest.mark.skipif(
    sys.getfilesystemencoding() != "utf-8", reason="Windows paths are UTF-8 in URIs"
)
def test_windows_paths_have_uris_too(path: str, uri: str) -> None:
    """Drives and shares, as Windows itself writes their URIs."""
    assert path_to_uri(path, is_windows=True) == uri
    assert uri_to_path(uri, is_windows=True) == path
