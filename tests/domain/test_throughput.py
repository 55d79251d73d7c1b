"""How fast a run asked, and whether more workers would have been faster."""

from dataclasses import replace

import pytest

from imgai.domain.throughput import Throughput

# 16 workers, 3 s a picture: 320 a minute of 720, with 40 ms of processor time each.
SLOW = Throughput(
    limit_per_minute=720.0,
    processors=2,
    workers=16,
    images=1_600,
    carried_s=4_800.0,
    began_s=100.0,
    lasted_s=300.0,
    cpu_s=64.0,
)


def test_workers_are_enough_when_their_pictures_fill_the_limit() -> None:
    """Twelve pictures a second, three seconds each: 36 are in flight at a time."""
    assert SLOW.per_minute == 320.0
    assert SLOW.enough_workers == 36


@pytest.mark.parametrize(
    "run",
    [
        replace(SLOW, limit_per_minute=None),
        replace(SLOW, limit_per_minute=340.0),
        replace(SLOW, images=150, carried_s=450.0, lasted_s=28.0),
        replace(SLOW, images=100, carried_s=4_800.0),
        replace(SLOW, carried_s=2_000.0),
        replace(SLOW, cpu_s=240.0),
        Throughput(),
    ],
    ids=["no limit", "at it", "short", "few", "idle", "no processor left", "nothing"],
)
def test_more_workers_are_advised_only_where_they_help(run: Throughput) -> None:
    """Not near the limit, after seconds, or where something else was slow."""
    assert run.enough_workers is None


def test_the_time_of_a_run_is_that_of_its_work() -> None:
    """From the first image taken up to the last put down, however they overlap."""
    run = Throughput(workers=2)
    run.add(10.0, 14.0, 1.0)
    run.add(11.0, 16.0, 1.5)

    assert (run.images, run.carried_s, run.lasted_s) == (2, 9.0, 6.0)
    assert (run.per_minute, run.cpu_s) == (20.0, 1.5)
