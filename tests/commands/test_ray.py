"""`imgai classify --engine ray`: a real cluster of two machines and four workers."""

import os
import signal
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.commands.aftermath import check_aftermath
from tests.commands.bills import bills_of, double_bills, listed_bills
from tests.commands.processes import started, wait_until
from tests.commands.running import PHOTOS, PROJECT, Imgai, Ran
from tests.pictures import encoded, scene
from tests.stubs.hosted_models import DETR, GEMMA
from tests.stubs.s3_stub import S3Stub
from tests.stubs.workers_ai import WorkersAIStub

if TYPE_CHECKING:
    from tests.stubs.ray_cluster import RayCluster

Numbered = Callable[[int], Path]

needs_ray = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="only imgai[ray] brings Ray"),
    # Ray leaves processes and pipes to the interpreter's end.
    pytest.mark.filterwarnings("default"),
]
WORKERS = 4
IN_FLIGHT = 16  # images
_LONGEST_S = 120.0  # processes that start processes, on a busy machine

# All of `image_ai` but its times and the ids of this one file.
_ROWS = """
SELECT picture_hash, labels_json, label_scores_json, caption, caption_source,
       colours_json, nsfw_score, model_version
FROM image_ai ORDER BY picture_hash
"""


@pytest.fixture(scope="module")
def machines() -> Iterator["RayCluster"]:
    """Return a cluster that all may use."""
    from tests.stubs.ray_cluster import ray_cluster  # noqa: PLC0415  not without Ray

    with ray_cluster() as running:
        yield running


@pytest.fixture
def cluster(hosted: Imgai, machines: "RayCluster") -> Iterator[Imgai]:
    """Return the program, with what it needs to find the tests' own cluster."""
    hosted.environment["RAY_ADDRESS"] = machines.address
    hosted.environment["AI_BATCH_SIZE"] = str(IN_FLIGHT)
    yield hosted
    wait_until(lambda: not machines.workers(), "a run's workers end with it")


def all_at_work(machines: "RayCluster", stub: WorkersAIStub) -> bool:
    """Return whether all workers have asked, and some calls of each are in flight."""
    port = urlsplit(stub.url).port or 0
    # The least busy one is asked first: so many are shared by all.
    return stub.in_flight >= IN_FLIGHT and (
        len(machines.connected_workers(port)) == WORKERS
    )


def fullest(times: Sequence[float], window_s: float) -> int:
    """Return how many calls the fullest window of so many seconds holds."""
    ends = (bisect_right(times, first + window_s) for first in times)
    return max(end - start for start, end in enumerate(ends))


