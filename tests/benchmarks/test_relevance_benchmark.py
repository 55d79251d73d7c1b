"""The judged searches are what they say, and the benchmark of relevance runs on them.

Whether a floor is a good one is for people to say; that the one in force has not got
worse is for a test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="only imgai[local] brings numpy")

import numpy as np

from imgai.domain.matches import SearchMode
from imgai.domain.predictions import VectorSpace
from imgai.domain.relevance import Floor
from imgai.models.local.semantics import SPACE
from imgai.models.local.text_encoder import TextEncoder
from imgai.models.local.weights import TEXT_ENCODER, VOCABULARY
from tests.benchmarks.judged import read_judged
from tests.benchmarks.measuring import lean_host
from tests.benchmarks.onnx_texts import OnnxTexts
from tests.benchmarks.relevance import Measured, library, measure, searched


@pytest.mark.parametrize(("name", "pictures"), [("captions", 150), ("photos", 60)])
def test_judged_sets_hold_what_their_searches_mean(name: str, pictures: int) -> None:
    """Half of at least 120 searches are for what none of the pictures shows."""
    judged = read_judged(name)

    names = {one.name for one in judged.pictures}
    there = sum(bool(meant) for meant in judged.queries.values())
    assert len(names) == len(judged.pictures) >= pictures
    assert all(meant <= names for meant in judged.queries.values())
    assert there >= 60
    assert len(judged.queries) - there >= 60


def test_a_floor_is_chosen_by_what_it_leaves() -> None:
    """Between what is meant and what is not; then nothing else is found."""
    wanted = np.array([[True, False, False], [False, True, False], [False] * 3])
    similarities = np.array([[0.9, 0.4, 0.1], [0.2, 0.7, 0.6], [0.5, 0.3, 0.1]])
    measured = Measured(similarities.astype(np.float32), wanted)

    best = measured.with_floor(measured.best_floor())
    none = measured.with_floor(Floor(-1.0))

    assert (best.precision, best.recall, best.quiet) == (1.0, 1.0, 1.0)
    assert (none.precision, none.recall, none.quiet) == (2 / 9, 1.0, 0.0)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="as the other benchmarks")
def test_the_model_of_the_host_is_judged_by_whoever_has_an_account() -> None:
    """One command measures what could not be measured without one."""
    command = [sys.executable, "-m", "tests.benchmarks.relevance", "--workers-ai"]
    with lean_host(0.0) as url:
        account = {
            "CLOUDFLARE_ACCOUNT_ID": "0" * 32,
            "CLOUDFLARE_API_TOKEN": "not-a-real-token",
            "CLOUDFLARE_API_BASE_URL": url,
        }
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | account,
            timeout=120,
        )

    assert "@cf/baai/bge-base-en-v1.5/cls, captions" in done.stdout
    # To this host all texts are the same, so nothing tells them apart.
    assert "| in force, hybrid | -1.00, 2 below the best |" in done.stdout


def test_a_model_in_a_file_is_asked_as_the_local_one_is(tmp_path: Path) -> None:
    """The same network gives the same vectors, pooled as is said."""
    network, vocabulary = tmp_path / "model.onnx", tmp_path / "vocab.txt"
    network.write_bytes(TEXT_ENCODER.read())
    vocabulary.write_bytes(VOCABULARY.read())
    texts = ["a ginger cat", "a castle on a hill"]

    by_mean = OnnxTexts(network, vocabulary, "mean")
    by_first = OnnxTexts(network, vocabulary, "cls")

    alike = (by_mean.encode(texts) * TextEncoder().encode(texts)).sum(axis=1)
    assert alike.min() > 0.99
    assert by_mean.space == VectorSpace("model", "mean", 384)
    assert (by_first.encode(texts) * by_mean.encode(texts)).sum(axis=1).max() < 0.99


@pytest.mark.slow
def test_local_searches_are_as_relevant_as_is_said() -> None:
    """By the search itself, on real photos: the figures of `imgai.search.relevance`."""
    judged = read_judged("photos")
    _, queries, pictures = measure(judged, TextEncoder().encode)

    with library(judged, SPACE, queries, pictures) as connection:
        found = searched(judged, connection, SearchMode.HYBRID)

    assert round(found.precision, 2) >= 0.59
    assert round(found.recall, 2) >= 0.73
    assert round(found.quiet, 2) >= 0.77
