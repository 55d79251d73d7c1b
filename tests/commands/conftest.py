"""An S3 for the commands, and a program that backs its database up there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.store.library import make_library
from tests.stubs.s3_stub import S3Stub


@pytest.fixture
def store() -> Iterator[S3Stub]:
    """Return an S3 that answers truthfully until told otherwise."""
    with S3Stub().running() as stub:
        yield stub


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Return the folder that is the program's for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def keys(store: S3Stub, temporary: Path) -> dict[str, str]:
    """Return the variables with which the program finds the store."""
    return {
        "R2_ENDPOINT_URL": store.url,
        "R2_ACCESS_KEY_ID": "an-access-key-id",
        "R2_SECRET_ACCESS_KEY": "a-secret-access-key",
        "TMPDIR": str(temporary),
    }


@pytest.fixture
def cloud(imgai: Imgai, keys: dict[str, str]) -> Imgai:
    """Return the program with a small database, and with keys for the store."""
    make_library(imgai.database)
    imgai.environment |= keys
    return imgai
