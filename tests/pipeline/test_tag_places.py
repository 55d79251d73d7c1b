"""Images that `tag` cannot get at cost it no more than themselves."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from imgai.domain.tags import Naming, SidecarOutcome, SidecarStatus, TaggedImage, Tags
from imgai.pipeline.tagging import Tagging
from imgai.sources.location import path_to_uri
from tests.fakes import NOON

TAGS = Tags((), "a cat", "model", "models", "2026-11-22T12:00:00Z")


def tagged(*images: Path) -> Sequence[SidecarOutcome]:
    """Return what would become of the images' sidecars."""
    tagging = Tagging(Naming.ADOBE, {}, None, lambda: NOON)
    return list(tagging.tag(TaggedImage(path_to_uri(one), TAGS) for one in images))


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("gone.jpg", "not there"),
        ("a.jpg/inside.jpg", "not there"),
        ("x/" * 3_000 + "deep.jpg", "cannot be looked at"),
        ("x" * 300 + ".jpg", "cannot be looked at"),
    ],
)
def test_an_image_that_is_out_of_reach_is_passed_over(
    tmp_path: Path, place: str, why: str
) -> None:
    """`classify` reads paths of any length, and disks change behind its back."""
    (tmp_path / "a.jpg").touch()

    outcomes = tagged(tmp_path / place, tmp_path / "a.jpg")

    assert [one.status for one in outcomes] == [
        SidecarStatus.SKIPPED,
        SidecarStatus.CREATED,
    ]
    assert why in outcomes[0].reason
