"""How well a model's floor tells what a search means from what is only nearest.

    python -m tests.benchmarks.relevance

judges the local models on real photos, and their text encoder on captions, which need
a floor of their own. With `--workers-ai` the host's embedding model is judged on the
captions as imgai would use it, by your account: 360 short texts, 6,000 tokens, less
than a tenth of a cent. `--onnx model.onnx --vocabulary vocab.txt` judges any BERT that
is exported with `last_hidden_state`, as it is pooled: `--pooling cls` or `mean`.

A floor is chosen on one half of the searches and judged on the other, both ways round.
Precision and recall count pairs of a search and a picture. The rows `in force` are what
imgai goes by, judged on all: by meaning alone, and as `imgai search` finds.
"""

import argparse
import asyncio
import sqlite3
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgai.commands.backends import chosen_profiles
from imgai.commands.options import settings_with
from imgai.commands.wiring import hosted_on, open_api
from imgai.domain.matches import Search, SearchMode
from imgai.domain.predictions import Task, VectorSpace
from imgai.domain.relevance import Floor
from imgai.models.gathered import MOST_TEXTS
from imgai.models.local.semantics import SPACE as LOCAL_SPACE
from imgai.models.local.text_encoder import TextEncoder
from imgai.models.profiles import TextWire
from imgai.models.workers_ai import HostedTextEmbedder
from imgai.search.calibration import calibrate, choose_floor, judged_texts
from imgai.search.find import find_known
from imgai.search.relevance import floor_of
from imgai.store.connection import open_for_writing
from imgai.store.floors import keep_calibration
from imgai.store.vectors import keep_query, known_spaces
from tests.benchmarks.judged import Flags, Floats, JudgedSet, read_judged
from tests.benchmarks.measuring import say, say_head, say_machine
from tests.benchmarks.onnx_texts import OnnxTexts
from tests.search.library import NOW, Said, add

