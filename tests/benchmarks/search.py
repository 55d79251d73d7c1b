"""How fast search is, how good, and what it costs: a table.

    python -m tests.benchmarks.search --pictures 100000

makes a database of that many pictures in a temporary folder, with captions and
labels from a vocabulary and vectors that follow from their words, and prints what was
measured. Needs numpy to make and judge the vectors; the search itself does not.
"""

import argparse
import json
import os
import platform
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgai.domain.predictions import Backend, VectorSpace
from imgai.store.connection import open_for_reading, open_for_writing
from imgai.store.fulltext import index_picture, match_words
from imgai.store.nearest import nearest
from imgai.store.vectors import keep_query, put_vector, space_id

SPACE = VectorSpace("benchmark", "cls", 768)
WORDS = 8_000
COMMON = ("person", "outdoor", "sky", "tree")  # each in about half of all pictures
QUERIES = 40
NEIGHBOURS = 10
TIMED_WRITES = 2_000
CHUNK = 20_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Matrix = NDArray[np.float32]

COLD = """
import sys
from pathlib import Path
from imgai.domain.matches import Search, SearchMode
from imgai.search.find import find_known
from imgai.store.connection import open_for_reading
connection = open_for_reading(Path(sys.argv[1]))
found = find_known(connection, Search(sys.argv[3], SearchMode(sys.argv[2])))
assert found is not None and found.matches
"""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Made-up words as frequent as real ones, and what each of them means."""

    words: tuple[str, ...]
    weights: tuple[float, ...]  # cumulated
    meanings: Matrix  # shape (WORDS, dims), unit length
    middle: Matrix  # shape (dims,): what every text has in common

    def subjects(self, rng: random.Random, count: int) -> list[int]:
        """Return some words' numbers, often those of frequent ones."""
        return rng.choices(range(WORDS), cum_weights=self.weights, k=count)

    def vector(self, subjects: list[int], noise: Matrix) -> Matrix:
        """Return the embedding of a text: its words', its phrasing and the middle."""
        total = self.meanings[subjects].sum(axis=0) + self.middle + noise
        unit: Matrix = (total / np.linalg.norm(total)).astype(np.float32)
        return unit


