"""How long a nightly run over an unchanged library takes: a table.

    python -m tests.benchmarks.rerun --files 100000

makes that many empty files in folders of a thousand, and a database that knows them
all, and runs `imgai classify` over them. No file is opened and nobody is asked: the
host that is named does not exist. Beside it stands the bare walk, `os.scandir` with
the status of each file, from the same minute.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from imgai.domain.images import SourceImage
from imgai.domain.plan import answered_bit
from imgai.domain.predictions import Backend, Task
from imgai.sources.location import path_to_uri
from imgai.store.connection import open_for_writing
from tests.benchmarks.measuring import Bench, Took, say, say_head, say_machine, took

FILES_A_FOLDER = 1_000
NOWHERE = "http://127.0.0.1:9/client/v4"  # the port of "discard": nobody listens
LONG_AGO_NS = 1_700_000_000_000_000_000

WALK = """
import os, sys
seen, waiting = 0, [sys.argv[1]]
while waiting:
    with os.scandir(waiting.pop()) as entries:
        for entry in entries:
            if entry.is_dir():
                waiting.append(entry.path)
            else:
                seen += entry.stat().st_size >= 0
"""


def make_files(folder: Path, count: int) -> Iterator[SourceImage]:
    """Make empty files, and yield them as a listing shows them."""
    for start in range(0, count, FILES_A_FOLDER):
        below = folder / f"{start // FILES_A_FOLDER:04}"
        below.mkdir(parents=True)
        for number in range(start, min(count, start + FILES_A_FOLDER)):
            path = below / f"IMG_{number:07}.jpg"
            path.touch()
            os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
            yield SourceImage(path_to_uri(path), 0, LONG_AGO_NS, None)


def know(connection: sqlite3.Connection, images: Iterator[SourceImage]) -> None:
    """Write down that every image has been answered, as far as a run looks."""
    tasks = (Task.LABELS, Task.CAPTION, Task.EMBEDDING)
    answered = sum(answered_bit(task, Backend.WORKERS_AI) for task in tasks)
    connection.execute("BEGIN IMMEDIATE")
    for number, image in enumerate(images, start=1):
        picture_hash = f"p1-{number:064x}"
        connection.execute(
            "INSERT INTO picture (id, picture_hash, width_px, height_px,"
            " perceptual_hash, colours_json, answered)"
            " VALUES (?, ?, 4000, 3000, '00ff00ff00ff00ff', '[]', ?)",
            (number, picture_hash, answered),
        )
        connection.execute(
            "INSERT INTO image (uri, picture_id, picture_hash, file_hash, size_bytes,"
            " mtime_ns, format, first_seen_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'jpeg', '2026-01-01T00:00:00.000Z')",
            (
                image.uri,
                number,
                picture_hash,
                f"{number:064x}",
                image.size_bytes,
                image.mtime_ns,
            ),
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def clock(home: Path, folder: Path, count: int, times: int) -> None:
    """Print what the walk takes, and the run."""
    bench = Bench(home, NOWHERE)
    walks: list[Took] = []
    runs: list[Took] = []
    for _ in range(times):
        walks.append(took([sys.executable, "-c", WALK, str(folder)]))
        runs.append(bench.imgai("classify", str(folder)))
    walk = min(walks, key=lambda one: one.cpu_s)
    run = min(runs, key=lambda one: one.cpu_s)
    say(
        f"{count:,} known files",
        f"{run.wall_s:.2f} s, {run.cpu_s:.2f} s of CPU",
        f"{run.cpu_s / walk.cpu_s:.1f} x the CPU of a walk with stat"
        f" ({walk.wall_s:.2f} s, {walk.cpu_s:.2f} s of CPU)",
        f"{run.peak_mb:.0f} MB",
    )


def main() -> None:
    """Make files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=3, help="the best one counts")
    options = parser.parse_args()
    say_machine()
    say_head("what", "measured", "beside it", "peak memory")
    for count in options.files:
        with tempfile.TemporaryDirectory(prefix="imgai-benchmark-") as name:
            home = Path(name)
            folder = home / "photos"
            with closing(open_for_writing(home / "imgai.db")) as connection:
                know(connection, make_files(folder, count))
            clock(home, folder, count, options.times)


if __name__ == "__main__":
    main()
