"""What many rows repeat, kept once and referred to by number."""

import sqlite3

from imgai.domain.predictions import Backend, Task


def model_id(
    connection: sqlite3.Connection, task: Task, model: str, backend: Backend
) -> int:
    """Return the number of a model that does a task, adding it if it is new."""
    select = "SELECT id FROM model WHERE (task, model) = (?, ?)"
    row = connection.execute(select, (task, model)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO model (task, model, backend) VALUES (?, ?, ?) RETURNING id",
            (task, model, backend),
        ).fetchone()
    found: int = row[0]
    return found


def text_id(connection: sqlite3.Connection, text: str) -> int:
    """Return the number of a text that many rows have, adding it if it is new.

    Such are the parameters of predictions, lists of models and the ids of runs.
    """
    select = "SELECT id FROM shared_text WHERE text = ?"
    row = connection.execute(select, (text,)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO shared_text (text) VALUES (?) RETURNING id", (text,)
        ).fetchone()
    found: int = row[0]
    return found
