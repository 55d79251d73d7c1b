"""`imgai backup r2://bucket/key`: state for machines that have none."""

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from imgai.store.health import Condition, examine_database
from tests.commands.bucket_backups import COUNT, KEY, URI, enlarge
from tests.commands.processes import started, wait_until
from tests.commands.running import Imgai
from tests.stubs.s3_stub import S3Stub, refused
from tests.stubs.workers_ai import WorkersAIStub


@pytest.mark.parametrize("is_large", [False, True], ids=["one request", "in parts"])
def test_a_copy_goes_to_a_bucket_and_comes_back(
    cloud: Imgai, store: S3Stub, temporary: Path, *, is_large: bool
) -> None:
    """Out and back again, with what a machine reads about it; no trace on the way."""
    if is_large:
        enlarge(cloud)
    before = cloud.rows(COUNT)

    made = cloud("backup", URI, "--json")
    cloud.change("DELETE FROM prediction")
    back = cloud("backup", "--restore", URI, "--json")

    assert (made.exit_code, back.exit_code) == (0, 0), made.err + back.err
    said = {"path": URI, "size_bytes": len(store.objects[KEY])}
    assert made.lines == [{**said, "restored_from": None, "replaced": None}]
    assert back.lines[0]["restored_from"] == URI
    assert back.lines[0]["path"] == str(cloud.database)
    assert Path(back.lines[0]["replaced"]).exists()
    assert cloud.rows(COUNT) == before
    assert any("uploads" in one.target for one in store.asked) is is_large
    assert not list(temporary.iterdir())


def test_people_are_told_and_cron_is_not(cloud: Imgai) -> None:
    """Where from, where to, how large."""
    assert f"to {URI}: " in cloud("backup", URI).out
    assert f"from {URI}: " in cloud("backup", URI, "--restore").out
    quiet = cloud("backup", URI, "--quiet")
    assert (quiet.exit_code, quiet.out, quiet.err) == (0, "", "")


def test_a_new_machine_gets_its_database_from_the_bucket(
    cloud: Imgai, tmp_path: Path
) -> None:
    """Where no database is, nor a folder for it."""
    cloud("backup", URI)
    there = tmp_path / "new" / "imgai.db"

    back = cloud("backup", "--restore", URI, "--db", there, "--json")

    assert back.exit_code == 0, back.err
    assert back.lines[0]["replaced"] is None
    assert examine_database(there).condition is Condition.USABLE


def test_a_backup_made_while_classify_writes_is_whole(
    hosted: Imgai,
    workers_ai: WorkersAIStub,
    numbered: Callable[[int], Path],
    store: S3Stub,
    keys: dict[str, str],
    tmp_path: Path,
) -> None:
    """It has what was stored when it was made; the run does not notice."""
    hosted.environment |= keys
    workers_ai.latency_s = 0.05
    copies = []
    with started(hosted, "classify", numbered(120), "--workers", "4") as run:
        for answers in (20, 60, 100):
            wait_until(
                lambda: len(workers_ai.calls) > answers + 10,  # noqa: B023  called at once
                "some calls",
            )
            made = hosted("backup", URI)
            assert made.exit_code == 0, made.err
            assert run.process.poll() is None, "the run was to be at work"
            path = tmp_path / f"{answers}.db"
            path.write_bytes(store.objects[KEY])
            copies.append(path)
        workers_ai.latency_s = 0
        ran = run.end()

    assert ran.exit_code == 0, ran.err
    counts = []
    for path in copies:
        assert examine_database(path).condition is Condition.USABLE
        with closing(sqlite3.connect(path)) as copy:
            counts.append(copy.execute(COUNT).fetchone()[0])
    assert counts[0] >= 20
    assert counts == sorted(set(counts))
    assert hosted.rows(COUNT) == [(3 * 120,)]

    back = hosted("backup", "--restore", URI)
    assert back.exit_code == 0, back.err
    assert hosted.rows(COUNT) == [(counts[-1],)]


