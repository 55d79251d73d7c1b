"""The search: words, meaning, or both, and what is shown of the pictures found."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from imgai.domain.matches import Found, Match, Search, SearchMode
from imgai.domain.query import clean_query, query_words
from imgai.search.hybrid import fuse
from imgai.search.meaning import Meaning, rank_by_meaning
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

# How deep rankings go before they are fused: a picture that is tenth in both may
# beat one that is first in one of them.
_DEPTH = 100


@dataclass(frozen=True, slots=True)
class _Rankings:
    """What each way of searching found: picture ids, best first."""

    words: Sequence[str] = ()
    text: Sequence[int] = ()
    meaning: Meaning = field(default_factory=Meaning)


async def find(
    connection: sqlite3.Connection,
    search: Search,
    embedders: Embedders,
    keep: KeepQuery | None,
) -> Found:
    """Find pictures, one match each, however many images show it.

    What passes the filters is ranked, and nothing else. Without words and examples,
    the newest pictures come first. Where meaning cannot be searched by, hybrid goes
    by words alone, and a note says so.

    Args:
        connection: of the database; nothing is written through it.
        search: what to look for; folders of its filters are URIs
            (`imgai.search.filters.located`).
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
    words = query_words(search.query)
    if clean_query(search.query) and not (words or search.filters or search.examples):
        return Found((), ("There is no word in the query.",))
    among = _passing(connection, search)
    if not words and not search.examples:
        newest = newest_pictures(connection, search.limit, among)
        ranked, rankings = fuse([newest], search.limit), _Rankings()
    else:
        rankings = _rank(connection, search, asked, words, among)
        every = [rankings.text, *rankings.meaning.rankings]
        ranked = fuse(every, search.limit)
    found = Found(
        _matches(connection, ranked, rankings),
        (*asked.notes, *rankings.meaning.notes),
    )
    return _as_filtered(connection, search, found) if search.filters else found


def _passing(connection: sqlite3.Connection, search: Search) -> frozenset[int] | None:
    if not search.filters:
        return None
    # Most searches have none: 10 ms saved.
    from imgai.search.filters import pass_filters  # noqa: PLC0415

    return pass_filters(connection, search.filters)


def _as_filtered(connection: sqlite3.Connection, search: Search, found: Found) -> Found:
    """Return what was found at the places that pass, with remarks on the filters."""
    from imgai.search.filters import remarks  # noqa: PLC0415
    from imgai.store.filtering import images_passing  # noqa: PLC0415

    matches = found.matches
    ids = [one.picture_id for one in matches]
    uris = images_passing(connection, search.filters, ids)
    notes = remarks(connection, search.filters, has_found=bool(matches))
    return Found(
        tuple(replace(one, uri=uris.get(one.picture_id, one.uri)) for one in matches),
        (*found.notes, *notes),
    )


def _rank(
    connection: sqlite3.Connection,
    search: Search,
    asked: QueryVectors,
    words: Sequence[str],
    among: frozenset[int] | None,
) -> _Rankings:
    depth = max(search.limit, _DEPTH)
    meaning = Meaning()
    if asked.vectors or search.examples:
        meaning = rank_by_meaning(connection, search, asked.vectors, depth, among)
    text: Sequence[int] = ()
    match search.mode:
        case SearchMode.SEMANTIC:
            pass
        case SearchMode.HYBRID if meaning.is_possible:
            text = rank_by_subject(connection, words, depth, among)
        case SearchMode.HYBRID | SearchMode.TEXT:
            text = rank_by_words(connection, words, depth, among)
    return _Rankings(words, text, meaning)


def _matches(
    connection: sqlite3.Connection,
    ranked: Sequence[tuple[int, float]],
    rankings: _Rankings,
) -> tuple[Match, ...]:
    picture_ids = [picture_id for picture_id, _ in ranked]
    details = details_of(connection, picture_ids)
    matched = matched_words(connection, rankings.words, picture_ids)
    text_ranks = _ranks([rankings.text])
    semantic_ranks = _ranks(rankings.meaning.rankings)
    return tuple(
        replace(
            details[picture_id],
            score=score,
            similarity=rankings.meaning.similarities.get(picture_id),
            text_rank=text_ranks.get(picture_id),
            semantic_rank=semantic_ranks.get(picture_id),
            matched_words=matched[picture_id],
        )
        for picture_id, score in ranked
        if picture_id in details
    )


def _ranks(rankings: Iterable[Sequence[int]]) -> Mapping[int, int]:
    """Return each picture's best rank, from 1."""
    ranks: dict[int, int] = {}
    for ranking in rankings:
        for rank, picture_id in enumerate(ranking, start=1):
            ranks[picture_id] = min(rank, ranks.get(picture_id, rank))
    return ranks
