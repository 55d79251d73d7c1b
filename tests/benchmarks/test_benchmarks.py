"""The benchmarks run: their figures are for people, and change with the machine."""

import subprocess
import sys

import pytest

pytest.importorskip("numpy", reason="only imgai[local] brings numpy")


def test_the_benchmark_of_search_runs() -> None:
    """On few pictures, once each: a benchmark that broke measures nothing."""
    command = [sys.executable, "-m", "tests.benchmarks.search"]
    options = ["--pictures", "1100", "--times", "1"]

    done = subprocess.run(
        command + options, check=True, capture_output=True, text=True, timeout=120
    )

    assert "| recall@10 of float16 against float32 | 1.0000 |" in done.stdout
    assert "| cold, hybrid, ms |" in done.stdout
