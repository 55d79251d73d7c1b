"""Merging databases: everything arrives, the newest stays, and nothing twice."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imgai.domain.journal import Call
from imgai.domain.merging import Merged, Move
from imgai.domain.predictions import Prediction, Task
from imgai.store.calls import begin_call
from imgai.store.connection import open_for_reading
from imgai.store.fulltext import check_fulltext, match_words
from tests.store.library import (
    AT,
    changing,
    classify,
    cloud_answers,
    local_answers,
    make_library,
)
from tests.store.merging import contents, everything, merge, one_picture, rows


def later(answers: list[Prediction], days: int = 1) -> list[Prediction]:
    shift = timedelta(days=days)
    return [replace(one, predicted_at=one.predicted_at + shift) for one in answers]


_MORE_ROWS = (
    """
INSERT INTO run (id, source, backend, options_json, started_at)
VALUES ('r', 'file:///photos/', 'workers-ai', '{}', '2026-11-22T11')
""",
    "INSERT INTO shared_text (id, text) VALUES (90, 'r')",
    "INSERT INTO model VALUES (90, 'labels', 'm', 'workers-ai')",
    """
INSERT INTO attempt (number, id, run, model, started_ms, neurons)
VALUES (9, 'c', 90, 90, 1795000000000, 1.5)
""",
    """
INSERT INTO failure (id, run, uri, error, message, permanent, attempts, failed_at)
VALUES ('f', 'r', 'file:///x', 'corrupt', 'no', 1, 1, '2026')
""",
    "INSERT INTO attempt_picture VALUES (9, 0, 1, NULL), (9, 1, NULL, 'p1-x')",
    "INSERT INTO query_embedding VALUES ('cat', 1, x'00', 0.5, '2026-11-22')",
    "INSERT INTO sidecar VALUES (1, 'file:///a.xmp', 'file:///a', NULL, 'h', '2026')",
    "INSERT INTO thumbnail VALUES (1, x'00')",
    "INSERT INTO relevance_floor VALUES (1, 0.4, 0.25, 0.6, 0.5, 0.7, '2026-11-22')",
)


def fill_every_table(database: Path) -> None:
    """Make a library with at least one row in every table that is no cache."""
    make_library(database)
    with changing(database) as connection:
        for statement in _MORE_ROWS:
            connection.execute(statement)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return where to merge to; nothing is there yet."""
    return tmp_path / "all.db"


def test_all_that_a_database_holds_arrives(tmp_path: Path, target: Path) -> None:
    """Every column of every table: one that is added later and forgotten shows here."""
    source = tmp_path / "shard.db"
    fill_every_table(source)
    before = contents(source)
    assert all(before.values()), "a table without a row proves nothing"

    merged = merge(target, source)

    assert contents(target) == before
    assert merged == Merged(
        databases=1, images=4, pictures=3, answers=12, calls=1, neurons=2.0
    )
    with changing(target) as connection:
        assert check_fulltext(connection) == ""
        assert len(match_words(connection, ["ginger"], 9)) == 1


def test_merging_the_same_again_changes_nothing(tmp_path: Path, target: Path) -> None:
    """Neither rows nor keys, so a backfill may merge after each of its jobs."""
    source, other = tmp_path / "1.db", tmp_path / "2.db"
    fill_every_table(source)
    one_picture(other, 1, later(cloud_answers("A tabby cat.", "cat")))
    merge(target, source, other)
    before = everything(target)

    assert merge(target, other, source) == Merged(databases=2)

    assert everything(target) == before


@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_newest_answer_of_each_model_stays(
    tmp_path: Path, target: Path, *, is_reversed: bool
) -> None:
    """Whichever database is named first; what is derived follows."""
    sources = [
        one_picture(tmp_path / "old.db", 1, cloud_answers("A dog.", "dog")),
        one_picture(tmp_path / "new.db", 1, later(cloud_answers("A cat.", "cat"))),
    ]
    merge(target, *(reversed(sources) if is_reversed else sources))

    ai = "SELECT labels_json, caption, analyzed_at FROM image_ai"
    assert rows(target, ai) == [('["cat"]', "A cat.", "2026-11-23T12:00:00.000Z")]
    assert rows(target, "SELECT count(*) FROM prediction") == [(3,)]
    with closing(open_for_reading(target)) as connection:
        assert match_words(connection, ["dog"], 9) == []


