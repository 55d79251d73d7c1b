"""The first layout of the database brought to the second: nothing is lost."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from imgai.domain.predictions import Box, Caption, Detection, Labels, Task
from imgai.store import connection as opening
from imgai.store.connection import open_for_reading, open_for_writing
from imgai.store.fulltext import match_words
from imgai.store.migrations import MIGRATIONS
from imgai.store.predictions import derive_picture, read_predictions
from tests.store.library import RULES

LABELS = [
    ["dog", 0.4, [0.1, 0.2, 0.3, 0.4]],
    ["cat", 0.9123, [0.1234, 0.2, 0.3, 1.0]],
    ["cat", 0.05, None],
    ["\N{SNOWMAN}", 0.2, [0.0, 0.0, 1.0, 1.0]],
]
FIRST_LAYOUT = (
    "INSERT INTO picture VALUES (7, 'p1-7', 8, 6, '00', '[]', 0, 7)",
    "INSERT INTO picture VALUES (9, 'p1-9', 8, 6, '00', '[]', 0, 1)",
    (
        "INSERT INTO image (id, uri, picture_id, picture_hash, size_bytes,"
        " first_seen_at) VALUES (1, 'file:///a.jpg', 7, 'p1-7', 5,"
        " '2026-11-01T00:00:00.000Z')"
    ),
    """
INSERT INTO prediction VALUES
(3, 7, 'p1-7', 'labels', 'workers-ai', 'detr', '{"width":384}', :labels, 1.5, 1, 80,
 '2026-11-01T00:00:00.123Z'),
(4, 7, 'p1-7', 'caption', 'workers-ai', 'gemma', '{"width":384,"prompt":"What?"}',
 '{"caption":"a cat","source":"model"}', 2.5, 0, 90, '2026-11-01T00:00:01.999Z'),
(5, 7, 'p1-7', 'embedding', 'workers-ai', 'bge',
 '{"pooling":"cls","text_sha256":"0123456789abcdef"}', NULL, 0.5, 1, 70,
 '2026-11-01T00:00:02.000Z'),
(6, 9, 'p1-9', 'labels', 'workers-ai', 'detr', '{"width":384}', '[]', 1.5, 1, 80,
 '2026-11-02T00:00:00.000Z')
""",
    """
INSERT INTO image_ai VALUES
(7, 'p1-7', '["cat","dog"]', '{"cat":0.9123,"dog":0.4}', 'a cat', 'model', '[]', NULL,
 'detr, gemma, bge', 240, '2026-11-01T00:00:02.000Z'),
(9, 'p1-9', '[]', '{}', NULL, NULL, '[]', 0.25, 'detr', 80,
 '2026-11-02T00:00:00.000Z')
""",
    "INSERT INTO image_fts (rowid, labels, caption) VALUES (7, 'cat, dog', 'a cat')",
    """
INSERT INTO call VALUES
('c1', 'r', 'labels', 'detr', '2026-11-01T00:00:00.001Z', '2026-11-01T00:00:00.100Z',
 'answered', 1.5, 1, 2.0),
('c2', 'r', 'embedding', 'bge', '2026-11-01T00:00:01.500Z', NULL, NULL, NULL, NULL, 2),
('c3', '', 'embedding', 'retired', '2026-10-01T00:00:00.000Z',
 '2026-10-01T00:00:00.000Z', 'answered', 0.1, 0, NULL)
""",
    """
INSERT INTO call_picture VALUES ('c1', 'p1-7'), ('c2', 'p1-7'), ('c2', 'p1-9'),
('c3', 'p1-of a picture that was pruned')
""",
)
READ = (
    """
SELECT id, picture_id, picture_hash, task, backend, model, params_json, neurons,
    neurons_measured, processing_time_ms, predicted_at
