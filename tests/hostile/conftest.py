"""The program as hostile tests run it: hosted by a stub, and hurried."""

from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

# Paced to an account's real limits, a few pictures would take seconds.
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
def folder(tmp_path: Path) -> Path:
    """Return an empty folder to classify."""
    path = tmp_path / "pictures"
    path.mkdir()
    return path
