"""One thread that writes, committing at once whatever has queued meanwhile."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from imgai.errors import StoreError

T = TypeVar("T")

# More changes in one commit would gain nothing: the disk's sync is long amortised.
_MOST_PER_COMMIT = 256


@dataclass(frozen=True, slots=True)
class _Change:
    apply: Callable[[sqlite3.Connection], Any]
    done: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop

    def succeed(self, result: object) -> None:
        self.loop.call_soon_threadsafe(_settle, self.done, result, None)

    def fail(self, error: BaseException) -> None:
        self.loop.call_soon_threadsafe(_settle, self.done, None, error)


def _settle(
    future: "asyncio.Future[Any]", result: object, error: BaseException | None
) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Writer:
    """Applies changes to the database in the order they were asked for.

    Each caller goes on when its change is on disk. Changes that queue up while the
    disk is busy share the next commit, so no timer adds waiting and a run of many
    workers costs few syncs.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changes: queue.SimpleQueue[_Change | None] = queue.SimpleQueue()
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
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._changes.put(_Change(change, done, loop))
        # A cancelled caller does not cancel the change: what was paid for is stored.
        return await asyncio.shield(done)

    def close(self) -> None:
        """Finish what is queued, then end the thread. The connection stays open."""
        self._is_closed = True
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

    def _gather(self, first: _Change) -> tuple[list[_Change], bool]:
        batch = [first]
        while len(batch) < _MOST_PER_COMMIT:
            try:
                change = self._changes.get_nowait()
            except queue.Empty:
                return batch, False
            if change is None:
                return batch, True
            batch.append(change)
        return batch, False

    def _commit(self, batch: list[_Change]) -> None:
        try:
            results = self._apply(batch)
        except Exception as error:  # noqa: BLE001  handed to whoever waits for it
            self._part(batch, error)
            return
        for change, result in zip(batch, results, strict=True):
            change.succeed(result)

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
            batch[0].fail(_translate(error))
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
