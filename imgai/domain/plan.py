"""What a run still has to ask about a picture, and what it already knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from imgai.domain.predictions import Backend, Prediction, Task
from imgai.errors import Reason

# A failure that may pass is tried by this many runs in all.
MOST_ATTEMPTS = 5

_TASKS = list(Task)
_BITS_A_BACKEND = 8


def answered_bit(task: Task, backend: Backend) -> int:
    """Return the bit that says "this backend has answered this task"."""
    return 1 << (backend.rank * _BITS_A_BACKEND + _TASKS.index(task))


def good_enough(task: Task, backend: Backend) -> int:
    """Return the bits any of which makes asking `backend` about `task` needless."""
    return sum(answered_bit(task, at) for at in Backend if at.rank >= backend.rank)


class Renewal(StrEnum):
    """Whether a picture that has answers is asked about again."""

    NEVER = "never"
    COOLED_DOWN = "cooled-down"  # --reanalyze: where the answer is old enough
    ALWAYS = "always"  # --force


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run wants to know of every picture.

    `fresh_since` goes with a renewal: an answer from then or later is new enough.
    It is the run's start less the cooldown, or for --force the start of the first
    run of an interrupted series.
    """

    tasks: frozenset[Task]
    backend: Backend
    renewal: Renewal = Renewal.NEVER
    fresh_since: datetime | None = None
    retries_failed: bool = False

    def backend_for(self, task: Task) -> Backend:
        """Return the backend whose answer the run wants: NSFW scores are local."""
        return Backend.LOCAL if task is Task.NSFW else self.backend

    def enough(self, task: Task) -> int:
        """Return the bits any of which makes asking about a task needless."""
        return good_enough(task, self.backend_for(task))


class Known(NamedTuple):
    """What the database knows of a listed image. A tuple: millions are made."""

    image_id: int
    picture_id: int | None  # None: never read, or unreadable
    picture_hash: str | None
    answered: int  # bits of `answered_bit`
    is_unchanged: bool  # size and time, or ETag, are those that were read
    is_gone: bool  # had been marked gone


@dataclass(frozen=True, slots=True)
class PastFailure:
    """One image and task that earlier runs gave up."""

    task: Task | None  # None: the image itself could not be read
    reason: Reason
    is_permanent: bool
    attempts: int
    is_unchanged: bool  # the image is as it was when it failed

    @property
    def is_final(self) -> bool:
        """Whether an ordinary run leaves it alone."""
        return self.is_unchanged and (
            self.is_permanent or self.attempts >= MOST_ATTEMPTS
        )


def missing_tasks(wanted: Wanted, answered: int) -> frozenset[Task]:
    """Return the tasks that no good enough backend has answered yet."""
    return frozenset(
        task for task in wanted.tasks if not answered & wanted.enough(task)
    )


def stale_tasks(wanted: Wanted, predictions: Iterable[Prediction]) -> frozenset[Task]:
    """Return the answered tasks that the run wants to ask about again."""
    if wanted.renewal is Renewal.NEVER or wanted.fresh_since is None:
        return frozenset()
    newest: dict[Task, datetime] = {}
    for one in predictions:
        if one.backend.rank >= wanted.backend_for(one.task).rank:
            held = newest.get(one.task, one.predicted_at)
            newest[one.task] = max(held, one.predicted_at)
    return frozenset(
        task
        for task, at in newest.items()
        if task in wanted.tasks and at < wanted.fresh_since
    )
