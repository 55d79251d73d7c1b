"""`imgai classify --shard`: machines that share a library, and an account."""

from collections.abc import Callable
from pathlib import Path

from tests.commands.aftermath import check_aftermath
from tests.commands.running import Imgai
from tests.stubs.workers_ai import WorkersAIStub

Numbered = Callable[[int], Path]


def test_shards_merged_are_what_one_machine_would_have_made(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, tmp_path: Path
) -> None:
    """Every picture is asked about once, by one of them, and all are in the end."""
    photos = numbered(24)
    parts = [tmp_path / f"shard-{number}.db" for number in (1, 2, 3)]
    for number, part in enumerate(parts, start=1):
        ran = hosted("classify", photos, "--shard", f"{number}/3", "--db", part)
        assert ran.exit_code == 0, ran.err
    calls = len(workers_ai.calls)

    merged = hosted("merge", *parts)

    assert merged.exit_code == 0, merged.err
    assert hosted.rows("SELECT count(*), count(DISTINCT uri) FROM image") == [(24, 24)]
    spent = "SELECT count(*), total(neurons) FROM call"
    ((count, neurons),) = hosted.rows(spent)
    assert count == calls
    assert abs(neurons - workers_ai.neurons) < 0.01
    nothing_left = hosted("classify", photos)
    assert (nothing_left.exit_code, len(workers_ai.calls)) == (0, calls)
    check_aftermath(hosted, workers_ai, nothing_left)


def test_a_shard_keeps_to_its_share_of_the_daily_budget(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Its database does not know what the others spend."""
    hosted.environment["IMGAI_DAILY_BUDGET"] = "1000n"

    ran = hosted("classify", numbered(60), "--shard", "1/10", "--json")

    assert workers_ai.neurons <= 100
    assert ran.exit_code in {0, 75}


def test_a_shard_keeps_to_its_share_of_the_documented_limits(
    hosted: Imgai, numbered: Numbered
) -> None:
    """Unless its own limits are set: then they are its."""
    photos = numbered(1)
    del hosted.environment["AI_REQUESTS_PER_MINUTE"]

    def requests_a_minute(shard: str) -> float:
        ran = hosted("classify", photos, "--dry-run", "--json", "--shard", shard)
        (plan,) = ran.lines
        return float(plan["models"][0]["requests_per_minute"])

    assert requests_a_minute("1/4") == requests_a_minute("1/1") / 4
    hosted.environment["AI_REQUESTS_PER_MINUTE"] = "300"
    assert requests_a_minute("1/4") == 300


def test_what_is_no_shard_is_refused(hosted: Imgai, numbered: Numbered) -> None:
    """Before anything runs; the message shows the form."""
    for shard in ("4/3", "0/3", "three", "1/0"):
        ran = hosted("classify", numbered(1), "--shard", shard)
        assert ran.exit_code == 2, shard
    assert not hosted.database.exists()
