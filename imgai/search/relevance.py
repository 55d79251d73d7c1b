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

The floors of Workers AI's models are measured by whoever uses them, with their account,
by the first search that asks such a model (`imgai.search.calibration`): that a model
that replaces a retired one gives unrelated texts another similarity is no news to it.
What stands here for bge-base-en-v1.5 is reasoned, and in force only until then.

How good such floors are was measured on other models, with the same 158 captions and
201 searches, each half of the searches judged by the floor chosen on the other half:
all-MiniLM-L6-v2 0.36, precision 0.54, recall 0.52; multilingual-e5-small in 4 bits
0.84, 0.47 to 0.62 and 0.41 to 0.54. Texts that have nothing to do with each other come
out at 0.08 and 0.78 there, so one floor for both would find all or nothing.
"""

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType

from imgai.domain.predictions import VectorSpace
from imgai.domain.relevance import NO_FLOOR, Floor
from imgai.store.floors import known_calibration

# By model: what nobody has measured in a database yet goes by these.
FLOORS: Mapping[str, Floor] = MappingProxyType(
    {
        "all-MiniLM-L6-v2": Floor(0.55, 0.2, 0.6),
        "@cf/baai/bge-base-en-v1.5": Floor(0.55, 0.25, 0.7),
    }
)


def floor_of(
    connection: sqlite3.Connection, space: VectorSpace, space_id: int
) -> Floor:
    """Return the floor of a space's model: as measured, else as known, else none."""
    measured = known_calibration(connection, space_id)
    return measured.floor if measured else FLOORS.get(space.model, NO_FLOOR)
