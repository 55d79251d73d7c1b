"""The engine of a Ray cluster, against a real one of two machines and four workers."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="only imgai[ray] brings Ray")

from imgai.domain.events import Event
from imgai.domain.predictions import Caption
from imgai.errors import HostDown, HostUnreachable, ModelUnavailable
from imgai.limits.stop import Stop
from imgai.models.base import ModelReply, ModelRequest
from imgai.pipeline.candidates import Candidate
from imgai.pipeline.engine import Engine, Fetched
from imgai.pipeline.ray_engine import Station, open_ray
from imgai.pipeline.run import run
from imgai.prepare.identity import identify
from tests.contracts.engine import (
    FILES,
    PHOTO,
    EngineContract,
    fetched,
    listed,
    open_spoken,
    request,
)
from tests.pictures import encoded, scene
from tests.stubs.ray_cluster import IMPATIENT, RayCluster, ray_cluster

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


def open_no_station() -> AbstractAsyncContextManager[Station]:
    """Fail, as where imgai is not installed."""
    raise ModuleNotFoundError("none here")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run on asyncio; one cluster serves the whole module."""
    return "asyncio"


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """Return a cluster of two machines with two processors each."""
    with ray_cluster() as running:
        yield running


class TestRay(EngineContract):
    """It keeps the contract of all engines."""

    @pytest.fixture(scope="class")
    async def engine(self, cluster: RayCluster) -> AsyncIterator[Engine]:
        """Return the engine of a cluster."""
        async with open_ray(cluster.address, open_station) as engine:
            yield engine


def question(gate: Path, number: int) -> ModelRequest:
    """Return a request that waits at a gate: a folder."""
    return replace(request(str(gate)), picture_hashes=(f"p1-{number}",))


def waiting(gate: Path) -> int:
    """Return how many requests have come to a gate."""
    return len(list(gate.glob("waits-*")))


def opened(gate: Path) -> Path:
    """Return a gate that nobody has to wait at."""
    gate.mkdir(exist_ok=True)
    (gate / "open").touch()
    return gate


async def all_there(engine: Engine, gate: Path) -> None:
    """Return when all workers are there; the gate has to be open."""
    found = set[str]()
    while len(found) < WORKERS:
        asked = (engine.ask(question(gate, number)) for number in range(WORKERS))
        found |= {str(one.answer) for one in await asyncio.gather(*asked)}


class TestFourWorkers:
    """What concerns several workers."""

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
            await all_there(engine, opened(tmp_path / "all"))

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

    @pytest.mark.anyio
    async def test_workers_that_cannot_be_made_end_the_run(
        self, cluster: RayCluster
    ) -> None:
        """At once, with the reason: say, imgai is not installed over there."""
        async with open_ray(cluster.address, open_no_station) as engine:
            with pytest.raises(HostUnreachable, match="ModuleNotFoundError: none here"):
                await engine.ask(request("a cat"))


BIG = encoded(scene(), "BMP")  # too big for Ray to carry it about


class TestLostMachine:
    """A machine that ends, or is cut off, in the middle."""

    @pytest.mark.anyio
    @pytest.mark.parametrize("is_silent", [False, True], ids=["ended", "silent"])
    async def test_a_lost_machine_loses_no_picture(
        self, tmp_path: Path, *, is_silent: bool
    ) -> None:
        """What it had read is read elsewhere; what it asked is perhaps billed.

        The workers that are left do what comes next, whether or not Ray has found out
        that a machine is gone.
        """
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(BIG)
        with ray_cluster(settings=IMPATIENT) as cluster:
            async with open_ray(cluster.address, open_patient_station) as engine:
                await all_there(engine, opened(tmp_path / "all"))
                files = await asyncio.gather(
                    *(fetched(engine, photo) for _ in range(8))
                )
                asking = [
                    asyncio.create_task(engine.ask(question(tmp_path, number)))
                    for number in range(8)
                ]
                await until(lambda: waiting(tmp_path) == len(asking))

                lose = cluster.silence_machine if is_silent else cluster.lose_machine
                lose()
                await until(lambda: sum(one.done() for one in asking) == 4)
                (tmp_path / "open").touch()
                ended = await asyncio.gather(*asking, return_exceptions=True)
                copies = await asyncio.gather(*(engine.prepare(one) for one in files))
                again = await asyncio.gather(
                    *(engine.ask(question(tmp_path, number)) for number in range(8))
                )

        lost = [one for one in ended if isinstance(one, BaseException)]
        assert len(lost) == 4
        for error in lost:
            assert isinstance(error, ModelUnavailable)
            assert error.perhaps_billed
        assert {one.picture.picture_hash for one in copies} == {
            identify(BIG).picture_hash
        }
        left = {one.answer for one in ended if isinstance(one, ModelReply)}
        assert len(left) == 2
        assert {one.answer for one in again} == left

    @pytest.mark.anyio
    async def test_nobody_waits_for_ever_for_a_worker(self, tmp_path: Path) -> None:
        """Where none comes, and where all are lost, the run is told to end."""
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(PHOTO)
        with ray_cluster(processors=(0, 1)) as cluster:
            async with open_ray(cluster.address, open_station, _LOOK_S) as engine:
                with pytest.raises(HostUnreachable, match="no worker"):
                    await engine.fetch(FILES, listed(photo))  # as it has to be started
                found: object = None
                while not isinstance(found, Fetched):
                    with suppress(HostUnreachable):
                        found = await engine.fetch(FILES, listed(photo))
                cluster.lose_machine()
                with pytest.raises(HostDown, match="no worker"):
                    await engine.fetch(FILES, listed(photo))
