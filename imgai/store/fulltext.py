"""Full-text search: what `image_fts` holds of a picture, and who matches some words."""

import json
import re
import sqlite3
from collections.abc import Collection, Sequence
from enum import Enum
from urllib.parse import unquote

# What a word found in a column is worth in bm25. A label is a model's plain statement
# that the thing is there. A caption mentions things in passing, too. A file name is
# seldom about the picture, but then in its owner's words. Colours are few and common:
# they can sharpen a match and not make one. What people wrote into the picture itself,
# keywords and descriptions, counts like a label: they were there.
_COLUMNS = "labels, caption, colours, names, own_words"
_WEIGHTS = "4.0, 2.0, 0.25, 1.0, 4.0"

# bm25 takes about 1 µs for each row it scores: half a second for a word that half a
# million captions have. So only the newest matches are scored.
_MOST_SCORED = 10_000

_MATCH = f"""
SELECT picture_id, score
FROM (SELECT rowid AS picture_id, -bm25(image_fts, {_WEIGHTS}) AS score
      FROM image_fts WHERE image_fts MATCH ? {{filter}}
      ORDER BY rowid DESC LIMIT {_MOST_SCORED})
ORDER BY score DESC, picture_id LIMIT ?
"""  # noqa: S608  built from constants

# Few pictures are looked up one by one. With many, each match is held against them:
# the plus keeps SQLite from looking up, at 30 µs each.
_FEW = 30
_LOOKED_UP = "AND rowid IN (SELECT value FROM json_each(?))"
_LOOKED_AT = "AND +rowid IN (SELECT value FROM json_each(?))"

_HELD = f"SELECT {_COLUMNS} FROM image_fts WHERE rowid = ?"  # noqa: S608  constant
_WRITE = f"INSERT INTO image_fts (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608

_FOUND = """
SELECT ifnull(label_scores_json, '{}'), ifnull(caption, ''), colours_json
FROM picture LEFT JOIN analysis ON analysis.id = picture.id
WHERE picture.id = ?
"""

_IMAGES = """
SELECT uri, keywords_json, title, description FROM image
WHERE picture_id = ? AND gone_at IS NULL ORDER BY id
"""

# "GingerCat07" is three words to people, and one to the tokenizer.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def index_picture(connection: sqlite3.Connection, picture_id: int) -> None:
    """Write the picture's row of `image_fts` anew, inside the caller's transaction.

    To be called whenever its labels, caption, colours or images change. A picture
    that has no image left, or only images that are gone, has no row: so a search
    need not look for them.
    """
    wanted = _searchable_text(connection, picture_id)
    held = connection.execute(
        _HELD,
        (picture_id,),
    ).fetchone()
    if held == wanted:
        return
    if held is not None:
        connection.execute("DELETE FROM image_fts WHERE rowid = ?", (picture_id,))
    if wanted is not None:
        connection.execute(
            _WRITE,
            (picture_id, *wanted),
        )


class Evidence(Enum):
    """What has to be found of some words for a picture to match."""

    SUBJECT = "{labels caption own_words}"
    """All of them, one at least in the labels, the caption or people's own words."""

    NAMED = "{labels caption own_words names}"
    """All of them, one at least not just as a colour."""

    ALL = ""
    """All of them, wherever."""

    ANY = "or"
    """One of them, wherever."""


def match_words(
    connection: sqlite3.Connection,
    words: Sequence[str],
    limit: int,
    evidence: Evidence = Evidence.ALL,
    among: Collection[int] | None = None,
) -> list[tuple[int, float]]:
    """Rank the pictures that words are found of, by weighted bm25.

    Words are compared by their stems: "cats" finds "cat". Where more than 10,000
    pictures match, only the newest of them are ranked.

    Args:
        connection: of the database.
        words: from `imgai.domain.query.query_words`; whatever they hold is searched
            for and never read as syntax.
        limit: at most this many results.
        evidence: what has to be found.
        among: ids of the only pictures to consider; None: all.

    Returns:
        (picture id, score) pairs, best first; ties go to the older picture. Scores
        are positive, and compare only within one answer.
    """
    if not words:
        return []
    arguments: list[object] = [_expression(connection, words, evidence)]
    if among is not None:
        arguments.append(json.dumps(list(among)))
    statement = _MATCH.format(filter=_filter(among))
    return connection.execute(statement, (*arguments, limit)).fetchall()


