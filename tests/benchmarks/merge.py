"""How long it takes to merge shards: a table.

    python -m tests.benchmarks.merge --shards 10 --pictures 10000

makes the databases of so many shards in a temporary folder, each with so many
pictures: a label answer, a caption and an embedding of 768 dimensions, and their
calls. Then it merges them, and merges them again, which changes nothing.
"""

import argparse
import os
import platform
import random
import sqlite3
import sys
import tempfile
import time
from array import array
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.domain.images import Identity, Picture, SourceImage, Swatch
from imgai.domain.predictions import (
    Answer,
    Backend,
    Box,
    Caption,
    Detection,
    Embedding,
    Labels,
    Prediction,
    Task,
    VectorSpace,
)
from imgai.store.backup import back_up
from imgai.store.connection import open_for_writing
from imgai.store.images import add_picture, see_image
from imgai.store.merge import merge_databases
from imgai.store.predictions import add_predictions

DIMS = 768
SPACE = VectorSpace("@cf/baai/bge-base-en-v1.5", "cls", DIMS)
START = datetime(2026, 11, 1, tzinfo=UTC)
COLOURS = (Swatch("#fa8e0c", "orange", 0.6), Swatch("#0a0a0a", "black", 0.1))

# Another shard is the first with other pictures in it.
_RENAME = (
    "UPDATE picture SET picture_hash = picture_hash || :shard",
    "UPDATE embedding SET picture_hash = picture_hash || :shard",
    "UPDATE image SET picture_hash = picture_hash || :shard, uri = uri || :shard",
    "UPDATE attempt SET id = id || :shard",
)

_CALLS = """
INSERT INTO attempt (number, id, model, started_ms, finished_ms, outcome, neurons,
                     neurons_measured)
SELECT id, hex(randomblob(16)) || id, model, predicted_ms, predicted_ms, 'answered',
       neurons, 1
FROM answer
"""

_CALL_PICTURES = """
INSERT INTO attempt_picture SELECT id, 0, picture_id, NULL FROM answer
"""


def make_shards(folder: Path, shards: int, pictures: int) -> list[Path]:
    """Make the databases; no picture is in two of them."""
    first = folder / "shard-1.db"
    with closing(open_for_writing(first)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        rng = random.Random(1)  # noqa: S311  not secret
        for number in range(pictures):
            add_one(connection, number, rng)
        connection.execute(_CALLS)
        connection.execute(_CALL_PICTURES)
        connection.execute("COMMIT")
    paths = [first]
    for number in range(2, shards + 1):
        path = folder / f"shard-{number}.db"
        back_up(first, path)
        with closing(open_for_writing(path)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            for statement in _RENAME:
                connection.execute(statement, {"shard": f"-{number}"})
        paths.append(path)
    return paths


def add_one(connection: sqlite3.Connection, number: int, rng: random.Random) -> None:
    """Add a picture with an image and its three answers."""
    picture_hash = f"p1-{number:064x}"
    at = START + timedelta(seconds=number)
    picture = Picture(picture_hash, 1200, 800, "0" * 16, COLOURS, is_truncated=False)
    known = add_picture(connection, picture)
    image = SourceImage(f"file:///photos/{number}.jpg", number, number, None)
    identity = Identity(f"{number:064x}", picture_hash, "jpeg", None)
    see_image(connection, image, identity, known.id, at)
    box = Box(0.1, 0.1, 0.5, 0.5)
    scores = [0.9 - 0.01 * place for place in range(8)]
    labels = tuple(Detection(f"thing {rng.randint(0, 80)}", one, box) for one in scores)
    caption = f"A thing number {number} stands in the garden beside a tree"
    length = DIMS**0.5
    vector = array("f", [rng.choice((-1, 1)) / length for _ in range(DIMS)])
    answers: list[tuple[Task, str, Answer]] = [
        (Task.LABELS, "@cf/facebook/detr-resnet-50", Labels(labels)),
        (Task.CAPTION, "@cf/google/gemma-4-26b-a4b-it", Caption(caption)),
        (Task.EMBEDDING, SPACE.model, Embedding(SPACE, vector)),
    ]
    predictions = [
        Prediction(
            task=task,
            backend=Backend.WORKERS_AI,
            model=model,
            answer=answer,
            predicted_at=at,
            neurons=1.0,
            is_measured=True,
            processing_time_ms=400,
            params={"width": 384},
        )
        for task, model, answer in answers
    ]
    add_predictions(connection, known, predictions, LabelRules())


def measure(shards: Sequence[Path], target: Path) -> tuple[float, float, int]:
    """Merge; return the seconds it took, those of the processor, and the pictures."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    merged = merge_databases(shards, target, (), LabelRules(), lambda *_: None)
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    return took_s, cpu_s, merged.pictures


def main(arguments: Sequence[str]) -> None:
    """Make, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--pictures", type=int, default=10_000, help="of each shard")
    asked = parser.parse_args(arguments)
    out = sys.stdout.write
    out(f"{platform.machine()}, {os.cpu_count()} cores, Python ")
    out(f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}\n\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shards = make_shards(folder, asked.shards, asked.pictures)
        size = sum(path.stat().st_size for path in shards) / 1e6
        out(f"| {asked.shards} shards of {asked.pictures:,} pictures, {size:,.0f} MB |")
        out(" seconds | of the processor | new pictures |\n|---|---|---|---|\n")
        for what in ("merge", "merge again"):
            took_s, cpu_s, pictures = measure(shards, folder / "all.db")
            out(f"| {what} | {took_s:.1f} | {cpu_s:.1f} | {pictures:,} |\n")


if __name__ == "__main__":
    main(sys.argv[1:])
