"""A library of any size that nobody took, for benchmarks: the same every time."""

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from imgai.store.shared import text_id

WORDS = 8_000
DIMS = 768
COMMON = ("person", "outdoor", "sky", "tree")  # each in about half of all pictures

Matrix = NDArray[np.float32]


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
    scale = np.arange(1, DIMS + 1) ** -0.25
    topics = numbers.normal(size=(200, DIMS)) * scale
    own = numbers.normal(size=(WORDS, DIMS)) * scale
    meanings = own + topics[numbers.integers(0, 200, WORDS)]
    meanings /= np.linalg.norm(meanings, axis=1, keepdims=True)
    middle = numbers.normal(size=DIMS) * scale
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
    noise = numbers.normal(scale=0.7 / DIMS**0.5, size=(len(pictures), DIMS))
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
    models = text_id(connection, "")
    connection.executemany(
        "INSERT INTO analysis (id, label_scores_json, caption, models,"
        " processing_time_ms) VALUES (?, ?, ?, ?, 0)",
        (
            (
                one.id,
                json.dumps(dict.fromkeys(one.labels, 0.5)),
                one.caption,
                models,
            )
            for one in pictures
        ),
    )
