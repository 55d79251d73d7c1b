"""How fast a run asked, and how many workers its account would have kept busy."""

import math
from dataclasses import dataclass

# The first pictures wait for the first calls, which go alone, and the last run out.
_LEAST_ROUNDS = 10  # pictures a worker
_LEAST_S = 60.0
_NEAR = 0.9  # of the limit: what is left is not worth a word
_BUSY = 0.8  # of their time; less, and the workers waited for the listing
_MOST_OF_CPU = 0.7  # more, and other workers would find no processor
_MINUTE_S = 60.0


@dataclass(slots=True)
class Throughput:
    """What the workers of a run did.

    Attributes:
        limit_per_minute: pictures that may be asked about, by the model of which the
            fewest calls are allowed; None: there is no such limit.
        processors: of this machine.
        workers: images in flight.
        images: carried by them, to whatever end.
        carried_s: how long that took, of all workers together.
        began_s: when the first image was taken up, on a clock that only runs forward.
        lasted_s: from then until the last was put down.
        cpu_s: processor time until then, start-up included.
    """

    limit_per_minute: float | None = None
    processors: int = 1
    workers: int = 1
    images: int = 0
    carried_s: float = 0.0
    began_s: float | None = None
    lasted_s: float = 0.0
    cpu_s: float = 0.0

    def add(self, began_s: float, ended_s: float, cpu_s: float) -> None:
        """Count an image that a worker has carried.

        Args:
            began_s: when it was taken up.
            ended_s: when it was put down, on the same clock.
            cpu_s: what the process has used of its processors so far.
        """
        if self.began_s is None:
            self.began_s = began_s
        self.images += 1
        self.carried_s += ended_s - began_s
        self.lasted_s = ended_s - self.began_s
        self.cpu_s = cpu_s

    @property
    def per_minute(self) -> float:
        """How many images were carried a minute."""
        return self.images * _MINUTE_S / self.lasted_s if self.lasted_s else 0.0

    @property
    def enough_workers(self) -> int | None:
        """How many workers would have reached the limit.

        None where that is not known to be more than there were: without a limit or
        near it, after a short run, where workers were idle, or where this machine
        could not feed so many.
        """
        limit = self.limit_per_minute
        is_telling = (
            self.lasted_s >= _LEAST_S
            and self.images >= _LEAST_ROUNDS * self.workers
            and self.carried_s >= _BUSY * self.workers * self.lasted_s
        )
        if limit is None or not is_telling or self.per_minute >= _NEAR * limit:
            return None
        cpu_at_limit = self.cpu_s / self.images * limit / _MINUTE_S
        if cpu_at_limit > _MOST_OF_CPU * self.processors:
            return None
        return math.ceil(limit / _MINUTE_S * self.carried_s / self.images)