Encode = Callable[[Sequence[str]], Floats]  # texts to unit vectors, a row each


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, and whether it was meant."""

    found: Flags  # shape (queries, pictures), like what was wanted
    wanted: Flags

    @property
    def precision(self) -> float:
        """How much of what was found was meant; 1 if nothing was found."""
        found = int(self.found.sum())
        return int((self.found & self.wanted).sum()) / found if found else 1.0

    @property
    def recall(self) -> float:
        """How much of what was meant was found."""
        return int((self.found & self.wanted).sum()) / int(self.wanted.sum())

    @property
    def quiet(self) -> float:
        """Of the searches for what is not there, how many found nothing."""
        absent = ~self.wanted.any(axis=1)
        return float((~self.found[absent].any(axis=1)).mean())


@dataclass(frozen=True, slots=True)
class Measured:
    """How similar each picture is to each query, and whether it is meant."""

    similarities: Floats  # shape (queries, pictures)
    wanted: Flags

    def with_floor(self, floor: Floor) -> Verdict:
        """Return what a search by meaning finds with a floor."""
        least = [[floor.under(best)] for best in self.similarities.max(axis=1)]
        return Verdict(self.similarities >= np.array(least), self.wanted)

    def best_floor(self) -> Floor:
        """Return the floor that imgai would choose."""
        meant = [frozenset(np.flatnonzero(row).tolist()) for row in self.wanted]
        return choose_floor(self.similarities.tolist(), meant)

    def half(self, first: int) -> "Measured":
        """Return every other query, from the first (0) or the second (1)."""
        return Measured(self.similarities[first::2], self.wanted[first::2])


def measure(judged: JudgedSet, encode: Encode) -> tuple[Measured, Floats, Floats]:
    """Return the similarities, and the vectors of queries and pictures."""
    queries = encode(tuple(judged.queries))
    known = [one.vector for one in judged.pictures if one.vector is not None]
    texts = [one.text for one in judged.pictures]
    pictures = np.stack(known) if known else encode(texts)
    return Measured(queries @ pictures.T, judged.wanted), queries, pictures


@contextmanager
def library(
    judged: JudgedSet, space: VectorSpace, queries: Floats, pictures: Floats
) -> Iterator[sqlite3.Connection]:
    """Yield a database with a set's pictures that knows its queries' embeddings."""
    with tempfile.TemporaryDirectory(prefix="imgai-benchmark-") as folder:
        path = Path(folder) / "imgai.db"
        with closing(open_for_writing(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for one, vector in zip(judged.pictures, pictures, strict=True):
                said = Said(one.labels, one.caption, _row(vector), space)
                add(connection, one.name, said)
            space_id = known_spaces(connection)[space]
            for query, vector in zip(judged.queries, queries, strict=True):
                keep_query(
                    connection, query, space_id, _row(vector), neurons=0, asked_at=NOW
                )
            yield connection


def searched(
    judged: JudgedSet, connection: sqlite3.Connection, mode: SearchMode
) -> Verdict:
    """Return what `imgai search` finds."""
    names = [one.name for one in judged.pictures]
    rows = []
    for query in judged.queries:
        found = find_known(connection, Search(query, mode, limit=len(names)))
        assert found is not None
        seen = {one.uri for one in found.matches}
        rows.append([name in seen for name in names])
    return Verdict(np.array(rows), judged.wanted)


def _rows(vectors: Floats) -> "list[array[float]]":
    return [_row(vector) for vector in vectors]


def _row(vector: Floats) -> "array[float]":
    return array("f", vector.astype(np.float32).tobytes())


def report(judged: JudgedSet, space: VectorSpace, encode: Encode) -> None:
    """Print how well a model does on a set."""
    measured, queries, pictures = measure(judged, encode)
    unmeant = measured.similarities[~measured.wanted]
    meant = measured.similarities[measured.wanted]
    say_head(f"{space.key}, {judged.name}", "floor", "precision", "recall", "quiet")
    for first, half in ((0, "first"), (1, "second")):
        floor = measured.half(first).best_floor()
        other = measured.half(1 - first).with_floor(floor)
        _say(f"chosen on the {half} half, judged on the other", floor, other)
    best = measured.best_floor()
    _say("chosen and judged on all", best, measured.with_floor(best))
    if judged.name == _USED_WITH[space.pooling]:
        with library(judged, space, queries, pictures) as connection:
            space_id = known_spaces(connection)[space]
            if judged.name == "captions":  # as the first search of an account does
                measured_now = calibrate(
                    _rows(pictures), _rows(queries), judged_texts().meant
                )
                keep_calibration(connection, space_id, measured_now, NOW)
            in_force = floor_of(connection, space, space_id)
            for mode in (SearchMode.SEMANTIC, SearchMode.HYBRID):
                _say(f"in force, {mode}", in_force, searched(judged, connection, mode))
    say("unmeant", f"{unmeant.mean():.2f}", f"± {unmeant.std():.2f}", "", "")
    say("meant", f"{meant.mean():.2f}", f"± {meant.std():.2f}", "", "")
    print()  # noqa: T201  a script that people run


# The local models' vectors are made of what they see, the host's of what was said.
_USED_WITH = {"conse": "photos", "cls": "captions", "mean": ""}


def _say(what: str, floor: Floor, verdict: Verdict) -> None:
    shown = (verdict.precision, verdict.recall, verdict.quiet)
    say(
        what,
        f"{floor.least:.2f}, {floor.below_best:g} below the best",
        *(f"{value:.2f}" for value in shown),
    )


def workers_ai() -> tuple[VectorSpace, Encode]:
    """Return the host's embedding model, asked by the account of the environment."""
    settings = settings_with(None)
    profile = chosen_profiles(Task.EMBEDDING, settings.models.embedding)[0]
    assert isinstance(profile.wire, TextWire)

    async def ask(texts: Sequence[str]) -> Floats:
        async with open_api(settings) as api:
            embedder = HostedTextEmbedder(hosted_on(api, settings), profile)
            answers = [
                one
                for start in range(0, len(texts), MOST_TEXTS)
                for one in await embedder.embed(texts[start : start + MOST_TEXTS])
            ]
        return np.array([one.vector for one in answers], np.float32)

    return profile.wire.space, lambda texts: asyncio.run(ask(texts))


def main() -> None:
    """Judge what the arguments name, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers-ai", action="store_true")
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--vocabulary", type=Path, help="vocab.txt, a token a line")
    parser.add_argument("--pooling", choices=["cls", "mean"], default="cls")
    options = parser.parse_args()
    captions = read_judged("captions")
    say_machine()
    if options.workers_ai:
        report(captions, *workers_ai())
    elif options.onnx:
        if options.vocabulary is None:
            parser.error("--onnx needs --vocabulary")
        texts = OnnxTexts(options.onnx, options.vocabulary, options.pooling)
        report(captions, texts.space, texts.encode)
    else:
        encode = TextEncoder().encode
        report(read_judged("photos"), LOCAL_SPACE, encode)
        report(captions, VectorSpace(LOCAL_SPACE.model, "mean", 384), encode)


if __name__ == "__main__":
    main()
