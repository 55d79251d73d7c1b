"""The search: words, meaning, or both, and what is shown of the pictures found."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from imgai.domain.matches import Found, Match, Search, SearchMode
from imgai.domain.query import clean_query, query_words
from imgai.search.hybrid import fuse
from imgai.search.semantic import (
    Embedders,
    KeepQuery,
    QueryVectors,
    embed_query,
    recall_query,
)
from imgai.search.text import rank_by_subject, rank_by_words
from imgai.store.details import details_of, newest_pictures
from imgai.store.fulltext import matched_words
from imgai.store.nearest import nearest

# How deep rankings go before they are fused: a picture that is tenth in both may
# beat one that is first in one of them.
_DEPTH = 100


@dataclass(frozen=True, slots=True)
class _Rankings:
    """What each way of searching found: picture ids, best first."""

    words: Sequence[str] = ()
    text: Sequence[int] = ()
    semantic: Sequence[Sequence[int]] = ()  # one for each vector space
    similarities: Mapping[int, float] = field(default_factory=dict)


async def find(
    connection: sqlite3.Connection,
    search: Search,
    embedders: Embedders,
    keep: KeepQuery | None,
) -> Found:
    """Find pictures, one match each, however many images show it.

    An empty query finds the newest pictures. Where meaning cannot be searched by,
    hybrid goes by words alone, and a note says so.

    Args:
        connection: of the database; nothing is written through it.
        search: what to look for.
        embedders: see `imgai.search.semantic.embed_query`.
        keep: see `imgai.search.semantic.embed_query`.
    """
    found = find_known(connection, search)
    if found is not None:
        return found
    query = clean_query(search.query)
    asked = await embed_query(connection, query, embedders, keep)
    return _find(connection, search, asked)


def find_known(connection: sqlite3.Connection, search: Search) -> Found | None:
    """Find pictures as `find` does, if no model has to be asked for it; else None.

    It spares an instant search the 30 ms that importing asyncio takes.
    """
    if search.mode is SearchMode.TEXT or not query_words(search.query):
        return _find(connection, search, QueryVectors())
    recalled = recall_query(connection, clean_query(search.query))
    return None if recalled.missing else _find(connection, search, recalled)


def _find(connection: sqlite3.Connection, search: Search, asked: QueryVectors) -> Found:
    if not clean_query(search.query):
        newest = fuse([newest_pictures(connection, search.limit)], search.limit)
        return Found(_matches(connection, newest, _Rankings()))
    words = query_words(search.query)
    if not words:
        return Found((), ("There is no word in the query.",))
    meaning = _rank_by_meaning(connection, search, asked)
    text = _rank_text(connection, search, words, has_meaning=bool(meaning.semantic))
    ranked = fuse([text, *meaning.semantic], search.limit)
    rankings = replace(meaning, words=words, text=text)
    return Found(_matches(connection, ranked, rankings), asked.notes)


def _rank_text(
    connection: sqlite3.Connection,
    search: Search,
    words: Sequence[str],
    *,
    has_meaning: bool,
) -> Sequence[int]:
    depth = max(search.limit, _DEPTH)
    match search.mode:
        case SearchMode.SEMANTIC:
            return ()
        case SearchMode.HYBRID if has_meaning:
            return rank_by_subject(connection, words, depth)
        case SearchMode.HYBRID | SearchMode.TEXT:
            return rank_by_words(connection, words, depth)


def _rank_by_meaning(
    connection: sqlite3.Connection, search: Search, asked: QueryVectors
) -> _Rankings:
    least = -1.0 if search.min_similarity is None else search.min_similarity
    rankings: list[list[int]] = []
    similarities: dict[int, float] = {}
    for space_id, vector in asked.vectors.items():
        near = nearest(connection, space_id, vector, max(search.limit, _DEPTH))
        near = [pair for pair in near if pair[1] >= least]
        rankings.append([picture_id for picture_id, _ in near])
        for picture_id, similarity in near:
            best = max(similarity, similarities.get(picture_id, -1.0))
            similarities[picture_id] = best
    return _Rankings(semantic=rankings, similarities=similarities)


def _matches(
    connection: sqlite3.Connection,
    ranked: Sequence[tuple[int, float]],
    rankings: _Rankings,
) -> tuple[Match, ...]:
    picture_ids = [picture_id for picture_id, _ in ranked]
    details = details_of(connection, picture_ids)
    matched = matched_words(connection, rankings.words, picture_ids)
    text_ranks = _ranks([rankings.text])
    semantic_ranks = _ranks(rankings.semantic)
    return tuple(
        replace(
            details[picture_id],
            score=score,
            similarity=rankings.similarities.get(picture_id),
            text_rank=text_ranks.get(picture_id),
            semantic_rank=semantic_ranks.get(picture_id),
            matched_words=matched[picture_id],
        )
        for picture_id, score in ranked
        if picture_id in details
    )


def _ranks(rankings: Iterable[Sequence[int]]) -> dict[int, int]:
    """Return each picture's best rank, from 1."""
    ranks: dict[int, int] = {}
    for ranking in rankings:
        for rank, picture_id in enumerate(ranking, start=1):
            ranks[picture_id] = min(rank, ranks.get(picture_id, rank))
    return ranks
