"""How many bytes a picture takes in the database, table by table.

    python -m tests.benchmarks.size --pictures 10000

makes a library through the store's own functions, each picture as Workers AI answers:
twenty detections, a caption of fourteen words, a vector of 768 dimensions, six colours
and three calls on record, none of them shared with another picture.
"""

import argparse
import hashlib
import os
import platform
import random
import sqlite3
import sys
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imgai.domain.colours import COLOURS
from imgai.domain.derive import LabelRules, embedding_text, text_hash
from imgai.domain.ids import time_ordered_id
from imgai.domain.images import Identity, Picture, SourceImage, Swatch
from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.domain.predictions import (
    TEXT_HASH,
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
from imgai.models.requests import CAPTION_PROMPT
from imgai.store.calls import begin_call, end_call
from imgai.store.connection import open_for_writing
from imgai.store.images import add_picture, see_image
from imgai.store.predictions import add_predictions, read_analysis

DIMS = 768
VECTOR_BYTES = 2 * DIMS
FEW_BYTES = 10  # what takes less is not printed
MODELS = {
    Task.LABELS: "@cf/facebook/detr-resnet-50",
    Task.CAPTION: "@cf/google/gemma-4-26b-a4b-it",
    Task.EMBEDDING: "@cf/baai/bge-base-en-v1.5",
}
RULES = LabelRules()
START = datetime(2026, 11, 1, tzinfo=UTC)
RUN = time_ordered_id(START)
_THINGS = """
person dog cat car boat bench bird umbrella bottle chair bicycle bus
"""
_WORDS = """
a the with and in on beside under two small red white old wooden standing walking
holding garden street beach table window water grass evening sunny building
"""
THINGS, WORDS = _THINGS.split(), _WORDS.split()


def boxes(rng: random.Random, count: int) -> Iterator[Detection]:
    """Yield detections of a dozen things, anywhere."""
    for _ in range(count):
        left, right = sorted((rng.random(), rng.random()))
        top, bottom = sorted((rng.random(), rng.random()))
        score = 0.01 + 0.98 * rng.random() ** 2
        yield Detection(rng.choice(THINGS), score, Box(left, top, right, bottom))


def add_one(connection: sqlite3.Connection, number: int, rng: random.Random) -> None:
    """Add a picture as a run would: what it is, each call, each answer."""
    at = START + timedelta(milliseconds=250 * number)
    file_hash = hashlib.sha256(b"%d" % number).hexdigest()
    picture_hash = f"p1-{hashlib.sha256(file_hash.encode()).hexdigest()}"
    names = rng.sample(sorted(COLOURS), 6)
    swatches = tuple(
        Swatch(f"#{rng.randrange(1 << 24):06x}", name, round(rng.random() / 6, 3))
        for name in names
    )
    picture = Picture(picture_hash, 4032, 3024, file_hash[:16], swatches, False)  # noqa: FBT003  as long as its line
    known = add_picture(connection, picture)
    uri = f"file:///home/alex/Pictures/2024/holiday/IMG_{number:06}.jpg"
    image = SourceImage(uri, 3_000_000 + number, 1_700_000_000_123_456_789, None)
    identity = Identity(file_hash, picture_hash, "jpeg", datetime(2024, 5, 1, 12))  # noqa: DTZ001  a camera's clock
    see_image(connection, image, identity, known.id, at)
    caption = " ".join(rng.choice(WORDS) for _ in range(14))
    ask: dict[str, str | int] = {"width": 384}
    seen = [
        _answer(Task.LABELS, Labels(tuple(boxes(rng, 20))), at, ask),
        _answer(Task.CAPTION, Caption(caption), at, ask | {"prompt": CAPTION_PROMPT}),
    ]
    for prediction in seen:
        _on_record(connection, prediction, picture_hash)
    add_predictions(connection, known, seen, RULES)
    text = embedding_text(read_analysis(connection, known.id, RULES))
    space = VectorSpace(MODELS[Task.EMBEDDING], "cls", DIMS)
    vector = array("f", [rng.choice((-1, 1)) / DIMS**0.5 for _ in range(DIMS)])
    embedded = _answer(
        Task.EMBEDDING,
        Embedding(space, vector),
        at,
        {"pooling": "cls", TEXT_HASH: text_hash(text)},
    )
    _on_record(connection, embedded, picture_hash)
    add_predictions(connection, known, [embedded], RULES)


def _answer(
    task: Task, answer: Answer, at: datetime, params: dict[str, str | int]
) -> Prediction:
    return Prediction(
        task=task,
        backend=Backend.WORKERS_AI,
        model=MODELS[task],
        answer=answer,
        predicted_at=at,
        neurons=1.2345,
        processing_time_ms=812,
        params=params,
    )


def _on_record(
    connection: sqlite3.Connection, prediction: Prediction, picture_hash: str
) -> None:
    at = prediction.predicted_at + timedelta(
        microseconds=list(Task).index(prediction.task)
    )
    call = Call(
        time_ordered_id(at), prediction.task, prediction.model, at, (picture_hash,), 4.5
    )
    begin_call(connection, RUN, call)
    ended = at + timedelta(milliseconds=prediction.processing_time_ms)
    end_call(connection, CallEnd(call.id, Outcome.ANSWERED, ended, 1.2345, True))  # noqa: FBT003  measured


def make_library(path: Path, pictures: int) -> None:
    """Make the database."""
    rng = random.Random(1)  # noqa: S311  not secret
    with closing(open_for_writing(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in range(pictures):
            add_one(connection, number, rng)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tables(path: Path) -> list[tuple[str, int]]:
    """Return (name, bytes) of tables and indexes, largest first; none if unknown."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            return connection.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
            ).fetchall()
        except sqlite3.OperationalError:
            return []  # this SQLite was built without dbstat


def main(arguments: Sequence[str]) -> None:
    """Make, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    count: int = parser.parse_args(arguments).pictures
    out = sys.stdout.write
    out(f"{platform.machine()}, {os.cpu_count()} cores, Python ")
    out(f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}\n\n")
    out(f"| {count:,} pictures | bytes a picture | beside the vector alone |\n")
    out("|---|---|---|\n")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "imgai.db"
        make_library(path, count)
        rows = [("all told", path.stat().st_size), *tables(path)]
    for what, size_bytes in rows:
        each = size_bytes / count
        if each >= FEW_BYTES:
            out(f"| {what} | {each:,.0f} | {each / VECTOR_BYTES:.2f} x |\n")


if __name__ == "__main__":
    main(sys.argv[1:])
