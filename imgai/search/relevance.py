"""How similar a picture has to be before a search calls it found.

Every query has a nearest picture, also one for what no picture shows. What lies below
a floor is left out of a ranking by meaning: below the model's own, or far below the
best match, where one is clear.

Measured for the local model on 64 photos (the examples, and what scientific packages
ship: animals, vehicles, buildings, people, textures, microscopy) with 66 queries for
what some of them show and 64 for what none does. With its floor, precision is 0.65
and recall 0.74; without, 0.03 and 1. Of the searches for what is not there 46 find
nothing ("submarine", "invoice"), 18 something akin ("banana": strawberries,
"bicycle": a motorcycle). The thresholds were chosen on the same photos.

Two pictures of one subject (cats, cars, musicians) reach 0.6 in 0.67 of the pairs, and
0.4 of the pairs that do are of one subject; most others are of microscopes.

For bge-base-en-v1.5 they are reasoned, not measured: texts that have nothing to do
with each other come out at 0.3 to 0.5 (its authors name 0.6 for the first version and
say that this one spreads wider), a query and a caption that has its words above 0.6.
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
        "all-MiniLM-L6-v2": Floor(0.54, 0.25, 0.6),
        "@cf/baai/bge-base-en-v1.5": Floor(0.55, 0.25, 0.7),
    }
)


def floor_of(space: VectorSpace) -> Floor:
    """Return the floor of a space's model; none for one that nobody knows."""
    return FLOORS.get(space.model, NO_FLOOR)
