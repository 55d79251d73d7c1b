"""A real Ray cluster on this machine, which takes itself for several."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ray._private.node import Node
from ray.cluster_utils import Cluster

# Ray needs a minute to be sure that a machine is silent: here, some seconds.
IMPATIENT = {
    "health_check_initial_delay_ms": 1_000,
    "health_check_period_ms": 1_000,
    "health_check_timeout_ms": 2_000,
    "health_check_failure_threshold": 2,
}


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A running cluster.

    Attributes:
        address: what `--ray-address` wants.
    """

    address: str
    _machines: tuple[Node, ...]  # the first one holds the cluster together

    def workers(self) -> list[int]:
        """Return the process ids of imgai's workers that have begun."""
        return [
            pid
            for machine in self._machines
            for pid in _processes(machine)
            if _is_worker(pid)
        ]

    def connected_workers(self, port: int) -> list[int]:
        """Return those of them that have a connection to a port of this machine."""
        sockets = _sockets_to(port)
        return [pid for pid in self.workers() if sockets & _files(pid)]

    def lose_machine(self) -> None:
        """End the last machine as a power cut would, with all that runs on it."""
        _signal(self._machines[-1], signal.SIGKILL)

    def silence_machine(self) -> None:
        """Cut the last machine off: nothing there answers, no connection breaks."""
        _signal(self._machines[-1], signal.SIGSTOP)


@contextmanager
def ray_cluster(
    processors: Sequence[int] = (2, 2), settings: Mapping[str, int] | None = None
) -> Iterator[RayCluster]:
    """Run a cluster of several machines.

    Args:
        processors: how many each machine has; the last machine can be lost.
        settings: of Ray's own, where a test may not wait as long as it does.
    """
    first, *others = processors
    memory = {"object_store_memory": 100 * 2**20}
    own = {"include_dashboard": False, "_system_config": dict(settings or {})}
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": first, **memory, **own}
    )
    machines = [cluster.head_node]
    try:
        machines += [cluster.add_node(num_cpus=count, **memory) for count in others]
        cluster.wait_for_nodes()
        yield RayCluster(cluster.address, tuple(machines))
    finally:
        for machine in machines[1:]:
            _signal(machine, signal.SIGKILL)  # stopped, it would not hear of the end
        cluster.shutdown()


def _signal(machine: Node, number: signal.Signals) -> None:
    for pid in _processes(machine):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _processes(machine: Node) -> list[int]:
    """Return the ids of a machine's processes; none, if it is lost."""
    (raylet,) = machine.all_processes["raylet"]
    if raylet.process.poll() is not None:
        return []
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2]
        except OSError:  # it has ended
            continue
        parents[int(folder.name)] = int(fields.split()[1])
    found = [raylet.process.pid]
    for one in found:  # which grows meanwhile
        found += [pid for pid, parent in parents.items() if parent == one]
    return found


def _sockets_to(port: int) -> set[str]:
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    remote_and_inode = [(fields[2], fields[9]) for fields in map(str.split, rows)]
    return {
        f"socket:[{inode}]"
        for remote, inode in remote_and_inode
        if remote.endswith(f":{port:04X}")
    }


def _files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it has ended, or has just closed one
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found.add(str(link.readlink()))
    return found


def _is_worker(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_Worker")
    except OSError:  # it has ended
        return False
