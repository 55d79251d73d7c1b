"""The engine of a Ray cluster, against a real one of two machines and four workers."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="only imgai[ray] brings Ray")

from imgai.domain.events import Event
from imgai.domain.predictions import Caption
from imgai.limits.stop import Stop
from imgai.models.base import ModelReply, ModelRequest
from imgai.pipeline.candidates import Candidate
from imgai.pipeline.engine import Engine
from imgai.pipeline.ray_engine import Station, open_ray
from imgai.pipeline.run import run
from tests.contracts.engine import (
    FILES,
    PHOTO,
    EngineContract,
    listed,
    open_spoken,
    request,
)
from tests.stubs.ray_cluster import RayCluster, ray_cluster

pytestmark = [
    pytest.mark.slow,
    # Ray leaves processes and pipes to the interpreter's end.
    pytest.mark.filterwarnings("default"),
]

WORKERS = 4
_LOOK_S = 0.02


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  another process brings it about: no Event does
        await asyncio.sleep(_LOOK_S)


@dataclass(frozen=True, slots=True)
class PatientHost:
    """Answers with the process it runs in; at a gate's name, once that is open."""

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        gate = Path(request.texts[0])
        (gate / f"waits-{request.picture_hashes[0]}").touch()
        await until((gate / "open").exists)
        return ModelReply(Caption(str(os.getpid())), None, 0)


@asynccontextmanager
async def open_station() -> AsyncIterator[Station]:
    """Open what a worker works with: it asks nobody."""
    async with open_spoken() as engine:
        yield Station(engine, FILES)


@asynccontextmanager
async def open_patient_station() -> AsyncIterator[Station]:
    """Open the same with a host that can be made to wait."""
    async with open_spoken() as engine:
        yield Station(replace(engine, host=PatientHost()), FILES)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run on asyncio; one cluster serves the whole module."""
    return "asyncio"


class TestRay(EngineContract):
    """It keeps the contract of all engines."""

    @pytest.fixture(scope="class")
    async def engine(self) -> AsyncIterator[Engine]:
        """Return the engine of a cluster."""
        with ray_cluster() as cluster:
            async with open_ray(cluster.address, open_station) as engine:
                yield engine


def question(gate: Path, number: int) -> ModelRequest:
    """Return a request that waits at a gate: a folder."""
    return replace(request(str(gate)), picture_hashes=(f"p1-{number}",))


def waiting(gate: Path) -> int:
    """Return how many requests have come to a gate."""
    return len(list(gate.glob("waits-*")))


class TestFourWorkers:
    """What concerns several workers; each test has a cluster of its own."""

    @pytest.fixture
    def cluster(self) -> Iterator[RayCluster]:
        """Return a cluster of two machines with two processors each."""
        with ray_cluster() as cluster:
            yield cluster

    @pytest.mark.anyio
    async def test_pictures_in_flight_are_bounded_however_slow_the_workers_are(
        self, cluster: RayCluster, tmp_path: Path
    ) -> None:
        """A listing is read no faster than pictures are done; all workers have some."""
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(PHOTO)
        in_flight = 6
        taken, done = [0], list[Caption]()

        async def candidates() -> AsyncIterator[Candidate]:
            for _ in range(40):
                taken[0] += 1
                yield Candidate(FILES, listed(photo), None)

        async with open_ray(cluster.address, open_patient_station) as engine:

            async def process(candidate: Candidate) -> None:
                number = taken[0]  # of this picture: nobody has taken another yet
                found = await engine.fetch(FILES, candidate.image)
                assert found.image.uri == candidate.image.uri
                reply = await engine.ask(question(tmp_path, number))
                assert isinstance(reply.answer, Caption)
                assert taken[0] - len(done) <= in_flight
                done.append(reply.answer)

            def emit(event: Event) -> None:
                raise AssertionError(event)

            running = asyncio.create_task(
                run(candidates(), process, emit, Stop(), in_flight)
            )
            await until(lambda: running.done() or waiting(tmp_path) == in_flight)
            assert taken == [in_flight]
            (tmp_path / "open").touch()
            await running

        assert len(done) == 40
        assert len(set(done)) == WORKERS
