"""Pictures ranked by the words of a query."""

import sqlite3
from collections.abc import Collection, Sequence

from imgai.store.fulltext import Evidence, match_words


def rank_by_words(
    connection: sqlite3.Connection,
    words: Sequence[str],
    limit: int,
    among: Collection[int] | None = None,
) -> list[int]:
    """Return the ids of the pictures that words match, best first, each once.

    Those that match all words come first. Those that match some follow, where the
    others are fewer than the limit. With `among`, only those are considered.
    """
    ranked = _ids(match_words(connection, words, limit, Evidence.ALL, among))
    if len(ranked) < limit and len(words) > 1:
        ranked += _ids(match_words(connection, words, limit, Evidence.ANY, among))
    return list(dict.fromkeys(ranked))[:limit]


def rank_by_subject(
    connection: sqlite3.Connection,
    words: Sequence[str],
    limit: int,
    among: Collection[int] | None = None,
) -> list[int]:
    """Return the ids of the pictures that are about the words, best first.

    This is what stands beside a ranking by meaning, which finds the rest by itself,
    and which chance matches must not outvote: all words have to match, and colours
    alone do not count ("orange" is a fruit), nor do names of files where the labels
    or captions of others match. With `among`, only those are considered.
    """
    for evidence in (Evidence.SUBJECT, Evidence.NAMED):
        ranked = match_words(connection, words, limit, evidence, among)
        if ranked:
            return _ids(ranked)
    return []


def _ids(ranked: Sequence[tuple[int, float]]) -> list[int]:
    return [picture_id for picture_id, _ in ranked]
