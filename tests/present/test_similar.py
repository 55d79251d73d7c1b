"""What is like an image, as people see it."""

import pytest

from imgai.domain.matches import Match
from imgai.domain.similar import Kinship, Relative, Relatives
from imgai.present.search import MatchForm
from imgai.present.similar import show_relatives
from tests.present.screens import in_memory

FOUND = Relatives(
    (
        Relative(
            Match("file:///a/copy.jpg", 0, "p1-c0", (), "A cat.", None),
            Kinship.NEAR_DUPLICATE,
            2,
            0.9987,
        ),
        Relative(
            Match("file:///a/other.jpg", 0, "p1-07", (), None, None),
            Kinship.SAME_SUBJECT,
            None,
            0.8,
        ),
    )
)


@pytest.mark.parametrize("columns", ["40", "71", "72", "160"])
def test_the_picture_and_its_place_are_seen_at_any_width(
    monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """Kind and measures have columns of their own where there is room."""
    monkeypatch.setenv("COLUMNS", columns)
    output, told = in_memory()

    show_relatives(FOUND, output, MatchForm.TABLE)

    head, *lines = told.results
    words = " ".join(" ".join(lines).split())
    assert ("Kind" in head) == (int(columns) >= 72)
    assert max(map(len, lines)) <= int(columns)
    for part in ("A cat.", "/a/copy.jpg", "/a/other.jpg", "0.999", "0.800"):
        assert part in words
