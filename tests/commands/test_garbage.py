"""When garbage is looked for: not while the program starts, but while it works."""

import gc
from collections.abc import Iterator

import pytest

from imgai.commands import garbage


@pytest.fixture
def usual() -> Iterator[tuple[int, int, int]]:
    """Return how often Python looks by itself, and have it so again afterwards."""
    thresholds = gc.get_threshold()
    yield thresholds
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_a_start_is_not_searched(usual: tuple[int, int, int]) -> None:
    """The first look comes after more objects than any command starts with."""
    garbage.put_off()

    assert gc.get_threshold()[0] >= 50_000 > usual[0]
    assert gc.isenabled()


def test_work_is_searched_as_ever(usual: tuple[int, int, int]) -> None:
    """What had been loaded is let be; what comes now is looked at as often as ever."""
    garbage.put_off()
    garbage.look_as_usual()

    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() > 0
