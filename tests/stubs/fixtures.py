"""Fixtures of the stub servers, registered by `tests/conftest.py`."""

from collections.abc import Iterator

import pytest

from tests.stubs.workers_ai import WorkersAIStub, serve


@pytest.fixture
def workers_ai() -> Iterator[WorkersAIStub]:
    """Return a Workers AI on loopback that answers truthfully until told otherwise."""
    with serve() as stub:
        yield stub
