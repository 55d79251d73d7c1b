"""Backups to and from buckets that are broken off: nothing of them is left."""

import os
import signal
from pathlib import Path

import pytest

from tests.commands.bucket_backups import COUNT, KEY, URI, enlarge
from tests.commands.processes import started, wait_until
from tests.commands.running import Imgai
from tests.stubs.faults import Fault, Manner
from tests.stubs.s3_stub import S3Stub

SILENCE = Fault(200, manner=Manner.HANG)


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_an_upload_and_leaves_nothing(
    cloud: Imgai,
    store: S3Stub,
    temporary: Path,
    number: signal.Signals,
    exit_code: int,
) -> None:
    """Not in the bucket, where parts are billed, and not on the disk."""
    enlarge(cloud)
    store.objects[KEY] = before = cloud.database.read_bytes()
    store.faults.extend([None, None, SILENCE])
    with started(cloud, "backup", URI) as run:
        wait_until(lambda: bool(store.uploads) and not store.faults, "a part is sent")
        run.send(number)
        ran = run.end(5.0)

    assert ran.exit_code == exit_code, ran.err
    assert "Traceback" not in ran.err
    assert not store.uploads
    assert store.objects == {KEY: before}
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_a_download_and_leaves_nothing(
    cloud: Imgai,
    store: S3Stub,
    temporary: Path,
    number: signal.Signals,
    exit_code: int,
) -> None:
    """The database is as it was; of what was fetched, no byte is left."""
    enlarge(cloud)
    store.objects[KEY] = cloud.database.read_bytes()
    before = cloud.rows(COUNT)
    store.faults.extend([None, SILENCE])
    with started(cloud, "backup", "--restore", URI) as run:
        wait_until(lambda: bool(list(temporary.glob("*/backup.db"))), "a piece is here")
        run.send(number)
        ran = run.end(5.0)

    assert ran.exit_code == exit_code, ran.err
    assert "Traceback" not in ran.err
    assert not list(temporary.iterdir())
    assert cloud.rows(COUNT) == before
    assert not list(cloud.home.glob("*.replaced"))


def test_what_a_killed_backup_left_is_removed_by_a_later_one(
    cloud: Imgai, store: S3Stub, temporary: Path
) -> None:
    """Nothing can clean up after SIGKILL but the next; never under one at work."""
    enlarge(cloud)
    store.faults.extend([None, None, SILENCE])
    with started(cloud, "backup", URI) as run:
        wait_until(lambda: bool(store.uploads) and not store.faults, "a part is sent")
        (left,) = temporary.iterdir()
        os.utime(left, (1_700_000_000, 1_700_000_000))
        assert cloud("backup", "r2://photos/other.db").exit_code == 0
        assert left.exists()
        run.kill()

    assert cloud("backup", "r2://photos/other.db").exit_code == 0
    assert not list(temporary.iterdir())