class TestWithRay:
    """One cluster serves all of these, but for those that end it."""

    pytestmark = needs_ray

    def test_both_engines_say_the_same_of_the_example_photos(
        self, imgai: Imgai, machines: "RayCluster", tmp_path: Path
    ) -> None:
        """Identical rows, times aside: where it is done makes no difference."""
        pytest.importorskip("onnxruntime", reason="only imgai[local] brings it")
        local = imgai("classify", PHOTOS, "--backend", "local")
        rows = imgai.rows(_ROWS)
        imgai.environment["IMGAI_DB"] = str(tmp_path / "ray.db")
        imgai.environment["RAY_ADDRESS"] = machines.address
        ray = imgai("classify", PHOTOS, "--backend", "local", "--engine", "ray")

        assert (local.exit_code, ray.exit_code) == (0, 0), ray.err
        merged = imgai("merge", tmp_path / "ray.db", IMGAI_DB=str(tmp_path / "copy.db"))
        assert merged.exit_code == 0
        imgai.home = tmp_path
        (tmp_path / "ray.db").rename(imgai.database)
        assert len(rows) > 10
        assert imgai.rows(_ROWS) == rows

    def test_a_run_on_a_cluster_leaves_what_any_run_leaves(
        self, cluster: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
    ) -> None:
        """Every picture asked about once, by all models, and all of it on record."""
        photos = numbered(30)

        ran = cluster("classify", photos, "--engine", "ray")

        assert ran.exit_code == 0, ran.err
        bills = bills_of(workers_ai)
        assert len(bills) == 3 * 30
        assert not double_bills(bills)
        assert cluster.rows("SELECT count(*) FROM image_ai") == [(30,)]
        check_aftermath(cluster, workers_ai, ran)
        calls = len(workers_ai.calls)
        assert cluster("classify", photos).exit_code == 0
        assert len(workers_ai.calls) == calls

    def test_a_dead_workers_pictures_are_given_to_another(
        self,
        cluster: Imgai,
        machines: "RayCluster",
        workers_ai: WorkersAIStub,
        numbered: Numbered,
    ) -> None:
        """Its calls in flight are perhaps billed, each is listed, and asked again."""
        photos = numbered(80)
        workers_ai.latency_s = 0.5
        with started(cluster, "classify", photos, "--engine", "ray") as run:
            wait_until(
                lambda: all_at_work(machines, workers_ai),
                "all workers wait for answers",
                _LONGEST_S,
            )
            os.kill(machines.workers()[0], signal.SIGKILL)
            ran = run.end(within_s=_LONGEST_S)

        check_nothing_lost(cluster, workers_ai, ran, 80)

    def test_a_lost_machines_pictures_are_given_to_another(
        self, hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
    ) -> None:
        """As those of its workers; the run goes on with the workers that are left."""
        from tests.stubs.ray_cluster import ray_cluster  # noqa: PLC0415  likewise

        photos = numbered(80)
        workers_ai.latency_s = 0.5
        hosted.environment["AI_BATCH_SIZE"] = str(IN_FLIGHT)
        command = ("classify", photos, "--engine", "ray", "--ray-address")
        with (
            ray_cluster() as machines,
            started(hosted, *command, machines.address) as run,
        ):
            wait_until(
                lambda: all_at_work(machines, workers_ai),
                "all workers wait for answers",
                _LONGEST_S,
            )
            machines.lose_machine()
            ran = run.end(within_s=_LONGEST_S)

        check_nothing_lost(hosted, workers_ai, ran, 80)

    def test_a_spent_quota_stops_all_workers(
        self, cluster: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
    ) -> None:
        """At once, with the code of any run; the next day goes on."""
        photos = numbered(120)
        workers_ai.allocation_neurons = 60.0

        ran = cluster("classify", photos, "--engine", "ray", "--json")

        assert ran.exit_code == 75
        assert ran.last_error["error"] == "QuotaExhausted"
        refused = [call for call in workers_ai.calls if not call.is_answered]
        assert len(refused) <= 2 * IN_FLIGHT  # a picture's labels and caption at once
        check_aftermath(cluster, workers_ai, ran)
        workers_ai.allocation_neurons = None
        assert cluster("classify", photos).exit_code == 0

    def test_the_accounts_rate_limit_holds_across_the_cluster(
        self, cluster: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
    ) -> None:
        """Four workers ask no faster than one: it is kept in front of them all."""
        cluster.environment["AI_REQUESTS_PER_MINUTE"] = "600"

        ran = cluster("classify", numbered(60), "--engine", "ray")

        assert ran.exit_code == 0, ran.err
        for model in (DETR, GEMMA):
            times = sorted(call.at_s for call in workers_ai.calls_of(model))
            assert len(times) == 60
            for window_s in (1.0, 2.0, 3.0, 4.0):
                # A tenth of a second apart, but for a burst of six, and for the way.
                assert fullest(times, window_s) <= 6 + (window_s + 1.0) * 10

    def test_a_budget_holds_across_the_cluster(
        self, cluster: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
    ) -> None:
        """It is kept in one place, in front of all workers."""
        ran = cluster("classify", numbered(60), "--engine", "ray", "--budget", "150n")

        assert ran.exit_code == 75
        assert workers_ai.neurons <= 150
        check_aftermath(cluster, workers_ai, ran)

    def test_the_workers_read_a_bucket_themselves(self, cluster: Imgai) -> None:
        """What cannot be read there is told as anywhere."""
        with S3Stub().running() as store:
            store.objects["2024/ü 1.jpg"] = encoded(scene())
            store.objects["2024/broken.jpg"] = encoded(scene())[:40]
            cluster.environment |= {
                "R2_ENDPOINT_URL": store.url,
                "R2_ACCESS_KEY_ID": "an-access-key-id",
                "R2_SECRET_ACCESS_KEY": "a-secret-access-key",
            }
            ran = cluster("classify", "r2://photos/2024", "--engine", "ray", "--json")

        assert ran.exit_code == 3, ran.err
        statuses = {one["uri"]: (one["status"], one["reason"]) for one in ran.lines}
        assert statuses == {
            "r2://photos/2024/%C3%BC%201.jpg": ("analysed", None),
            "r2://photos/2024/broken.jpg": ("failed", "corrupt"),
        }

    def test_a_signal_ends_the_run_and_its_own_cluster(
        self, hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
    ) -> None:
        """Ray does not take SIGTERM for itself, and nothing is left running."""
        workers_ai.latency_s = 0.2
        with started(hosted, "classify", numbered(200), "--engine", "ray") as run:
            wait_until(
                lambda: len(workers_ai.calls) >= 6, "calls were answered", _LONGEST_S
            )
            run.send(signal.SIGTERM)
            ran = run.end()

        assert ran.exit_code == 143, ran.err
        check_aftermath(hosted, workers_ai, ran)

    def test_a_cluster_that_is_not_there_is_named(
        self, hosted: Imgai, numbered: Numbered
    ) -> None:
        """Exit 69; nothing was asked."""
        ran = hosted(
            "classify", numbered(1), "--engine", "ray", "--ray-address", "127.0.0.1:1"
        )

        assert ran.exit_code == 69, ran.err
        assert "Ray cluster" in ran.err


def check_nothing_lost(
    imgai: Imgai, stub: WorkersAIStub, ran: Ran, pictures: int
) -> None:
    """Check a run in which workers died over calls: all is done, all is on record."""
    assert (ran.exit_code, ran.out) == (0, ""), ran.err  # Ray would print the deaths
    assert imgai.rows("SELECT count(*) FROM image_ai") == [(pictures,)]
    assert imgai.rows("SELECT count(*) FROM failure") == [(0,)]
    listed = listed_bills(imgai)
    assert listed
    assert double_bills(bills_of(stub)) <= listed
    check_aftermath(imgai, stub, ran)


def test_without_ray_the_package_to_install_is_named(
    hosted: Imgai, tmp_path: Path, numbered: Numbered
) -> None:
    """Exit 78, before anything is read, asked or made."""
    blocking = tmp_path / "blocking"
    blocking.mkdir()
    code = "import sys\nsys.modules['ray'] = None\n"
    (blocking / "sitecustomize.py").write_text(code, encoding="utf-8")
    hosted.environment["PYTHONPATH"] = f"{blocking}{os.pathsep}{PROJECT}"

    ran = hosted("classify", numbered(1), "--engine", "ray")

    assert ran.exit_code == 78
    assert "imgai[ray]" in ran.err
    assert not hosted.database.exists()


def test_an_engine_nobody_knows_is_refused(hosted: Imgai, numbered: Numbered) -> None:
    """With those that there are."""
    ran = hosted("classify", numbered(1), "--engine", "spark")

    assert ran.exit_code == 2
    assert "local or ray" in ran.err
