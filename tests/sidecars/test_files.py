"""Sidecars on the disk: what somebody else has just written is never lost."""

from pathlib import Path

import pytest

from imgai.domain.tags import Naming
from imgai.sidecars.files import (
    SidecarError,
    read_sidecar,
    remove_sidecar,
    replace_sidecar,
    sidecar_path,
)

OURS, THEIRS = b"<ours/>", b"<theirs/>"


@pytest.mark.parametrize("before", [None, b"<as it was/>"])
def test_a_sidecar_is_written_whole_and_alone(
    tmp_path: Path, before: bytes | None
) -> None:
    """New, or in the place of the old; nothing else stays in the folder."""
    path = tmp_path / "a.xmp"
    if before is not None:
        path.write_bytes(before)

    replace_sidecar(path, before, OURS)

    assert read_sidecar(path) == OURS
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("before", [None, b"<as it was/>"])
def test_a_sidecar_that_was_written_meanwhile_is_not_replaced(
    tmp_path: Path, before: bytes | None
) -> None:
    """A person works in Lightroom while `tag` runs: what it wrote stays."""
    path = tmp_path / "a.xmp"
    path.write_bytes(THEIRS)

    with pytest.raises(SidecarError, match="just now"):
        replace_sidecar(path, before, OURS)

    assert read_sidecar(path) == THEIRS
    assert list(tmp_path.iterdir()) == [path]


def test_a_sidecar_that_was_written_meanwhile_is_not_removed(tmp_path: Path) -> None:
    """`tag --undo` takes away what imgai wrote, and nothing else."""
    path = tmp_path / "a.xmp"
    path.write_bytes(THEIRS)

    with pytest.raises(SidecarError, match="just now"):
        remove_sidecar(path, OURS)
    kept = read_sidecar(path)
    remove_sidecar(path, THEIRS)

    assert kept == THEIRS
    assert read_sidecar(path) is None


def test_a_sidecar_without_its_folder_is_an_error_of_its_own(tmp_path: Path) -> None:
    """The next image's is written all the same."""
    with pytest.raises(SidecarError, match="cannot be written"):
        replace_sidecar(tmp_path / "gone" / "a.xmp", None, OURS)


@pytest.mark.parametrize(
    ("naming", "name", "expected"),
    [
        (Naming.ADOBE, "a.jpg", "a.xmp"),
        (Naming.DARKTABLE, "a.jpg", "a.jpg.xmp"),
        (Naming.ADOBE, "a", "a.xmp"),
        (Naming.DARKTABLE, "a", "a.xmp"),
        (Naming.ADOBE, "a.b.JPG", "a.b.xmp"),
    ],
)
def test_a_sidecar_is_called_as_other_programs_look_for_it(
    naming: Naming, name: str, expected: str
) -> None:
    """Under another name nobody would find it."""
    assert sidecar_path(Path("/photos") / name, naming) == Path("/photos") / expected
