"""A real Ray cluster on this machine, which takes itself for several."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ray.cluster_utils import Cluster


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A running cluster.

    Attributes:
        address: what `--ray-address` wants.
    """

    address: str


@contextmanager
def ray_cluster(machines: int = 2, processors: int = 2) -> Iterator[RayCluster]:
    """Run a cluster of so many machines with so many processors each."""
    sizes = {"num_cpus": processors, "object_store_memory": 100 * 2**20}
    head = {**sizes, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(machines - 1):
            cluster.add_node(**sizes)
        cluster.wait_for_nodes()
        yield RayCluster(cluster.address)
    finally:
        cluster.shutdown()
