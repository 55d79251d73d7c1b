"""The benchmarks run: their figures are for people, and change with the machine."""

import os
import subprocess
import sys

import pytest


def _run(benchmark: str, *options: str) -> str:
    command = [sys.executable, "-m", f"tests.benchmarks.{benchmark}", *options]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=120
    ).stdout


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs to ask what a child took")
def test_the_benchmark_of_classify_runs() -> None:
    """On a handful of pictures: a benchmark that broke measures nothing."""
    sizes = ["--large", "5", "--small", "6", "--many", "12", "--latency", "0.01"]

    table = _run("classify", *sizes, "--workers", "4")

    assert "| 12 MP, answered at once |" in table
    assert "| 1 MP, answered after 10 ms, 4 workers |" in table


@pytest.mark.slow
def test_a_picture_takes_less_than_5_kb() -> None:
    """All told, twenty detections and three calls on record: it does not grow again."""
    table = _run("size", "--pictures", "5000")

    (total,) = (line for line in table.splitlines() if line.startswith("| all told"))
    assert int(total.split("|")[2].replace(",", "")) <= 5_000


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs to ask what a child took")
def test_the_benchmark_of_the_rerun_runs() -> None:
    """On few files, once: what it names as known really is, or it would exit 69."""
    assert "| 1,200 known files |" in _run("rerun", "--files", "1200", "--times", "1")


def test_the_benchmark_of_search_runs() -> None:
    """On few pictures, once each: a benchmark that broke measures nothing."""
    pytest.importorskip("numpy", reason="only imgai[local] brings numpy")

    table = _run("search", "--pictures", "1100", "--times", "1")

    assert "| recall@10 of float16 against float32 | 1.0000 |" in table
    assert "| cold, hybrid, ms |" in table
