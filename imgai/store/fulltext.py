"""Full-text search: what `image_fts` holds of a picture, and who matches some words."""

import json
import re
import sqlite3
from urllib.parse import unquote

_FOUND = """
SELECT ifnull(image_ai.labels_json, '[]'), ifnull(image_ai.caption, ''),
       picture.colours_json
FROM picture LEFT JOIN image_ai ON image_ai.id = picture.id
WHERE picture.id = ?
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
        "SELECT labels, caption, colours, names FROM image_fts WHERE rowid = ?",
        (picture_id,),
    ).fetchone()
    if held == wanted:
        return
    if held is not None:
        connection.execute("DELETE FROM image_fts WHERE rowid = ?", (picture_id,))
    if wanted is not None:
        connection.execute(
            "INSERT INTO image_fts (rowid, labels, caption, colours, names)"
            " VALUES (?, ?, ?, ?, ?)",
            (picture_id, *wanted),
        )


def _searchable_text(
    connection: sqlite3.Connection, picture_id: int
) -> tuple[str, str, str, str] | None:
    uris = connection.execute(
        "SELECT uri FROM image WHERE picture_id = ? AND gone_at IS NULL ORDER BY id",
        (picture_id,),
    ).fetchall()
    row = connection.execute(_FOUND, (picture_id,)).fetchone()
    if not uris or row is None:
        return None
    labels_json, caption, colours_json = row
    return (
        _clean(", ".join(json.loads(labels_json))),
        caption,
        ", ".join(dict.fromkeys(one["name"] for one in json.loads(colours_json))),
        " ".join(dict.fromkeys(name_words(uri) for (uri,) in uris)),
    )


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
