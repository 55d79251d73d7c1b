"""A folder for copies on their way: gone afterwards, at the latest with the next."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from imgai.errors import StoreError
from imgai.store.temporary import remove_leftovers, temporary_folder

_DAY_S = 86_400.0

_STAYS = """
import sys
from imgai.store.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "copy.db").write_bytes(b"half a copy")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that temporary ones are made in."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def someone_copying(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that is in the middle of a copy; return it and its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", _STAYS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(parent)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_private_and_gone_afterwards(parent: Path) -> None:
    """It holds all that is known of somebody's pictures."""
    with temporary_folder() as folder:
        assert folder.parent == parent
        assert os.name == "nt" or folder.stat().st_mode & 0o077 == 0
        (folder / "copy.db").write_bytes(b"a copy")

    assert not list(parent.iterdir())


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(
    parent: Path,
) -> None:
    """However old it is: a large copy over a slow line may take a day."""
    process, folder = someone_copying(parent)
    with process:
        remove_leftovers(parent, time.time() + _DAY_S)
        assert (folder / "copy.db").exists()

        process.kill()
        process.wait()
        remove_leftovers(parent)
        assert folder.exists(), "it may be one that is just being made"

        remove_leftovers(parent, time.time() + _DAY_S)
        assert not folder.exists()


def test_the_next_copy_removes_what_the_last_one_left(parent: Path) -> None:
    """Nobody else would: many machines never empty their temporary folder."""
    process, left = someone_copying(parent)
    with process:
        process.kill()
    long_ago = time.time() - _DAY_S
    os.utime(left, (long_ago, long_ago))

    with temporary_folder() as folder:
        assert list(parent.iterdir()) == [folder]


def test_what_only_looks_like_a_leftover_is_left_alone(
    parent: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A link into somebody's pictures, a file, a folder without a lock."""
    pictures = tmp_path_factory.mktemp("pictures")
    (pictures / "in-use.lock").touch()
    (parent / "imgai-copy-link").symlink_to(pictures)
    (parent / "imgai-copy-file").touch()
    (parent / "imgai-copy-folder").mkdir()

    remove_leftovers(parent, time.time() + _DAY_S)

    assert len(list(parent.iterdir())) == 3
    assert (pictures / "in-use.lock").exists()


def test_no_room_for_a_folder_is_an_error_of_ours(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the variable that names another place."""
    monkeypatch.setattr("tempfile.tempdir", str(parent / "none"))

    with pytest.raises(StoreError) as caught, temporary_folder():
        pass

    assert "TMPDIR" in caught.value.hint
