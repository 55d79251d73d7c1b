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
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from imgai.domain.predictions import Backend, VectorSpace
from imgai.store.connection import open_for_reading, open_for_writing
from imgai.store.fulltext import index_picture, match_words
from imgai.store.nearest import nearest
from imgai.store.vectors import keep_query, put_vector, space_id
from tests.benchmarks.made_up import (
    COMMON,
    DIMS,
    Made,
    Matrix,
    Vocabulary,
    make_pictures,
    make_vectors,
    make_vocabulary,
    write_texts,
)

SPACE = VectorSpace("benchmark", "cls", DIMS)
QUERIES = 40
NEIGHBOURS = 10
CHUNK = 20_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)

# Reading every vector takes 3 GB at a million.
MOST_FOR_NUMPY = 200_000

COLD = """
import sys
from pathlib import Path
from imgai.domain.matches import Search
from imgai.search.find import find_known
from imgai.store.connection import open_for_reading
connection = open_for_reading(Path(sys.argv[1]))
found = find_known(connection, Search(sys.argv[2]))
assert found is not None, "the query's embedding is not known"
"""

SEARCH = ("-m", "imgai", "search")

# What search would be like without codes: as rclip does it.
NUMPY = """
import sqlite3, sys
import numpy as np
connection = sqlite3.connect(sys.argv[1])
((query,),) = connection.execute("SELECT vector FROM query_embedding LIMIT 1")
rows = connection.execute("SELECT vector FROM embedding").fetchall()
every = np.frombuffer(b"".join(row[0] for row in rows), "<f2").astype("f4")
similarities = every.reshape(len(rows), -1) @ np.frombuffer(query, "f4")
print(np.argsort(-similarities)[:20])
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one more picture takes, in µs of processor time."""

    text_us: float
    vector_us: float


class Nearest:
    """The exact nearest pictures of each query."""

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

    @property
    def ids(self) -> list[list[int]]:
        """The pictures nearest to each query, best first."""
        return [[picture_id for _, picture_id in best] for best in self._best]


def recall(found: list[list[int]], wanted: list[list[int]]) -> str:
    """Return which share of the wanted was found."""
    both = (set(f) & set(w) for f, w in zip(found, wanted, strict=True))
    return f"{sum(map(len, both)) / sum(map(len, wanted)):.4f}"


@dataclass(frozen=True, slots=True)
class Library:
    """The database to measure, and what should be found in it."""

    path: Path
    queries: dict[str, Matrix]
    truth: Nearest  # by float32
    halves: Nearest  # by the same vectors, rounded to float16


def build(library: Library, vocabulary: Vocabulary, count: int) -> Cost:
    """Make the database as `classify` would, a chunk a transaction."""
    connection = open_for_writing(library.path)
    space = space_id(connection, SPACE, Backend.WORKERS_AI)
    text_s = vector_s = 0.0
    everything = make_pictures(vocabulary, count)
    for start in range(0, count, CHUNK):
        pictures = [next(everything) for _ in range(start, min(start + CHUNK, count))]
        vectors = make_vectors(vocabulary, pictures)
        library.truth.see(pictures, vectors)
        rounded = vectors.astype(np.float16).astype(np.float32)
        library.halves.see(pictures, rounded)
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
    remember(connection, space, library.queries)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Cost(text_s / count * 1e6, vector_s / count * 1e6)


def remember(
    connection: sqlite3.Connection, space: int, queries: dict[str, Matrix]
) -> None:
    """Keep the queries' embeddings: a model's answer is not what is measured."""
    for text, vector in queries.items():
        embedded = array("f", vector.tobytes())
        keep_query(connection, text, space, embedded, neurons=0, asked_at=NOW)


def milliseconds(action: Callable[[], object], times: int) -> tuple[float, float]:
    """Return the fastest and the median run of an action."""
    took = []
    for _ in range(times):
        before = time.perf_counter()
        action()
        took.append((time.perf_counter() - before) * 1e3)
    return min(took), statistics.median(took)


def cold(times: int, *arguments: str) -> tuple[float, float]:
    """Return how long a process of Python takes, from start to end."""
    return milliseconds(lambda: _said(*arguments), times)


def command(times: int, path: Path, *arguments: str) -> tuple[float, float]:
    """Return how long `imgai search` takes, as a person types it."""
    return cold(times, *SEARCH, *arguments, "--db", str(path))


