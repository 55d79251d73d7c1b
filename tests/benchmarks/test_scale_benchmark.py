"""The benchmark of scale runs: its figures are for people, and change by machine."""

import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs to ask what a child took")
def test_the_benchmark_of_scale_runs() -> None:
    """On few objects and pictures: every object is in exactly one of ten shards."""
    command = [sys.executable, "-m", "tests.benchmarks.scale"]
    options = ["--objects", "2500", "--pictures", "6", "--workers", "4"]

    done = subprocess.run(
        command + options, check=True, capture_output=True, text=True, timeout=120
    )

    assert "| 2,500 objects, shard 1/1 | 2,500 |" in done.stdout
    assert "| local | 4 |" in done.stdout
