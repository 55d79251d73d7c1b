"""`imgai classify --include` and `--exclude`, over what earlier runs have looked at."""

from pathlib import Path

import pytest

from tests.commands.running import Imgai

GONE = "SELECT uri FROM image WHERE gone_at IS NOT NULL"


@pytest.mark.parametrize(
    "flags",
    [
        ("--exclude", "*.webp"),
        ("--exclude", "below"),
        ("--exclude", "below/**"),
        ("--include", "*.jpg"),
        ("--include", "*.none"),
    ],
    ids=" ".join,
)
def test_what_was_not_looked_for_is_not_gone(
    hosted: Imgai, photos: Path, flags: tuple[str, str]
) -> None:
    """It is still there, and is still found; nor is the disk taken for unmounted."""
    below = photos / "below"
    below.mkdir()
    (photos / "P2030902.jpg").rename(below / "50% off é.jpg")
    hosted("classify", photos)

    ran = hosted("classify", photos, *flags)

    assert ran.exit_code == 0
    assert "gone" not in ran.err
    assert "mounted" not in ran.err
    assert hosted.rows(GONE) == []


def test_what_was_looked_for_and_is_missing_is_gone(
    hosted: Imgai, photos: Path
) -> None:
    """Of what is asked for, a listing with a filter tells as much as one without."""
    hosted("classify", photos)
    (photos / "P2030902.jpg").unlink()
    (photos / "IMG_0611.webp").unlink()

    hosted("classify", photos, "--include", "*.jpg")

    assert [Path(uri).name for (uri,) in hosted.rows(GONE)] == ["P2030902.jpg"]


@pytest.mark.parametrize(
    ("flags", "is_said"),
    [
        ((), False),
        (("--shard", "1/2"), False),
        (("--limit", "1"), True),
        (("--retry-failed",), True),
        (("--include", "*.jpg"), True),
        (("--exclude", "*.png"), True),
    ],
)
def test_a_run_that_may_pass_over_images_says_so_on_record(
    hosted: Imgai, photos: Path, flags: tuple[str, ...], *, is_said: bool
) -> None:
    """A merge must not take it for one that has seen all there is."""
    hosted("classify", photos)

    assert hosted("classify", photos, *flags).exit_code == 0

    query = "SELECT options_json LIKE '%lists_some%' FROM run ORDER BY started_at"
    assert hosted.rows(query) == [(0,), (int(is_said),)]
