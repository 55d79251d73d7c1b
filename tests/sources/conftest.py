"""Fixtures of the tests of sources."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from imgai.sources.s3 import S3
from tests.sources.buckets import KEYS
from tests.stubs.s3_stub import S3Stub


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a new folder that users without rights may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def store() -> Iterator[S3Stub]:
    """Return an S3 that answers truthfully until told otherwise."""
    with S3Stub().running() as stub:
        yield stub


@pytest.fixture
async def s3(store: S3Stub) -> AsyncIterator[S3]:
    """Return a client of the stub."""
    client = S3(store.url, KEYS)
    yield client
    await client.aclose()
