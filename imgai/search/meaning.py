"""Pictures ranked by meaning: of words, of example images, or of both together."""

import sqlite3
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot

from imgai.domain.matches import Search, SearchMode
from imgai.domain.predictions import Vector, VectorSpace
from imgai.domain.query import query_words
from imgai.domain.relevance import Floor
from imgai.search.relevance import floor_of
from imgai.store.fulltext import Evidence, matched_words
from imgai.store.nearest import nearest
from imgai.store.vectors import known_spaces

# Vectors that cancel each other out point nowhere; what is left is rounding.
_SHORTEST = 1e-3


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a search by meaning found."""

    rankings: Sequence[Sequence[int]] = ()  # one a space: picture ids, best first
    similarities: Mapping[int, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_possible: bool = False  # there was something to compare with


def rank_by_meaning(
    connection: sqlite3.Connection,
    search: Search,
    of_words: Mapping[int, Vector],
    depth: int,
    among: Collection[int] | None,
) -> Meaning:
    """Rank pictures by how near they are to what is searched for, space by space.

    Examples are added to the words' vector, or taken from it, by their weights. They
    are not found themselves.

    Args:
        connection: of the database.
        search: with or without examples.
        of_words: the query's embeddings, by the id of their space; empty if it has
            no words.
        depth: at most so many of each space.
        among: ids of the only pictures to consider; None: all.
    """
    spaces = known_spaces(connection)
    aims, notes = _aims(search, of_words, spaces)
    shown = {one.picture_id for one in search.examples if one.picture_id is not None}
    rankings: list[list[int]] = []
    similarities: dict[int, float] = {}
    for space, space_id in spaces.items():
        if space_id not in aims:
            continue
        near = nearest(connection, space_id, aims[space_id], depth + len(shown), among)
        near = [pair for pair in near if pair[0] not in shown][:depth]
        if search.min_similarity is None:
            floor = floor_of(connection, space, space_id)
            near = _relevant(connection, search, floor, near)
        else:
            least = search.min_similarity
            near = [pair for pair in near if pair[1] >= least]
        rankings.append([picture_id for picture_id, _ in near])
        for picture_id, similarity in near:
            best = max(similarity, similarities.get(picture_id, -1.0))
            similarities[picture_id] = best
    return Meaning(rankings, similarities, notes, bool(aims))


def _aims(
    search: Search, of_words: Mapping[int, Vector], spaces: Mapping[VectorSpace, int]
) -> tuple[dict[int, Vector], tuple[str, ...]]:
    """Return what is looked for in each space, and why in some for nothing."""
    if not search.examples:
        return dict(of_words), ()
    has_words = bool(query_words(search.query))
    aims: dict[int, Vector] = {}
    notes: list[str] = []
    for space, space_id in spaces.items():
        if has_words and space_id not in of_words:
            continue  # a note says why
        lacking = [one.name for one in search.examples if space not in one.vectors]
        if lacking:
            notes.append(
                f"{', '.join(lacking)}: nothing is known in the space of {space.model},"
                " which was left out."
            )
            continue
        parts = [(one.weight, one.vectors[space]) for one in search.examples]
        if has_words:
            parts.append((1.0, of_words[space_id]))
        aim = blend(parts)
        if aim is None:
            notes.append("What is wanted and what is not cancel each other out.")
        else:
            aims[space_id] = aim
    return aims, tuple(dict.fromkeys(notes))


def blend(parts: Sequence[tuple[float, Vector]]) -> Vector | None:
    """Return the weighted sum of vectors, of unit length; None if it is nothing.

    Args:
        parts: at least one (weight, vector), all vectors of one width.
    """
    weights = [weight for weight, _ in parts]
    columns = zip(*(vector for _, vector in parts), strict=True)
    total = [
        sum(weight * value for weight, value in zip(weights, column, strict=True))
        for column in columns
    ]
    length = hypot(*total)
    if length < _SHORTEST:
        return None
    return array("f", [value / length for value in total])


def _relevant(
    connection: sqlite3.Connection,
    search: Search,
    floor: Floor,
    near: Sequence[tuple[int, float]],
) -> list[tuple[int, float]]:
    """Leave out what is not similar enough to be called found."""
    if not near:
        return []
    words = query_words(search.query)
    least = -1.0
    if not search.examples:
        least = floor.under(near[0][1])
    elif not words and all(one.weight > 0 for one in search.examples):
        least = floor.between_pictures
    # What words and examples come to together was not measured.
    if not words or search.mode is SearchMode.SEMANTIC or near[-1][1] >= least:
        return [pair for pair in near if pair[1] >= least]
    # A word that a model said of the picture is reason enough.
    below = [picture_id for picture_id, similarity in near if similarity < least]
    said = matched_words(connection, words, below, Evidence.SUBJECT.value)
    return [pair for pair in near if pair[1] >= least or said[pair[0]]]