def _expression(
    connection: sqlite3.Connection, words: Sequence[str], evidence: Evidence
) -> str:
    match evidence:
        case Evidence.ALL:
            return _joined(words, "AND")
        case Evidence.ANY:
            return _joined(_telling(connection, words), "OR")
        case Evidence.SUBJECT | Evidence.NAMED:
            some = f"{evidence.value} : ({_joined(words, 'OR')})"
            return f"({_joined(words, 'AND')}) AND ({some})"


def _joined(words: Sequence[str], operator: str) -> str:
    return f" {operator} ".join(quoted(word) for word in words)


def quoted(word: str) -> str:
    """Return words as FTS5 reads them as a phrase, and never as syntax."""
    # In quotes, everything but a quote is plain text to FTS5.
    doubled = word.replace('"', '""')
    return f'"{doubled}"'


def _telling(connection: sqlite3.Connection, words: Sequence[str]) -> Sequence[str]:
    """Leave out words so common that they would crowd out the matches of the rest."""
    few = [word for word in words if not _is_very_common(connection, word)]
    return few or words


def _is_very_common(connection: sqlite3.Connection, word: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM image_fts WHERE image_fts MATCH ? LIMIT 1 OFFSET ?",
        (quoted(word), _MOST_SCORED),
    ).fetchone()
    return row is not None


def _filter(among: Collection[int] | None) -> str:
    if among is None:
        return ""
    return _LOOKED_UP if len(among) <= _FEW else _LOOKED_AT


def matched_words(
    connection: sqlite3.Connection,
    words: Sequence[str],
    picture_ids: Sequence[int],
    columns: str = "",
) -> dict[int, tuple[str, ...]]:
    """Return which of the words are found of each picture, in the words' order.

    Args:
        connection: of the database.
        words: from `imgai.domain.query.query_words`.
        picture_ids: the pictures.
        columns: the only ones to look in, "{labels caption}"; empty: all.
    """
    found: dict[int, tuple[str, ...]] = dict.fromkeys(picture_ids, ())
    statement = (
        "SELECT rowid FROM image_fts WHERE image_fts MATCH ?"
        " AND rowid IN (SELECT value FROM json_each(?))"
    )
    for word in words:
        rows = connection.execute(
            statement,
            (
                f"{columns} : {quoted(word)}" if columns else quoted(word),
                json.dumps(list(picture_ids)),
            ),
        )
        for (picture_id,) in rows:
            found[picture_id] += (word,)
    return found


def check_fulltext(connection: sqlite3.Connection) -> str:
    """Return how the index disagrees with the texts it was made of; "" if it agrees.

    SQLite asks for it by an INSERT, which changes nothing: the connection must be one
    that may write, and is left in a transaction if it begins them by itself.
    """
    try:
        connection.execute(
            "INSERT INTO image_fts (image_fts) VALUES ('integrity-check')"
        )
    except sqlite3.DatabaseError as error:
        return str(error)
    return ""


def _searchable_text(
    connection: sqlite3.Connection, picture_id: int
) -> tuple[str, ...] | None:
    images = connection.execute(_IMAGES, (picture_id,)).fetchall()
    row = connection.execute(_FOUND, (picture_id,)).fetchone()
    if not images or row is None:
        return None
    scores_json, caption, colours_json = row
    return (
        _clean(", ".join(json.loads(scores_json))),
        caption,
        ", ".join(dict.fromkeys(one["name"] for one in json.loads(colours_json))),
        " ".join(dict.fromkeys(name_words(uri) for uri, *_ in images)),
        _clean(_own_words([texts for _, *texts in images])),
    )


def _own_words(images: Sequence[Sequence[str | None]]) -> str:
    """Return what people wrote into the images, each word or sentence once."""
    words: dict[str, None] = {}
    for keywords_json, *sentences in images:
        words |= dict.fromkeys(json.loads(keywords_json or "[]"))
        words |= dict.fromkeys(one for one in sentences if one)
    return "; ".join(words)


def name_words(uri: str) -> str:
    """Return the words of a file's name: "holiday/GingerCat07.jpg" says three.

    The name is followed by its parts where letters and digits or lower and upper
    case meet, so that both "IMG0412" and "0412" find "IMG0412.jpg". The extension
    is left out: everybody's pictures are "jpg".
    """
    name = unquote(uri.rstrip("/").rpartition("/")[2], errors="replace")
    stem = name.rpartition(".")[0] or name
    parts = _SEAM.sub(" ", stem)
    return _clean(stem if parts == stem else f"{stem} {parts}")


def _clean(text: str) -> str:
    # JSON may escape half a surrogate pair, which SQLite refuses.
    return text.encode("utf-8", "replace").decode()
