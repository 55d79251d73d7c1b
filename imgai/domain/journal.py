"""The journal of paid calls: what a guard needs of the store."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from imgai.domain.predictions import Task


class Outcome(StrEnum):
    """How an attempt at a paid call ended."""

    ANSWERED = "answered"
    REFUSED = "refused"  # the host said no: not billed
    FAILED = "failed"  # it did not reach the host, or the host failed
    PERHAPS_BILLED = "perhaps-billed"  # sent in full, no answer
    BAD_ANSWER = "bad-answer"  # answered, and billed, with something unusable


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at a paid request, about to be sent."""

    id: str  # UUID
    task: Task
    model: str
    started_at: datetime  # UTC
    picture_hashes: tuple[str, ...]
    neurons_at_most: float | None  # None: the model is unpriced


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended."""

    id: str
    outcome: Outcome
    finished_at: datetime
    neurons: float
    is_measured: bool


class CallJournal(Protocol):
    """Writes down every paid call before it is sent, and how it ended."""

    async def begin_call(self, call: Call) -> None:
        """Have the call on disk before it is sent.

        Raises:
            StoreError: it cannot be written; the call must not be sent.
        """
        ...

    async def end_call(self, end: CallEnd) -> None:
        """Write down how the call ended."""
        ...
