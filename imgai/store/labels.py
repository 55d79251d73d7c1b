"""The labels that pictures have, for whoever types one."""

import sqlite3

from imgai.store.fulltext import quoted

_ALL = """
SELECT key, count(*) FROM analysis, json_each(label_scores_json)
GROUP BY key ORDER BY 2 DESC, 1
"""
_OF_MATCHING = """
SELECT key, count(*) FROM image_fts
JOIN analysis ON analysis.id = image_fts.rowid, json_each(label_scores_json)
WHERE image_fts MATCH ? GROUP BY key ORDER BY 2 DESC, 1
"""


def labels_with(connection: sqlite3.Connection, words: str, limit: int) -> list[str]:
    """Return labels that have words in them, the last of which may be half typed.

    Capitals and endings aside; the most frequent label first. Without words: of all.
    """
    typed = [word for word in words.lower().split() if word.isalnum()]
    if not typed:
        rows = connection.execute(_ALL)
    else:
        expression = " ".join(quoted(word) for word in typed)
        rows = connection.execute(_OF_MATCHING, (f"labels : ({expression} *)",))
    found = [label for label, _ in rows if _has_all(label.lower(), typed)]
    return found[:limit]


def _has_all(label: str, typed: list[str]) -> bool:
    return all(f" {word}" in f" {label}" for word in typed)