def _said(*arguments: str) -> str:
    # No credentials: with a model to ask, it would not be the search that is measured.
    kept = ("PATH", "SYSTEMROOT", "PYTHONPATH", "VIRTUAL_ENV")
    own = {name: os.environ[name] for name in kept if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=own | {"PYTHONUTF8": "1"},
    ).stdout


def check_that_meaning_counts(path: Path, query: str) -> None:
    """Refuse to measure a search by words alone: the query's embedding is known."""
    first = json.loads(
        _said(*SEARCH, query, "--json", "--db", str(path)).split("\n")[0]
    )
    assert first["semantic_rank"] is not None, first


def judge(library: Library, cost: Cost, count: int) -> None:
    """Print how good it is and what it costs."""
    connection = open_for_reading(library.path)
    vectors = [array("f", query.tobytes()) for query in library.queries.values()]
    found = [
        [picture_id for picture_id, _ in nearest(connection, 1, query, NEIGHBOURS)]
        for query in vectors
    ]
    truth = library.truth.ids
    _say("recall@10 against exact float32", recall(found, truth))
    _say("recall@10 of float16 against float32", recall(library.halves.ids, truth))
    _say("one more full text, µs", f"{cost.text_us:.0f}")
    _say("one more vector, µs", f"{cost.vector_us:.0f}")
    size_bytes = library.path.stat().st_size
    _say("bytes a picture, without predictions", f"{size_bytes / count:,.0f}")


def clock(library: Library, count: int, times: int) -> None:
    """Print how long it takes."""
    connection = open_for_reading(library.path)
    pair, vector = next(iter(library.queries.items()))
    four = " ".join(COMMON)
    path = library.path
    query = array("f", vector.tobytes())
    check_that_meaning_counts(path, pair)
    text = ("--json", "--mode", "text")
    timed = {
        "python -c pass": cold(times, "-c", "pass"),
        "cold, hybrid": command(times, path, pair, "--json"),
        "cold, hybrid, as a table": command(times, path, pair),
        "cold, hybrid, without the command": cold(times, "-c", COLD, str(path), pair),
        "cold, semantic": command(times, path, pair, "--json", "--mode", "semantic"),
        "cold, text, a rare word": command(times, path, pair.split()[0], *text),
        "cold, text, a common word": command(times, path, COMMON[0], *text),
        "cold, text, four common words": command(times, path, four, *text),
        "warm, nearest": milliseconds(lambda: nearest(connection, 1, query, 20), times),
        "warm, four words": milliseconds(
            lambda: match_words(connection, COMMON, 20), times
        ),
    }
    if count <= MOST_FOR_NUMPY:
        timed["beside it: cold, all vectors in numpy"] = cold(
            times, "-c", NUMPY, str(path)
        )
    bare = timed["python -c pass"][1]
    for what, (fastest, median) in timed.items():
        took = f"{median:.0f} (best {fastest:.0f}; {median / bare:.1f} x bare Python)"
        _say(f"{what}, ms", took)


def _say(what: str, value: str) -> None:
    print(f"| {what} | {value} |")  # noqa: T201  a script that people run


def make_queries(vocabulary: Vocabulary) -> dict[str, Matrix]:
    """Return queries of two words with their embeddings."""
    rng = random.Random(3)  # noqa: S311  not secret
    nothing = np.zeros(DIMS, np.float32)
    pairs = [vocabulary.subjects(rng, 2) for _ in range(QUERIES)]
    return {
        " ".join(vocabulary.words[one] for one in pair): vocabulary.vector(
            pair, nothing
        )
        for pair in pairs
    }


def main() -> None:
    """Make a database, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=7, help="runs of each search")
    options = parser.parse_args()
    count: int = options.pictures
    vocabulary = make_vocabulary()
    queries = make_queries(vocabulary)
    every = np.stack(list(queries.values()))
    with tempfile.TemporaryDirectory(prefix="imgai-benchmark-") as folder:
        path = Path(folder) / "imgai.db"
        library = Library(path, queries, Nearest(every), Nearest(every))
        cost = build(library, vocabulary, count)
        _say("measured", "value")
        _say("---", "---")
        _say("pictures", f"{count:,}")
        _say("Python, SQLite", f"{platform.python_version()}, {sqlite3.sqlite_version}")
        _say("machine", f"{platform.machine()}, {os.cpu_count()} cores")
        judge(library, cost, count)
        clock(library, count, options.times)


if __name__ == "__main__":
    main()
