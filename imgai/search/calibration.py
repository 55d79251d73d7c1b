"""A model's floor, measured: which similarity tells a match from what is only nearest.

Models differ wildly in how similar they make texts that have nothing to do with each
other: all-MiniLM-L6-v2 0.08, multilingual-e5-small in 4 bits 0.78. So each model of
the host is asked once about made-up pictures, told as captioning models tell them, and
searches for them that were judged by hand, half of them for what none shows
(`judged_captions.json`). The floor that finds best what was meant (F1) is taken.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import combinations

from imgai.domain.derive import Analysis, Label, embedding_text
from imgai.domain.predictions import Vector
from imgai.domain.relevance import NO_FLOOR, Calibration, Floor
from imgai.errors import BadAnswer
from imgai.models.base import TextEmbedder
from imgai.models.gathered import MOST_TEXTS
from imgai.store.codes import similarity

# What floors are tried: hundredths of a similarity, and how far below the best match.
_STEPS = 100
_BELOW_BEST = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 2.0)

# A model whose best floor is worse tells nothing apart: all-MiniLM-L6-v2 has 0.56.
_LEAST_F1 = 0.25

Similarities = Sequence[Sequence[float]]  # a row each search, a column each picture
Meant = Sequence[frozenset[int]]  # each search's pictures, by column


@dataclass(frozen=True, slots=True)
class JudgedTexts:
    """Texts about pictures, searches, and which pictures each of them means."""

    pictures: tuple[str, ...]
    searches: tuple[str, ...]
    meant: tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pairs of a search and a picture were found, meant, and both."""

    found: int = 0
    meant: int = 0
    both: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.found + other.found, self.meant + other.meant, self.both + other.both
        )

    @property
    def precision(self) -> float:
        """How much of what was found was meant; 1 if nothing was found."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """How much of what was meant was found; 1 if nothing was meant."""
        return self.both / self.meant if self.meant else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.both / (self.found + self.meant) if self.both else 0.0


@cache
def judged_texts() -> JudgedTexts:
    """Return 158 texts as imgai embeds them, and 201 searches."""
    resource = files("imgai.search") / "judged_captions.json"
    judged = json.loads(resource.read_text("utf-8"))
    pictures = judged["pictures"]
    columns = {name: column for column, name in enumerate(pictures)}
    return JudgedTexts(
        tuple(_text(one["caption"], one["labels"]) for one in pictures.values()),
        tuple(judged["queries"]),
        tuple(
            frozenset(columns[name] for name in names)
            for names in judged["queries"].values()
        ),
    )


def _text(caption: str, labels: Sequence[str]) -> str:
    named = tuple(Label(label, 1.0) for label in labels)
    return embedding_text(Analysis(labels=named, caption=caption))


async def ask_calibration(embedder: TextEmbedder) -> Calibration:
    """Measure the floor of an embedder's model: 359 short texts, 3,110 tokens.

    Args:
        embedder: asked four times.

    Raises:
        ImgaiError: it could not be asked.
    """
    judged = judged_texts()
    texts = (*judged.pictures, *judged.searches)
    vectors: list[Vector] = []
    for start in range(0, len(texts), MOST_TEXTS):
        for answer in await embedder.embed(texts[start : start + MOST_TEXTS]):
            if answer.vector is None:
                raise BadAnswer(f"{embedder.space.model} made nothing of a text")
            vectors.append(answer.vector)
    count = len(judged.pictures)
    return calibrate(vectors[:count], vectors[count:], judged.meant)


def calibrate(
    pictures: Sequence[Vector], searches: Sequence[Vector], meant: Meant
) -> Calibration:
    """Choose the floor for vectors of unit length; takes half a second.

    Args:
        pictures: a vector each.
        searches: a vector each.
        meant: of each search, the positions of its pictures.

    Returns:
        The floor, or none if the model tells too little apart.
    """
    points = [tuple(one) for one in pictures]
    rows = [[similarity(tuple(one), point) for point in points] for one in searches]
    floor = choose_floor(rows, meant)
    if tally(rows, meant, floor).f1 < _LEAST_F1:
        return Calibration(NO_FLOOR, tally(rows, meant, NO_FLOOR).precision, 1.0)
    crossed = tally(rows[1::2], meant[1::2], choose_floor(rows[::2], meant[::2]))
    crossed += tally(rows[::2], meant[::2], choose_floor(rows[1::2], meant[1::2]))
    return Calibration(
        replace(floor, between_pictures=_between_pictures(points, meant)),
        crossed.precision,
        crossed.recall,
    )


def choose_floor(rows: Similarities, meant: Meant) -> Floor:
    """Return the floor with the best F1; of equals the lowest, then the narrowest."""
    wanted = sum(map(len, meant))
    floors = [
        (found.f1, -step, -below_best)
        for below_best in _BELOW_BEST
        for step, found in _tallies(_near_best(rows, meant, below_best), wanted)
    ]
    _, step, below_best = max(floors)
    return Floor(-step / _STEPS, -below_best)


def tally(rows: Similarities, meant: Meant, floor: Floor) -> Tally:
    """Count what searches with a floor find."""
    found = both = 0
    for row, columns in zip(rows, meant, strict=True):
        least = floor.under(max(row))
        kept = {column for column, value in enumerate(row) if value >= least}
        found += len(kept)
        both += len(kept & columns)
    return Tally(found, sum(map(len, meant)), both)


def _near_best(
    rows: Similarities, meant: Meant, below_best: float
) -> Iterator[tuple[float, bool]]:
    """Yield the similarities that are near a search's best, and whether it is meant."""
    for row, columns in zip(rows, meant, strict=True):
        least = max(row) - below_best
        for column, value in enumerate(row):
            if value >= least:
                yield value, column in columns


def _tallies(
    values: Iterator[tuple[float, bool]], wanted: int
) -> Iterator[tuple[int, Tally]]:
    """Yield each step from 1 down to 0, and what similarities from there on find."""
    found, both = [0] * (_STEPS + 1), [0] * (_STEPS + 1)
    for value, is_meant in values:
        if value >= 0:
            step = min(_STEPS, int(value * _STEPS))
            found[step] += 1
            both[step] += is_meant
    sums = Tally(0, wanted, 0)
    for step in range(_STEPS, -1, -1):
        sums += Tally(found[step], 0, both[step])
        yield step, sums


def _between_pictures(points: Sequence[tuple[float, ...]], meant: Meant) -> float:
    """Return from where on two pictures are of one subject: meant by one search."""
    alike = {pair for columns in meant for pair in combinations(sorted(columns), 2)}
    pairs = list(combinations(range(len(points)), 2))
    values = (
        (similarity(points[one], points[other]), (one, other) in alike)
        for one, other in pairs
    )
    best = max((found.f1, -step) for step, found in _tallies(values, len(alike)))
    return -best[1] / _STEPS
