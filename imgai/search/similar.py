"""Pictures like one image: the same in other files, near-duplicates, same subject."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from imgai.domain.matches import Match
from imgai.domain.predictions import VectorSpace
from imgai.domain.resemblance import (
    FAR_SIMILARITY,
    Sketch,
    hamming_distance,
    is_sure,
    may_be_cropped,
    sketch,
)
from imgai.domain.similar import Kinship, Look, Relative, Relatives
from imgai.search.hybrid import fuse
from imgai.search.relevance import floor_of
from imgai.store.details import details_of
from imgai.store.duplicates import images_of, sketches
from imgai.store.looks import similarity_to
from imgai.store.nearest import nearest
from imgai.store.vectors import known_spaces


def find_similar(
    connection: sqlite3.Connection,
    look: Look,
    named: str | None,
    limit: int,
    min_similarity: float | None = None,
) -> Relatives:
    """Find pictures like an image: by what kind, then nearest first.

    Args:
        connection: of the database.
        look: the image's.
        named: the image's own URI, which is no copy of itself.
        limit: at most this many results.
        min_similarity: of the same subject; None: what the model is known to need.
    """
    own = sketch(
        look.picture_id or 0,
        look.perceptual_hash,
        (look.width_px, look.height_px),
        look.colours,
    )
    others = {
        one.picture_id: one
        for one in sketches(connection)
        if one.picture_id != look.picture_id
    }
    near = [one for one in others.values() if _is_near(connection, look, own, one)]
    near.sort(key=lambda one: (hamming_distance(own.bits, one.bits), one.picture_id))
    versions = [one.picture_id for one in near]
    subject, notes = _same_subject(
        connection, look, {look.picture_id, *versions}, limit, min_similarity
    )
    similarities: dict[int, float | None] = dict(subject)
    similarities |= {one: similarity_to(connection, look, one) for one in versions}
    matches = details_of(connection, list(similarities))

    def relative(picture_id: int, kinship: Kinship) -> Relative:
        similarity = similarities[picture_id]
        return Relative(
            replace(matches[picture_id], similarity=similarity),
            kinship,
            hamming_distance(own.bits, others[picture_id].bits),
            similarity,
        )

    found = [
        *_copies(connection, look, named),
        *(relative(one, Kinship.NEAR_DUPLICATE) for one in versions),
        *(relative(one, Kinship.SAME_SUBJECT) for one, _ in subject),
    ]
    return Relatives(tuple(found[:limit]), notes)


def _is_near(
    connection: sqlite3.Connection, look: Look, own: Sketch, other: Sketch
) -> bool:
    if is_sure(own, other):
        return True
    if not may_be_cropped(own, other):
        return False
    similarity = similarity_to(connection, look, other.picture_id)
    return similarity is not None and similarity >= FAR_SIMILARITY


def _copies(
    connection: sqlite3.Connection, look: Look, named: str | None
) -> list[Relative]:
    """Return the other images of the picture itself."""
    if look.picture_id is None:
        return []
    match: Match | None = details_of(connection, [look.picture_id]).get(look.picture_id)
    if match is None:  # all of them are gone
        return []
    match = replace(match, other_images=0, similarity=1.0)
    return [
        Relative(replace(match, uri=image.uri), Kinship.COPY, 0, 1.0)
        for image in images_of(connection, [look.picture_id])
        if image.uri != named
    ]


def _same_subject(
    connection: sqlite3.Connection,
    look: Look,
    without: Collection[int | None],
    limit: int,
    min_similarity: float | None,
) -> tuple[Sequence[tuple[int, float]], tuple[str, ...]]:
    """Return (picture id, similarity), best first, and which spaces were left out."""
    rankings: list[list[int]] = []
    similarities: dict[int, float] = {}
    notes: list[str] = []
    for space, space_id in known_spaces(connection).items():
        if space not in look.vectors:
            notes.append(_left_out(space))
            continue
        least = min_similarity
        if least is None:
            least = floor_of(connection, space, space_id).between_pictures
        depth = limit + len(without)
        ranking: list[int] = []
        for picture_id, similarity in nearest(
            connection, space_id, look.vectors[space], depth
        ):
            if picture_id not in without and similarity >= least:
                ranking.append(picture_id)
                best = max(similarity, similarities.get(picture_id, -1.0))
                similarities[picture_id] = best
        rankings.append(ranking)
    ranked = fuse(rankings, limit)
    return _with_similarity(ranked, similarities), tuple(notes)


def _with_similarity(
    ranked: Sequence[tuple[int, float]], similarities: Mapping[int, float]
) -> list[tuple[int, float]]:
    return [(picture_id, similarities[picture_id]) for picture_id, _ in ranked]


def _left_out(space: VectorSpace) -> str:
    return (
        f"The image has no embedding of {space.model}: what is known by that was only"
        " compared by how it looks."
    )
