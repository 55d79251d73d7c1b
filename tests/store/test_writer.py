"""The writer thread: what is acknowledged is on disk, whatever happens next."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imgai.errors import StoreError
from imgai.store.connection import open_for_writing
from imgai.store.writer import Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a database lies, with a table to write to."""
    path = tmp_path / "imgai.db"
    with closing(open_for_writing(path)) as connection:
        connection.execute("CREATE TABLE line (word TEXT UNIQUE)")
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """Return the connection that the writer uses."""
    with closing(open_for_writing(path)) as connection:
        yield connection


@pytest.fixture
def writer(connection: sqlite3.Connection) -> Iterator[Writer]:
    """Return a writer at work."""
    writer = Writer(connection)
    yield writer
    writer.close()


def add(word: object) -> Callable[[sqlite3.Connection], object]:
    def change(db: sqlite3.Connection) -> object:
        db.execute("INSERT INTO line VALUES (?)", (word,))
        return word

    return change


def words(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as other:
        return [word for (word,) in other.execute("SELECT word FROM line")]


async def test_what_is_acknowledged_others_can_see(writer: Writer, path: Path) -> None:
    """A write returns when it is committed, and returns what the change did."""
    assert await writer.write(add("one")) == "one"

    assert words(path) == ["one"]


async def test_many_writes_share_few_commits(
    writer: Writer, connection: sqlite3.Connection, path: Path
) -> None:
    """They queue up while the first waits for the disk, and are written in order."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    wanted = [f"word {number}" for number in range(200)]

    await asyncio.gather(*(writer.write(add(word)) for word in wanted))

    assert words(path) == wanted
    assert statements.count("COMMIT") < 20


async def test_a_change_that_fails_takes_no_neighbour_with_it(
    writer: Writer, path: Path
) -> None:
    """Each error meets its own caller, though all were in one commit."""
    await writer.write(add("taken"))
    wanted = ["a", "taken", "b", "taken", "c"]

    results = await asyncio.gather(
        *(writer.write(add(word)) for word in wanted), return_exceptions=True
    )

    assert [type(one) for one in results] == [str, StoreError, str, StoreError, str]
    assert words(path) == ["taken", "a", "b", "c"]


async def test_a_bug_in_a_change_stays_what_it_is(writer: Writer, path: Path) -> None:
    """Only what SQLite says becomes a `StoreError`."""

    def wrong(_db: sqlite3.Connection) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await writer.write(wrong)

    assert await writer.write(add("after")) == "after"
    assert words(path) == ["after"]


async def test_a_change_that_fails_halfway_leaves_nothing(
    writer: Writer, path: Path
) -> None:
    """All of a change is written, or nothing of it."""

    def halfway(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO line VALUES ('half')")
        db.execute("INSERT INTO nowhere VALUES ('half')")

    with pytest.raises(StoreError, match="nowhere"):
        await writer.write(halfway)

    assert words(path) == []


async def test_a_cancelled_caller_does_not_cancel_its_change(
    writer: Writer, path: Path
) -> None:
    """What was paid for is stored, though nobody waits for it any more."""
    caller = asyncio.ensure_future(writer.write(add("paid for")))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    await writer.write(add("next"))

    assert words(path) == ["paid for", "next"]


async def test_closing_finishes_what_is_queued(
    connection: sqlite3.Connection, path: Path
) -> None:
    """A run that ends loses nothing."""
    writer = Writer(connection)
    writes = [asyncio.ensure_future(writer.write(add(number))) for number in range(300)]
    await asyncio.sleep(0)

    writer.close()
    await asyncio.gather(*writes)

    assert len(words(path)) == 300


async def test_a_write_after_closing_is_refused(connection: sqlite3.Connection) -> None:
    """It would wait for ever for a thread that has ended."""
    writer = Writer(connection)
    writer.close()

    with pytest.raises(StoreError, match="closed"):
        await writer.write(add("late"))


async def test_what_rides_along_is_in_the_next_commit(
    writer: Writer, connection: sqlite3.Connection, path: Path
) -> None:
    """It comes before that write, and costs no sync of its own."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    writer.ride_along(add("first"))

    await writer.write(add("second"))

    assert words(path) == ["first", "second"]
    assert statements.count("COMMIT") == 1


async def test_what_rides_along_is_written_at_the_latest_on_closing(
    connection: sqlite3.Connection, path: Path
) -> None:
    """A run may end with the call that nothing follows."""
    writer = Writer(connection)
    writer.ride_along(add("last"))

    writer.close()

    assert words(path) == ["last"]


async def test_what_rides_along_and_fails_harms_nobody(
    writer: Writer, path: Path
) -> None:
    """The write that takes it along is written all the same."""
    await writer.write(add("taken"))
    writer.ride_along(add("taken"))

    assert await writer.write(add("next")) == "next"

    assert words(path) == ["taken", "next"]
