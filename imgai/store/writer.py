"""One thread that writes, committing at once whatever has queued meanwhile."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from imgai.errors import StoreError

T = TypeVar("T")

# More changes in one commit would gain nothing: the disk's sync is long amortised.
_MOST_PER_COMMIT = 256


@dataclass(frozen=True, slots=True)
class _Change:
    apply: Callable[[sqlite3.Connection], Any]
    done: "asyncio.Future[Any] | None"  # None: nobody waits for it


@dataclass(frozen=True, slots=True)
class _Settled:
    change: _Change
    result: object = None
    error: BaseException | None = None


def _tell(settled: Sequence[_Settled]) -> None:
    """Let the callers of a commit go on, on their event loop."""
    for one in settled:
        done = one.change.done
        if done is None or done.cancelled():
            continue
        if one.error is None:
            done.set_result(one.result)
        else:
            done.set_exception(one.error)


class Writer:
    """Applies changes to the database in the order they were asked for.

    Each caller goes on when its change is on disk. Changes that queue up while the
    disk is busy share the next commit, so no timer adds waiting and a run of many
    workers costs few syncs.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # Each with what rides along; None is the end.
        self._changes: queue.SimpleQueue[list[_Change] | None] = queue.SimpleQueue()
        self._riding: list[_Change] = []
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="imgai-writer")
        self._thread.start()

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Apply a change, and return what it returned once it is on disk.

        Args:
            change: may be applied twice, if a neighbour in its commit fails: it must
                do nothing but read and write through the connection.

        Raises:
            StoreError: it could not be written; nothing of it was.
        """
        if self._is_closed:
            raise StoreError("The database was closed before this could be written.")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._riding.append(_Change(change, done))
        self._send()
        # A cancelled caller does not cancel the change: what was paid for is stored.
        return await done

    def ride_along(self, change: Callable[[sqlite3.Connection], object]) -> None:
        """Apply a change just before the next write, and in its commit.

        For what costs little to lose, and is not worth a sync of its own. At the
        latest it is applied when the writer is closed; if it cannot be, nobody is
        told: whoever writes next meets the same disk.
        """
        self._riding.append(_Change(change, None))

    def _send(self) -> None:
        self._changes.put(self._riding)
        self._riding = []

    def close(self) -> None:
        """Finish what is queued, then end the thread. The connection stays open."""
        self._is_closed = True
        self._send()
        self._changes.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            first = self._changes.get()
            if first is None:
                return
            batch, is_last = self._gather(first)
            self._commit(batch)
            if is_last:
                return

    def _gather(self, first: list[_Change]) -> tuple[list[_Change], bool]:
        batch = first
        while len(batch) < _MOST_PER_COMMIT:
            try:
                changes = self._changes.get_nowait()
            except queue.Empty:
                return batch, False
            if changes is None:
                return batch, True
            batch += changes
        return batch, False

    def _commit(self, batch: list[_Change]) -> None:
        try:
            results = self._apply(batch)
        except Exception as error:  # noqa: BLE001  handed to whoever waits for it
            self._part(batch, error)
            return
        self._settle(map(_Settled, batch, results))

    def _settle(self, outcomes: Iterable[_Settled]) -> None:
        # One message to the event loop for the whole commit: each wakes it up by a
        # byte through a socket, which takes longer than most changes.
        settled = list(outcomes)
        waiting = next((one.change.done for one in settled if one.change.done), None)
        if waiting is not None:
            waiting.get_loop().call_soon_threadsafe(_tell, settled)

    def _apply(self, batch: list[_Change]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            results = [change.apply(self._connection) for change in batch]
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return results

    def _part(self, batch: list[_Change], error: Exception) -> None:
        """Let one change's error meet its own caller, and spare the neighbours."""
        if len(batch) == 1:
            self._settle([_Settled(batch[0], error=_translate(error))])
            return
        for change in batch:
            self._commit([change])


def _translate(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        return StoreError(
            f"The database cannot be written: {error}.",
            hint="Check the free space and the disk, then run again: nothing that "
            "was stored is lost.",
        )
    return error
