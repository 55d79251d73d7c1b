"""How similar a picture has to be before a search calls it found.

Every query has a nearest picture, also one for what no picture shows. What lies below
a floor is left out of a ranking by meaning: below the model's own, or far below the
best match, where one is clear.

Measured on searches judged by hand, half of them for what no picture shows; `python -m
tests.benchmarks.relevance` repeats it. A floor is chosen by F1 on one half
of the searches and judged on the other.

The local model, 64 photos and 130 searches: chosen on either half the floor is 0.55 or
0.60, and on the other half precision is 0.57 or 0.73, recall 0.75 or 0.52. The lower
one is in force, since what is found too much is at least ranked: judged on all,
precision is 0.62 and recall 0.68; with the words of labels and captions 0.59 and 0.73;
without a floor 0.01 and 1. Of 64 searches for what is not there 49 find nothing
("submarine", "invoice"), the others something akin ("banana": strawberries).

Two pictures of one subject (cats, cars, musicians) reach 0.6 in 0.67 of the pairs, and
0.4 of the pairs that do are of one subject; most others are of microscopes.

The floor of bge-base-en-v1.5 is reasoned, not measured: nobody has asked it yet
(`python -m tests.benchmarks.relevance --workers-ai` does, on 158 captions and 201
searches, and prints the floor to put here). Two other models of text, measured on the
same captions, differ wildly in where their floor lies (all-MiniLM-L6-v2: 0.36;
multilingual-e5-small in 4 bits: 0.84), but hardly in how far it is from what unrelated
texts come out at towards 1: 0.30 and 0.28 of the way. Precision and recall on the
other half are 0.47 to 0.62 and 0.41 to 0.54. By that rule 0.55 is right if bge gives
unrelated texts 0.36; its authors name 0.6 for the first version and a wider spread for
this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from imgai.domain.predictions import VectorSpace


@dataclass(frozen=True, slots=True)
class Floor:
    """What a similarity has to reach."""

    least: float  # -1 to 1
    below_best: float = 2.0  # at most so far below the best match
    between_pictures: float = -1.0  # what two pictures of one subject have at least

    def under(self, best: float) -> float:
        """Return the least similarity to keep, where this is the best."""
        return max(self.least, best - self.below_best)


NO_FLOOR = Floor(-1.0)

FLOORS: Mapping[str, Floor] = MappingProxyType(
    {
        "all-MiniLM-L6-v2": Floor(0.55, 0.2, 0.6),
        "@cf/baai/bge-base-en-v1.5": Floor(0.55, 0.25, 0.7),
    }
)


def floor_of(space: VectorSpace) -> Floor:
    """Return the floor of a space's model; none for one that nobody knows."""
    return FLOORS.get(space.model, NO_FLOOR)
