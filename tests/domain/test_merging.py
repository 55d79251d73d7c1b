"""Moves: which URIs they apply to, and what they make of them."""

import pytest

from imgai.domain.merging import Move, moved


@pytest.mark.parametrize(
    ("move", "uri", "expected"),
    [
        ("file:///a=file:///b", "file:///a/x.jpg", "file:///b/x.jpg"),
        ("file:///a/=file:///b/", "file:///a/x.jpg", "file:///b/x.jpg"),
        ("file:///a=file:///b", "file:///ab/x.jpg", "file:///ab/x.jpg"),
        ("file:///a/x.jpg=file:///y.jpg", "file:///a/x.jpg", "file:///y.jpg"),
        ("file:///=file:///mnt", "file:///a.jpg", "file:///mnt/a.jpg"),
        ("file:///ä b=file:///b", "file:///%C3%A4%20b/x", "file:///b/x"),
        ("file:///%c3%a4%20b=file:///b", "file:///%C3%A4%20b/x", "file:///b/x"),
        ("file:///a=1=file:///b", "file:///a%3D1/x", "file:///b/x"),
        ("file:///a=r2://bucket/2024", "file:///a/x.jpg", "r2://bucket/2024/x.jpg"),
        ("r2://old=r2://new", "r2://old/x.jpg", "r2://new/x.jpg"),
        ("file:///C:/Photos=file:///mnt", "file:///C:/Photos/x", "file:///mnt/x"),
    ],
)
def test_a_move_renames_what_lies_below(move: str, uri: str, expected: str) -> None:
    """However it is written, and nothing that only begins alike."""
    assert moved(uri, [Move.parse(move)]) == expected


def test_the_first_move_that_applies_is_made() -> None:
    """One only, or two that swap folders would undo each other."""
    moves = [Move.parse("file:///a=file:///b"), Move.parse("file:///b=file:///a")]

    assert moved("file:///a/x", moves) == "file:///b/x"
    assert moved("file:///b/x", moves) == "file:///a/x"


@pytest.mark.parametrize(
    "text", ["", "=", "a=b", "file:///a", "file:///a=b", "=r2://b"]
)
def test_what_is_no_move_is_refused(text: str) -> None:
    """The message shows the form it should have."""
    with pytest.raises(ValueError, match="file:///mnt/a=file:///mnt/b"):
        Move.parse(text)