def test_what_is_not_ours_is_neither_overwritten_nor_restored(
    cloud: Imgai, store: S3Stub
) -> None:
    """A slip in the key must cost nobody a picture, and no database."""
    store.objects["2024/a.jpg"] = b"\xff\xd8\xff" * 1_000
    before = cloud.rows(COUNT)

    for arguments in (
        ("r2://photos/2024/a.jpg",),
        ("--restore", "r2://photos/2024/a.jpg"),
    ):
        ran = cloud("backup", *arguments, "--json")
        assert ran.exit_code == 74
        assert (
            "r2://photos/2024/a.jpg is not an imgai database"
            in ran.last_error["message"]
        )

    assert store.objects == {"2024/a.jpg": b"\xff\xd8\xff" * 1_000}
    assert cloud.rows(COUNT) == before


def test_a_backup_that_is_no_good_is_refused_by_its_name(
    cloud: Imgai, store: S3Stub, temporary: Path
) -> None:
    """Damaged in the bucket, half of it, from a newer imgai: the database stays."""
    cloud("backup", URI)
    good, before = store.objects[KEY], cloud.rows(COUNT)
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 1
    newer = bytearray(good)
    newer[60:64] = (99).to_bytes(4, "big")
    unfit = [(bytes(flipped), "damaged"), (good[:-1], "damaged"), (newer, "newer")]
    for content, word in unfit:
        store.objects[KEY] = bytes(content)
        if word == "newer":
            store.metadata.clear()

        ran = cloud("backup", "--restore", URI, "--json")

        assert ran.exit_code == 74
        assert word in ran.last_error["message"]
        assert URI in ran.last_error["message"]
        assert str(temporary) not in ran.err
    assert cloud.rows(COUNT) == before
    assert not list(cloud.home.glob("*.replaced"))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["r2://nothing/imgai.db"], 66, "no bucket"),
        (["--restore", "r2://nothing/imgai.db"], 66, "no bucket"),
        (["--restore", "r2://photos/none.db"], 66, "r2://photos/none.db"),
        (["r2://"], 2, "names no object"),
        (["r2://photos"], 2, "names no object"),
        (["r2://photos/nightly/"], 2, "names no object"),
        (["r2:///imgai.db"], 2, "names no object"),
        (["r2://photos/../imgai.db"], 2, "no URL"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_missing_is_said(
    cloud: Imgai, arguments: list[str], exit_code: int, words: str
) -> None:
    """2 for a command line that cannot be meant, 66 for what is not there."""
    ran = cloud("backup", *arguments, "--json")

    assert ran.exit_code == exit_code, ran.err
    assert words in ran.last_error["message"]


def test_keys_that_are_refused_or_not_set_are_told_apart(
    cloud: Imgai, store: S3Stub
) -> None:
    """77 and 78, each with its remedy, and no key in what is said."""
    store.faults.append(refused(403, "SignatureDoesNotMatch"))
    wrong = cloud("backup", URI, "--json")
    store.faults.extend([None, refused(403, "AccessDenied")])
    reads_only = cloud("backup", URI, "--json")
    unset = cloud("backup", URI, "--json", R2_SECRET_ACCESS_KEY="")

    assert (wrong.exit_code, reads_only.exit_code, unset.exit_code) == (77, 77, 78)
    assert "Read & Write" in reads_only.last_error["hint"]
    assert "R2_SECRET_ACCESS_KEY" in unset.last_error["hint"]
    assert "a-secret-access-key" not in wrong.err + reads_only.err + unset.err


def test_a_store_that_stays_busy_is_unreachable(cloud: Imgai, store: S3Stub) -> None:
    """69, after six attempts; the store says how soon they may come."""
    store.faults.extend([refused(503, "SlowDown", Retry_After="0")] * 6)

    assert cloud("backup", URI).exit_code == 69
    assert len(store.asked) == 6


def test_disks_that_cannot_be_used_are_named(
    cloud: Imgai, temporary: Path, tmp_path: Path
) -> None:
    """74: no database to copy, or a disk without room for what is fetched."""
    missing = tmp_path / "none.db"
    assert cloud("backup", URI, "--db", missing).exit_code == 74
    assert not missing.exists()

    enlarge(cloud)
    assert cloud("backup", URI).exit_code == 0
    before = cloud.rows(COUNT)
    command = cloud.command(["backup", "--restore", URI, "--json"])
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 2000; exec "$@"', "sh", *command],
        env=cloud.variables(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 74, done.stderr
    assert b"TMPDIR" in done.stderr
    assert cloud.rows(COUNT) == before
    assert not list(temporary.iterdir())
