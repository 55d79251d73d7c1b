"""Spaces whose model the host has retired: nothing can be searched in them any more.

No query can be embedded there. So the pictures count as not embedded, and the next
runs embed them anew, by the caption that is known; their old vectors go as the new
ones come.
"""

import sqlite3
from datetime import datetime

from imgai.domain.plan import answered_bit
from imgai.domain.predictions import Backend, Task, VectorSpace
from imgai.store.codec import to_time
from imgai.store.vectors import forget_vector

_EMBEDDED = answered_bit(Task.EMBEDDING, Backend.WORKERS_AI)

_OF_A_LIVING_MODEL = f"""
EXISTS (SELECT 1 FROM vector_space AS living JOIN embedding AS held
            ON (held.space, held.picture_id) = (living.id, picture.id)
        WHERE living.backend = '{Backend.WORKERS_AI}' AND living.retired_at IS NULL)
"""  # noqa: S608  built from constants

_ASK_ANEW = f"""
UPDATE picture SET answered = answered & ~{_EMBEDDED}
WHERE answered & {_EMBEDDED}
    AND id IN (SELECT picture_id FROM embedding WHERE space = ?)
    AND NOT {_OF_A_LIVING_MODEL}
"""  # noqa: S608  likewise

_NEEDLESS = f"""
SELECT picture.id FROM embedding JOIN picture ON picture.id = picture_id
WHERE space = ? AND ({_OF_A_LIVING_MODEL} OR NOT EXISTS (
    SELECT 1 FROM image WHERE image.picture_id = picture.id AND gone_at IS NULL))
"""  # noqa: S608  likewise


def retire_space(
    connection: sqlite3.Connection, space: VectorSpace, retired_at: datetime
) -> None:
    """Have the pictures embedded anew that are embedded in this space alone.

    Nothing happens to a space without a vector.

    Args:
        connection: with a transaction open.
        space: of a hosted model that is gone.
        retired_at: UTC; kept the first time.
    """
    connection.execute(
        "UPDATE vector_space SET retired_at = ifnull(retired_at, ?)"
        " WHERE (model, pooling, dims) = (?, ?, ?)",
        (to_time(retired_at), space.model, space.pooling, space.dims),
    )
    ask_anew(connection)


def ask_anew(connection: sqlite3.Connection) -> None:
    """Have pictures embedded anew that only retired models have embedded.

    To be called when it was counted anew which questions are answered. Vectors that
    nobody waits for go: of a picture that has a newer one, or that no image shows.

    Args:
        connection: with a transaction open.
    """
    retired = connection.execute(
        "SELECT id FROM vector_space WHERE retired_at IS NOT NULL"
    ).fetchall()
    for (space_id,) in retired:
        connection.execute(_ASK_ANEW, (space_id,))
        for (picture_id,) in connection.execute(_NEEDLESS, (space_id,)).fetchall():
            forget_vector(connection, picture_id, space_id)
