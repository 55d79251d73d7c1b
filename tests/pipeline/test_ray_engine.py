"""The engine of a Ray cluster, against a real one of several processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

pytest.importorskip("ray", reason="only imgai[ray] brings Ray")

from imgai.pipeline.engine import Engine
from imgai.pipeline.ray_engine import Station, open_ray
from tests.contracts.engine import FILES, EngineContract, open_spoken

pytestmark = [
    pytest.mark.slow,
    # Ray leaves processes and pipes to the interpreter's end.
    pytest.mark.filterwarnings("default"),
]


@asynccontextmanager
async def open_station() -> AsyncIterator[Station]:
    """Open what a worker works with: it asks nobody."""
    async with open_spoken() as engine:
        yield Station(engine, FILES)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run on asyncio; one cluster serves the whole module."""
    return "asyncio"


@pytest.fixture(scope="module")
async def engine() -> AsyncIterator[Engine]:
    """Return the engine of a cluster of this machine alone."""
    async with open_ray(None, open_station) as engine:
        yield engine


class TestRay(EngineContract):
    """It keeps the contract of all engines."""
