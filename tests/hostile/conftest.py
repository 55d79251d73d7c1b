"""What hostile tests share."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder to classify."""
    path = tmp_path / "pictures"
    path.mkdir()
    return path
