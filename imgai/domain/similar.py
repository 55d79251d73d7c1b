"""Images compared with images: the same, nearly the same, the same subject."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from imgai.domain.images import Swatch
from imgai.domain.matches import Match
from imgai.domain.predictions import Vector, VectorSpace


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture looks, as far as pictures are compared by it."""

    picture_hash: str
    perceptual_hash: str  # 64 bits as 16 hexadecimal digits
    width_px: int
    height_px: int
    colours: tuple[Swatch, ...]
    vectors: Mapping[VectorSpace, Vector]  # unit length
    picture_id: int | None = None  # None: the database does not know it


class Kinship(StrEnum):
    """How a picture is like another, nearest first."""

    COPY = "copy"
    """It is the same picture, in another file."""

    NEAR_DUPLICATE = "near-duplicate"
    """Other size, format or quality, or a small crop."""

    SAME_SUBJECT = "same-subject"
    """It shows the like: known by the embedding alone."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A picture that is like another."""

    match: Match
    kinship: Kinship
    distance: int | None  # between perceptual hashes, 0 to 64; None: not looked at
    similarity: float | None  # of embeddings, -1 to 1; None: none to compare


@dataclass(frozen=True, slots=True)
class Relatives:
    """The pictures that are like one image, and what to know of how."""

    found: tuple[Relative, ...]  # by kinship, then nearest first
    notes: tuple[str, ...] = ()