def test_answers_of_two_models_stay_side_by_side(tmp_path: Path, target: Path) -> None:
    """Both were paid for."""
    answers = cloud_answers("A cat.", "cat")
    sources = [
        one_picture(tmp_path / "1.db", 1, answers),
        one_picture(tmp_path / "2.db", 1, [replace(answers[1], model="@cf/other")]),
    ]
    merged = merge(target, *sources)

    assert merged.answers == 4
    assert merged.images == 1


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_picture_has_no_local_vector_beside_one_of_workers_ai(
    tmp_path: Path, target: Path, *, is_reversed: bool
) -> None:
    """It would be counted twice in each search; the local answers themselves stay."""
    sources = [
        one_picture(tmp_path / "1.db", 1, local_answers("A cat.", "cat")),
        one_picture(tmp_path / "2.db", 1, cloud_answers("A cat.", "cat")),
    ]
    merge(target, *(reversed(sources) if is_reversed else sources))

    spaces = (
        "SELECT backend FROM embedding JOIN vector_space ON vector_space.id = space"
    )
    assert rows(target, spaces) == [("workers-ai",)]
    assert rows(target, "SELECT count(*) FROM prediction") == [(6,)]
    (both,) = rows(target, "SELECT answered FROM picture")
    (one,) = rows(sources[1], "SELECT answered FROM picture")
    assert int(str(both[0])) & int(str(one[0])) == one[0] != both[0]


def test_a_call_that_was_open_is_brought_up_to_date(
    tmp_path: Path, target: Path
) -> None:
    """A shard that was merged while it was at work, and again when it had ended."""
    shard = one_picture(tmp_path / "1.db", 1, [])
    with changing(shard) as connection:
        begin_call(connection, "r", Call("c", Task.LABELS, "m", AT, (), 9.0))
    assert merge(target, shard).neurons == 9

    with changing(shard) as connection:
        connection.execute(
            "UPDATE attempt SET finished_ms = 5, outcome = 'answered', neurons = 4"
        )
    with changing(target) as connection:  # as the next run on it would
        connection.execute("UPDATE attempt SET outcome = 'perhaps-billed', neurons = 9")

    assert merge(target, shard).neurons == -5
    assert rows(target, "SELECT outcome, neurons FROM call") == [("answered", 4)]


def test_a_query_that_was_paid_for_twice_counts_twice(
    tmp_path: Path, target: Path
) -> None:
    """One embedding of it is kept; what both cost stays on record."""
    sources = []
    for number in (1, 2):
        path = one_picture(
            tmp_path / f"{number}.db", number, cloud_answers("A cat.", "cat")
        )
        with changing(path) as connection:
            connection.execute(
                "INSERT INTO query_embedding VALUES ('cat', 1, x'00', 0.25, ?)",
                (f"2026-11-2{number}",),
            )
        sources.append(path)

    assert merge(target, *sources).neurons == 0.5
    assert merge(target, *reversed(sources)).neurons == 0
    kept = rows(target, "SELECT query, asked_at FROM query_embedding")
    assert kept == [("cat", "2026-11-22")]


def test_images_move_with_their_folder(tmp_path: Path, target: Path) -> None:
    """However the folder is written; its neighbour of a like name stays."""
    source = tmp_path / "1.db"
    with changing(source) as connection:
        for number, folder in enumerate(("my%20photos", "my%20photos2")):
            classify(connection, f"file:///mnt/{folder}/a.jpg", number, [])

    moves = (Move.parse("file:///mnt/my photos/=r2://holiday/2024"),)
    assert merge(target, source, moves=moves).moved == 1

    assert rows(target, "SELECT uri FROM image ORDER BY uri") == [
        ("file:///mnt/my%20photos2/a.jpg",),
        ("r2://holiday/2024/a.jpg",),
    ]
    assert merge(target, source, moves=moves).images == 0
