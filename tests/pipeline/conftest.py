"""Fixtures of the pipeline's tests."""

from pathlib import Path

import pytest

from tests.pipeline.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Return an empty folder, models and no database yet."""
    return Library(tmp_path / "imgai.db")
