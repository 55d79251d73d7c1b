"""Fixtures that every test may use."""

import pytest

pytest_plugins = ["tests.stubs.fixtures"]


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the only loop that imgai uses."""
    return "asyncio"
