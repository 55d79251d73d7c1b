"""Pictures, searches, and which of the pictures each of them means: by hand.

`captions`: made-up pictures, told as captioning models tell them, with the labels that
a detector gives; imgai itself goes by them. `photos`: real ones, as the local models
see them, of which only what was said and the vector (float16, base64) is kept. Half of
the searches are for what no picture shows.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgai.domain.derive import Analysis, Label, embedding_text

_SETS: Mapping[str, Traversable] = {
    "captions": files("imgai.search") / "judged_captions.json",
    "photos": Path(__file__).parents[1] / "search" / "relevance" / "photos.json",
}

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pictured:
    """What models said of a picture."""

    name: str
    caption: str
    labels: tuple[str, ...]
    vector: Floats | None  # None: to be made of what was said

    @property
    def text(self) -> str:
        """The text that imgai embeds."""
        labels = tuple(Label(label, 1.0) for label in self.labels)
        return embedding_text(Analysis(labels=labels, caption=self.caption))


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Pictures, and what searches for them should find."""

    name: str
    pictures: tuple[Pictured, ...]
    queries: Mapping[str, frozenset[str]]  # names of what is meant; none: not there

    @property
    def wanted(self) -> Flags:
        """Whether each query means each picture: shape (queries, pictures)."""
        return np.array(
            [
                [picture.name in meant for picture in self.pictures]
                for meant in self.queries.values()
            ]
        )


def read_judged(name: str) -> JudgedSet:
    """Return a set: "captions" or "photos"."""
    read = json.loads(_SETS[name].read_text("utf-8"))
    pictures = tuple(
        Pictured(
            key,
            said["caption"],
            tuple(said["labels"]),
            _vector(said["vector"]) if "vector" in said else None,
        )
        for key, said in read["pictures"].items()
    )
    queries = {query: frozenset(meant) for query, meant in read["queries"].items()}
    return JudgedSet(name, pictures, queries)


def _vector(encoded: str) -> Floats:
    return np.frombuffer(base64.b64decode(encoded), "<f2").astype(np.float32)