FROM prediction ORDER BY id
""",
    "SELECT result_json FROM prediction WHERE task != 'labels' ORDER BY id",
    "SELECT * FROM image_ai ORDER BY id",
    "SELECT * FROM call ORDER BY id",
    "SELECT * FROM call_picture ORDER BY call, picture_hash",
    "SELECT * FROM photos",
    "SELECT * FROM labels ORDER BY label",
    "SELECT * FROM spend_by_day ORDER BY day, model",
)


def read(connection: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    return [connection.execute(query).fetchall() for query in READ]


@pytest.fixture
def first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, list[list[tuple[object, ...]]]]:
    """Return a database of the first layout, and what people read in it."""
    migrations = Migrations("imgai")
    with closing(sqlite3.connect(":memory:")) as empty:
        oldest = MIGRATIONS.pending(Database(empty))[0]
    migrations(name=oldest.name)(oldest.fn)
    path = tmp_path / "imgai.db"
    with monkeypatch.context() as patch:
        patch.setattr("imgai.store.migrations.MIGRATIONS", migrations)
        patch.setattr(opening, "SCHEMA_VERSION", 1)
        with closing(open_for_writing(path)) as connection:
            for statement in FIRST_LAYOUT:
                connection.execute(
                    statement, {"labels": json.dumps(LABELS, ensure_ascii=False)}
                )
            before = read(connection)
    return path, before


def test_whoever_reads_the_tables_sees_what_was_there(
    first: tuple[Path, list[list[tuple[object, ...]]]],
) -> None:
    """Every column of every row, but for how the boxes of labels are written."""
    path, before = first

    with closing(open_for_writing(path)) as connection:
        assert read(connection) == before
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    (backup,) = path.parent.glob("imgai.db.*.backup")
    with closing(sqlite3.connect(backup)) as copy:
        assert read(copy) == before


def test_the_program_reads_the_same_answers(
    first: tuple[Path, list[list[tuple[object, ...]]]],
) -> None:
    """Edges of boxes are now kept to a thousandth; all else is as it was."""
    with closing(open_for_reading(first[0])) as connection:
        answers = {one.task: one for one in read_predictions(connection, 7)}
        (nothing,) = read_predictions(connection, 9)

        assert match_words(connection, ["cats"], 9)

    assert answers[Task.LABELS].answer == Labels(
        (
            Detection("cat", 0.9123, Box(0.123, 0.2, 0.3, 1.0)),
            Detection("dog", 0.4, Box(0.1, 0.2, 0.3, 0.4)),
            Detection("\N{SNOWMAN}", 0.2, Box(0.0, 0.0, 1.0, 1.0)),
            Detection("cat", 0.05),
        )
    )
    assert answers[Task.CAPTION].answer == Caption("a cat")
    assert answers[Task.CAPTION].params == {"width": 384, "prompt": "What?"}
    assert answers[Task.EMBEDDING].params == {
        "pooling": "cls",
        "text_sha256": "0123456789abcdef",
    }
    assert nothing.answer == Labels(())


def test_what_was_derived_is_derived_alike(
    first: tuple[Path, list[list[tuple[object, ...]]]],
) -> None:
    """`reindex` after the change finds nothing to say anew, but labels it knew not."""
    with closing(open_for_writing(first[0])) as connection:
        derive_picture(connection, 7, RULES)
        row = connection.execute(
            "SELECT label_scores_json, model_version, analyzed_at FROM image_ai"
            " WHERE id = 7"
        ).fetchone()

    assert json.loads(row[0]) == {"cat": 0.9123, "dog": 0.4, "\N{SNOWMAN}": 0.2}
    assert row[1:] == ("detr, gemma, bge", "2026-11-01T00:00:02.000Z")


def test_answers_may_be_deleted_by_the_name_people_know(
    first: tuple[Path, list[list[tuple[object, ...]]]],
) -> None:
    """To have a model's captions made anew, say; all else about a view is read-only."""
    with closing(open_for_writing(first[0])) as connection:
        connection.execute("DELETE FROM prediction WHERE task = 'caption'")

        left = connection.execute("SELECT task FROM prediction ORDER BY id").fetchall()

    assert left == [("labels",), ("embedding",), ("labels",)]
