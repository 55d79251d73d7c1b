"""Full and failing disks under the database, met by `imgai classify`."""

import shutil
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.hostile.broken_disks import (
    Fault,
    cannot_trace,
    classify,
    classify_on_broken_disk,
    make_pictures,
    wrongs,
    wrongs_afterwards,
)
from tests.hostile.conftest import UNHURRIED
from tests.stubs.workers_ai import serve

# Which of the writes to fail: all of the beginning, where the file is made, then a
# sample of those while it is in use. Together a good hundred.
_PLACES = {
    "full": [Fault("pwrite64", "ENOSPC", nth, stays=True) for nth in range(1, 200, 4)],
    "fails once": [
        Fault("pwrite64", "EIO", nth, stays=False) for nth in range(1, 200, 4)
    ],
    "cannot sync": [
        Fault("fdatasync", "EIO", nth, stays=False) for nth in range(1, 30)
    ],
    "cannot be cut": [
        Fault("ftruncate", "EIO", nth, stays=False) for nth in range(1, 5)
    ],
    "cannot be locked": [Fault("write", "ENOSPC", 1, stays=True)],
}


@pytest.mark.slow
@pytest.mark.parametrize("how", _PLACES)
def test_a_disk_may_fail_at_any_write(tmp_path: Path, how: str) -> None:
    """A named error, 74, no further paid call; once there is room, all is well."""
    if why := cannot_trace():
        pytest.skip(why)
    folder = tmp_path / "pictures"
    make_pictures(folder)
    wrong, failed = {}, 0
    for fault in _PLACES[how]:
        home = tmp_path / f"home-{fault.nth}"
        home.mkdir()
        with serve() as stub:
            imgai = Imgai(home, {**stub.environment(), **UNHURRIED})
            broken = classify_on_broken_disk(imgai, folder, fault)
            failed += broken.failed_at_s is not None
            not_held = wrongs(imgai, stub, broken)
            not_held += wrongs_afterwards(imgai, stub, classify(imgai, folder))
        if not_held:
            wrong[fault.nth] = (not_held, broken.ran.err[-300:])
        shutil.rmtree(home)
    assert wrong == {}
    assert failed == len(_PLACES[how]), "some writes were never reached"
