"""What must hold after every run, whatever happened to it."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from imgai.errors import ExitCode
from tests.commands.processes import left_running, wait_until
from tests.commands.running import Imgai, Ran
from tests.stubs.workers_ai import WorkersAIStub

_HAS_TABLES = "SELECT 1 FROM sqlite_schema WHERE name = 'image_fts'"
_CHECK_FTS = "INSERT INTO image_fts(image_fts) VALUES('integrity-check')"
_BILLED = ("answered", "bad-answer", "perhaps-billed")


class RunRow(NamedTuple):
    """A row of table `run`, as far as it is compared."""

    id: str
    exit_code: int | None
    seen: int
    known: int
    analysed: int
    skipped: int
    failed: int
    pending: int
    calls: int
    retries: int
    perhaps_billed: int
    neurons: float
    neurons_estimated: float
    dollars: float


def run_rows(imgai: Imgai) -> list[RunRow]:
    """Return the runs that came to their end, the oldest first."""
    rows = imgai.rows(
        "SELECT id, exit_code, seen, known, analysed, skipped, failed, pending, calls,"
        " retries, perhaps_billed, neurons, neurons_estimated, dollars FROM run"
        " WHERE exit_code IS NOT NULL ORDER BY started_at"
    )
    return [RunRow(*row) for row in rows]


def check_aftermath(imgai: Imgai, stub: WorkersAIStub, *runs: Ran) -> None:
    """Check everything that must hold after a run: see each function's first line.

    Args:
        imgai: whose database it is.
        stub: the Workers AI it asked. Its ledger is the truth.
        runs: what was seen of the commands that were run.
    """
    for ran in runs:
        check_exit(ran)
    wait_until(lambda: stub.in_flight == 0, "the stub has answered everybody")
    wait_until(lambda: not left_running(imgai.home), "every process has ended")
    check_secrets(imgai, stub, *runs)
    check_integrity(imgai.database)
    check_counts(imgai)
    check_ledger(imgai, stub)


def check_exit(ran: Ran) -> None:
    """The exit code is a documented one, and no traceback was shown."""
    assert ran.exit_code in {int(code) for code in ExitCode} - {ExitCode.BUG}, ran.err
    assert "Traceback" not in ran.err + ran.out


def check_secrets(imgai: Imgai, stub: WorkersAIStub, *runs: Ran) -> None:
    """Token and account id are in no output and in no file, the database included."""
    secrets = [stub.token, stub.account_id, *imgai.environment.values()]
    secrets = [secret for secret in secrets if len(secret) >= 32 and "/" not in secret]
    written = [path.read_bytes() for path in imgai.home.rglob("*") if path.is_file()]
    said = [(ran.out + ran.err).encode(errors="surrogateescape") for ran in runs]
    for secret in secrets:
        assert not [one for one in written + said if secret.encode() in one]


def check_integrity(database: Path) -> None:
    """The database is sound, and so is its full-text index."""
    with closing(sqlite3.connect(database)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert said == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        if connection.execute(_HAS_TABLES).fetchone():  # else it was cut off before
            connection.execute(_CHECK_FTS)


def check_counts(imgai: Imgai) -> None:
    """Every image seen is accounted for, and the calls are those of table `call`."""
    for row in run_rows(imgai):
        done = row.known + row.analysed + row.skipped + row.failed + row.pending
        assert row.seen == done, row
        (found,) = imgai.rows(
            "SELECT count(*), total(neurons),"
            " total(neurons) FILTER (WHERE NOT neurons_measured),"
            " count(*) FILTER (WHERE outcome = 'perhaps-billed')"
            " FROM call WHERE run = ?",
            row.id,
        )
        calls, neurons, estimated, perhaps_billed = found
        assert (row.calls, row.perhaps_billed) == (calls, perhaps_billed)
        assert row.neurons == pytest.approx(neurons)
        assert row.neurons_estimated == pytest.approx(estimated or 0.0)
        assert row.dollars == pytest.approx(neurons * 0.011 / 1_000)


def check_ledger(imgai: Imgai, stub: WorkersAIStub) -> None:
    """Table `call` knows every call that the stub got, and all that it billed."""
    got = Counter(call.model for call in stub.calls)
    billed = Counter(call.model for call in stub.calls if call.neurons)
    written: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for model, outcome, count in imgai.rows(
        "SELECT model, outcome, count(*) FROM call GROUP BY 1, 2"
    ):
        written[model] += count
        paid[model] += count if outcome is None or outcome in _BILLED else 0
    assert got <= written
    assert billed <= paid
    (in_hand,) = imgai.rows(
        "SELECT total(neurons) FROM call WHERE neurons_measured AND outcome ="
        " 'answered'"
    )
    assert in_hand[0] <= stub.neurons + 1e-6
