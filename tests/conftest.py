"""Fixtures that every test may use."""

import signal
from collections.abc import Iterator

import pytest

from imgai.domain import extras

pytest_plugins = ["tests.stubs.fixtures", "tests.commands.fixtures"]

# A shell starts what runs in its background deaf to Ctrl-C, and so are its children:
# the tests that press it would wait in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
