"""What a search asks for, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from imgai.domain.predictions import CaptionSource, Vector, VectorSpace

if TYPE_CHECKING:  # a search without filters needs neither: 5 ms
    from imgai.domain.derive import Label
    from imgai.domain.filters import Filter


class SearchMode(StrEnum):
    """What pictures are found by."""

    HYBRID = "hybrid"
    """Words and meaning, their rankings fused."""

    TEXT = "text"
    """The words of labels, captions, colours and file names."""

    SEMANTIC = "semantic"
    """The meaning of caption and labels: embeddings."""


@dataclass(frozen=True, slots=True)
class Example:
    """An image to find others by: --like, or --unlike with a weight below 0."""

    name: str  # as the person named it
    weight: float  # the words of a query weigh 1
    vectors: Mapping[VectorSpace, Vector]  # unit length; empty: nothing is known
    picture_id: int | None = None  # None: it is not in the database


@dataclass(frozen=True, slots=True)
class Search:
    """One search."""

    query: str  # any text; an empty one finds the newest pictures
    mode: SearchMode = SearchMode.HYBRID
    limit: int = 20
    # -1 to 1; words match whatever it is. None: what the model is known to need.
    min_similarity: float | None = None
    filters: "tuple[Filter, ...]" = ()  # all of them hold for every match
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One picture that was found, and why."""

    uri: str  # of its first image that is not gone
    other_images: int  # how many more places show the same picture
    picture_hash: str
    labels: "tuple[Label, ...]"  # best first
    caption: str | None
    caption_source: CaptionSource | None
    picture_id: int = 0  # of this database
    score: float = 0.0  # ranks within one search, and means nothing beyond it
    similarity: float | None = None  # the best of its spaces, -1 to 1
    text_rank: int | None = None  # from 1; None: its words did not match
    semantic_rank: int | None = None  # from 1, the best of its spaces
    matched_words: tuple[str, ...] = ()  # of the query


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and what people should know of how."""

    matches: tuple[Match, ...]  # best first
    notes: tuple[str, ...] = ()  # sentences, such as why it went by words only
