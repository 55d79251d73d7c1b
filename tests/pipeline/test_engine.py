"""The engine that does everything in this process."""

from collections.abc import AsyncIterator

import pytest

from imgai.pipeline.engine import Engine
from tests.contracts.engine import EngineContract, open_spoken


class TestInProcess(EngineContract):
    """It keeps the contract of all engines."""

    @pytest.fixture
    async def engine(self) -> AsyncIterator[Engine]:
        """Return the engine."""
        async with open_spoken() as engine:
            yield engine
