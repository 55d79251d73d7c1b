"""How similar a picture has to be before a search calls it found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Floor:
    """What a cosine similarity has to reach."""

    least: float  # -1 to 1
    below_best: float = 2.0  # at most so far below the best match
    between_pictures: float = -1.0  # what two pictures of one subject have at least

    def under(self, best: float) -> float:
        """Return the least similarity to keep, where this is the best."""
        return max(self.least, best - self.below_best)


NO_FLOOR = Floor(-1.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A floor that was measured, and how good it is.

    Precision and recall (0 to 1) count pairs of a search and a picture, each half of
    the searches judged by the floor that was chosen on the other half.
    """

    floor: Floor
    precision: float
    recall: float
