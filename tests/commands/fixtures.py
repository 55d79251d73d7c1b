"""The program as tests run it: with a stub for Workers AI, or with nothing.

Fixtures that every test may use, registered by `tests/conftest.py`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.numbered import look_at_number, make_numbered
from tests.commands.running import Imgai, copy_photos
from tests.stubs.workers_ai import WorkersAIStub

# Paced to an account's real limits, a few photos would take seconds.
UNHURRIED = {"AI_REQUESTS_PER_MINUTE": "60000"}


@pytest.fixture
def imgai(tmp_path: Path) -> Imgai:
    """Return the program in a home of its own, without credentials."""
    home = tmp_path / "home"
    home.mkdir()
    return Imgai(home)


@pytest.fixture
def hosted(imgai: Imgai, workers_ai: WorkersAIStub) -> Imgai:
    """Return the program with credentials for the stub Workers AI."""
    imgai.environment = {**workers_ai.environment(), **UNHURRIED}
    return imgai


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder with four of the example photos, one each of three formats."""
    return copy_photos(
        tmp_path / "photos",
        "IMG_0412.png",
        "IMG_0418.jpg",
        "IMG_0611.webp",
        "P2030902.jpg",
    )


@pytest.fixture
def numbered(tmp_path: Path, workers_ai: WorkersAIStub) -> Callable[[int], Path]:
    """Return what makes a folder of so many pictures, which the stub can tell apart."""
    workers_ai.look = look_at_number
    return lambda count: make_numbered(tmp_path / "numbered", range(count))
