"""The benchmark of merging runs: its figures are for people, and change by machine."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_benchmark_of_merging_runs() -> None:
    """On few pictures: what is merged is all there, and nothing comes twice."""
    command = [sys.executable, "-m", "tests.benchmarks.merge"]
    options = ["--shards", "3", "--pictures", "50"]

    done = subprocess.run(
        command + options, check=True, capture_output=True, text=True, timeout=120
    )

    merged, again = done.stdout.splitlines()[-2:]
    assert merged.endswith("| 150 |")
    assert again.endswith("| 0 |")