def make_vocabulary() -> Vocabulary:
    """Return the same vocabulary every time.

    Words lie in 200 topics, and a few directions hold most of the variance, as in
    the embeddings of language models.
    """
    rng, numbers = random.Random(1), np.random.default_rng(1)  # noqa: S311  not secret
    letters = [(c + v) for c in "bcdfglmnprst" for v in "aeiou"]
    words = tuple(
        "".join(rng.choices(letters, k=rng.randint(2, 4))) for _ in range(WORDS)
    )
    scale = np.arange(1, SPACE.dims + 1) ** -0.25
    topics = numbers.normal(size=(200, SPACE.dims)) * scale
    own = numbers.normal(size=(WORDS, SPACE.dims)) * scale
    meanings = own + topics[numbers.integers(0, 200, WORDS)]
    meanings /= np.linalg.norm(meanings, axis=1, keepdims=True)
    middle = numbers.normal(size=SPACE.dims) * scale
    return Vocabulary(
        words,
        tuple(accumulate(1 / (place + 20) for place in range(WORDS))),
        meanings.astype(np.float32),
        (middle / np.linalg.norm(middle)).astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A made-up picture."""

    id: int
    labels: list[str]
    caption: str
    subjects: list[int]


def make_pictures(vocabulary: Vocabulary, count: int) -> Iterator[Made]:
    """Yield the same pictures every time."""
    rng = random.Random(2)  # noqa: S311  not secret
    for number in range(1, count + 1):
        subjects = vocabulary.subjects(rng, rng.randint(3, 6))
        words = [vocabulary.words[subject] for subject in subjects]
        common = [word for word in COMMON if rng.random() < 0.5]
        caption = f"a {' '.join(words)} in the {' and '.join(common)}"
        yield Made(number, [*words[:2], *common[:2]], caption, subjects)


def make_vectors(vocabulary: Vocabulary, pictures: list[Made]) -> Matrix:
    """Return their embeddings, shape (len(pictures), dims)."""
    numbers = np.random.default_rng(pictures[0].id)
    noise = numbers.normal(
        scale=0.7 / SPACE.dims**0.5, size=(len(pictures), SPACE.dims)
    )
    return np.stack(
        [
            vocabulary.vector(one.subjects, extra)
            for one, extra in zip(pictures, noise.astype(np.float32), strict=True)
        ]
    )


def write_texts(connection: sqlite3.Connection, pictures: list[Made]) -> None:
    """Write pictures, their images and what is said of them, but no full text."""
    colours = json.dumps([{"hex": "#808080", "name": "grey", "share": 0.5}])
    connection.executemany(
        "INSERT INTO picture (id, picture_hash, width_px, height_px, perceptual_hash,"
        " colours_json) VALUES (?, ?, 384, 256, '0', ?)",
        ((one.id, f"{one.id:064x}", colours) for one in pictures),
    )
    connection.executemany(
        "INSERT INTO image (uri, picture_id, size_bytes, first_seen_at)"
        " VALUES (?, ?, 1, '2026-01-01')",
        (
            (f"file:///photos/{one.id // 500}/IMG_{one.id}.jpg", one.id)
            for one in pictures
        ),
    )
    connection.executemany(
        "INSERT INTO image_ai (id, picture_hash, labels_json, label_scores_json,"
        " caption, colours_json, model_version, processing_time_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, '', 0)",
        (
            (
                one.id,
                f"{one.id:064x}",
                json.dumps(one.labels),
                json.dumps(dict.fromkeys(one.labels, 0.5)),
                one.caption,
                colours,
            )
            for one in pictures
        ),
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What one more picture takes, in µs of processor time."""

    text_us: float
    vector_us: float


class Truth:
    """The exact nearest pictures of each query, by float32."""

    def __init__(self, queries: Matrix) -> None:
        self._queries = queries
        self._best: list[list[tuple[float, int]]] = [[] for _ in queries]

    def see(self, pictures: list[Made], vectors: Matrix) -> None:
        """Take more pictures into account."""
        similarities = self._queries @ vectors.T
        for best, row in zip(self._best, similarities, strict=True):
            for at in np.argpartition(-row, NEIGHBOURS)[:NEIGHBOURS]:
                best.append((float(row[at]), pictures[int(at)].id))
            best.sort(reverse=True)
            del best[NEIGHBOURS:]

    def recall(self, connection: sqlite3.Connection, space: int) -> float:
        """Return which share of them `nearest` finds."""
        found = 0
        for query, best in zip(self._queries, self._best, strict=True):
            near = nearest(connection, space, array("f", query.tolist()), NEIGHBOURS)
            found += len({one for one, _ in near} & {one for _, one in best})
        return found / (NEIGHBOURS * len(self._best))


def build(path: Path, vocabulary: Vocabulary, count: int, truth: Truth) -> Cost:
    """Make the database as `classify` would, a chunk a transaction."""
    connection = open_for_writing(path)
    space = space_id(connection, SPACE, Backend.WORKERS_AI)
    text_s = vector_s = 0.0
    everything = make_pictures(vocabulary, count)
    for start in range(0, count, CHUNK):
        pictures = [next(everything) for _ in range(start, min(start + CHUNK, count))]
        vectors = make_vectors(vocabulary, pictures)
        truth.see(pictures, vectors)
        rows = [array("f", row.tobytes()) for row in vectors]
        connection.execute("BEGIN IMMEDIATE")
        write_texts(connection, pictures)
        before = time.process_time()
        for one in pictures:
            index_picture(connection, one.id)
        between = time.process_time()
        for one, row in zip(pictures, rows, strict=True):
            put_vector(connection, one.id, f"{one.id:064x}", space, row)
        connection.execute("COMMIT")
        text_s += between - before
        vector_s += time.process_time() - between
    connection.close()
    return Cost(text_s / count * 1e6, vector_s / count * 1e6)


def milliseconds(action: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Return the fastest and the median run of an action."""
    took = []
    for _ in range(times):
        before = time.perf_counter()
        action()
        took.append((time.perf_counter() - before) * 1e3)
    return min(took), statistics.median(took)


def cold(path: Path, mode: str, query: str) -> tuple[float, float]:
    """Return how long a process takes that imports, opens, searches and ends."""
    command = [sys.executable, "-c", COLD, str(path), mode, query]
    return milliseconds(lambda: subprocess.run(command, check=True))


def report(path: Path, queries: dict[str, Matrix], truth: Truth, cost: Cost) -> None:
    """Print the table."""
    connection = open_for_reading(path)
    rare, pair = next(iter(queries)).split()[0], next(iter(queries))
    four = " ".join(COMMON)
    rows: list[tuple[str, str]] = [
        ("recall@10 against exact float32", f"{truth.recall(connection, 1):.4f}"),
        ("one more full text, µs", f"{cost.text_us:.0f}"),
        ("one more vector, µs", f"{cost.vector_us:.0f}"),
        (
            "bytes a picture, without predictions",
            f"{path.stat().st_size / count_of(connection):,.0f}",
        ),
    ]
    bare = milliseconds(
        lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)
    )
    timed = {
        "python -c pass": bare,
        f"cold, hybrid {pair!r}": cold(path, "hybrid", pair),
        f"cold, semantic {pair!r}": cold(path, "semantic", pair),
        f"cold, text {rare!r}": cold(path, "text", rare),
        f"cold, text {COMMON[0]!r}": cold(path, "text", COMMON[0]),
        f"cold, text {four!r}": cold(path, "text", four),
        "warm, nearest": milliseconds(
            lambda: nearest(connection, 1, array("f", queries[pair].tolist()), 20)
        ),
        "warm, four common words": milliseconds(
            lambda: match_words(connection, COMMON, 20)
        ),
    }
    for what, (fastest, median) in timed.items():
        ratio = median / bare[1]
        rows.append(
            (f"{what}, ms", f"{median:.0f} ({fastest:.0f} at best, {ratio:.1f} x bare)")
        )
    for what, value in rows:
        _say(f"| {what} | {value} |")


def _say(line: str) -> None:
    print(line)  # noqa: T201  a script that people run


def count_of(connection: sqlite3.Connection) -> int:
    """Return how many pictures there are."""
    count: int = connection.execute("SELECT count(*) FROM picture").fetchone()[0]
    return count


def main() -> None:
    """Make a database, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="keep the database in this folder")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="imgai-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = make_vocabulary()
    rng = random.Random(3)  # noqa: S311  not secret
    queries: dict[str, Matrix] = {}
    for _ in range(QUERIES):
        subjects = vocabulary.subjects(rng, 2)
        nothing = np.zeros(SPACE.dims, np.float32)
        text = " ".join(vocabulary.words[one] for one in subjects)
        queries[text] = vocabulary.vector(subjects, nothing)
    truth = Truth(np.stack(list(queries.values())))
    path = folder / "imgai.db"
    try:
        cost = build(path, vocabulary, options.pictures, truth)
        connection = open_for_writing(path)
        for text, vector in queries.items():
            embedded = array("f", vector.tobytes())
            keep_query(connection, text, 1, embedded, neurons=0, asked_at=NOW)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        _say(f"{options.pictures:,} pictures, Python {platform.python_version()},")
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        _say(f"SQLite {sqlite3.sqlite_version}, {machine}\n")
        report(path, queries, truth, cost)
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
