"""Fixtures that every test may use."""

from collections.abc import Iterator

import pytest

from imgai.domain import extras

pytest_plugins = ["tests.stubs.fixtures"]


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the only loop that imgai uses."""
    return "asyncio"


@pytest.fixture
def without_raw(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let imgai believe that `imgai[raw]` is not installed."""
    monkeypatch.setattr(extras, "find_spec", {}.get)
    extras.reads_camera_raw.cache_clear()
    yield
    extras.reads_camera_raw.cache_clear()
