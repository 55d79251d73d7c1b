"""Merging into a database that holds the same already: the newest of each stays."""

from array import array
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imgai.domain.journal import Call
from imgai.domain.plan import answered_bit
from imgai.domain.predictions import (
    Backend,
    Embedding,
    Prediction,
    Task,
    VectorSpace,
)
from imgai.store.calls import begin_call
from imgai.store.codes import to_half
from imgai.store.retirement import retire_space
from tests.store.library import AT, CLOUD_SPACE, changing, cloud_answers, local_answers
from tests.store.merging import merge, one_picture, rows

BEFORE, SINCE = "2026-11-21", "2026-11-23"
NEW_VECTOR = (0.0, 1.0, 0.0, 0.0)


def newer(caption: str) -> list[Prediction]:
    """Return what Workers AI says of a picture a day later, another embedding too."""
    labels, told, embedded = cloud_answers(caption, "cat")
    embedding = Embedding(CLOUD_SPACE, array("f", NEW_VECTOR))
    answers = [labels, told, replace(embedded, answer=embedding)]
    return [replace(one, predicted_at=AT + timedelta(days=1)) for one in answers]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_newer_answer_takes_the_place_of_one_that_was_merged_before(
    tmp_path: Path, *, is_reversed: bool
) -> None:
    """With its vector and all that is derived; an older one changes nothing."""
    target = tmp_path / "all.db"
    sources = [
        one_picture(tmp_path / "old.db", 1, cloud_answers("A dog.", "dog")),
        one_picture(tmp_path / "new.db", 1, newer("A cat.")),
    ]
    for source in reversed(sources) if is_reversed else sources:
        merge(target, source)

    assert rows(target, "SELECT labels_json, caption FROM image_ai") == [
        ('["cat"]', "A cat.")
    ]
    assert rows(target, "SELECT vector FROM embedding") == [(to_half(NEW_VECTOR),)]


def test_local_vectors_come_along_whatever_their_model_is_called(
    tmp_path: Path,
) -> None:
    """Their space is called after the text model alone."""
    *others, embedding = local_answers("A cat.", "cat")
    space = VectorSpace("all-MiniLM-L6-v2", "conse", 3)
    answer = Embedding(space, array("f", [0.0, 0.6, 0.8]))
    named = replace(embedding, model="local/minilm-l6-v2-conse", answer=answer)
    source = one_picture(tmp_path / "1.db", 1, [*others, named])

    merge(tmp_path / "all.db", source)

    assert named.backend is Backend.LOCAL
    assert rows(tmp_path / "all.db", "SELECT count(*) FROM embedding") == [(1,)]


@pytest.mark.parametrize(
    ("insert", "kept"),
    [
        (
            "INSERT INTO relevance_floor VALUES (1, {0}, 0.25, 0.6, 0.5, 0.7, '{1}')",
            "SELECT least FROM relevance_floor",
        ),
        (
            "INSERT INTO sidecar VALUES (1, 'file:///a.xmp', '', NULL, '{0}', '{1}')",
            "SELECT CAST(after_hash AS REAL) FROM sidecar",
        ),
        (
            "INSERT INTO query_embedding VALUES ('cat', 1, x'00', {0}, '{1}')",
            "SELECT neurons FROM query_embedding",
        ),
    ],
    ids=["floor", "sidecar", "query"],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_what_was_written_twice_the_later_stays(
    tmp_path: Path, insert: str, kept: str, *, is_reversed: bool
) -> None:
    """Whichever database is merged first."""
    sources = []
    for value, moment in ((0.25, BEFORE), (0.75, SINCE)):
        path = tmp_path / f"{moment}.db"
        one_picture(path, 1, cloud_answers("A cat.", "cat"))
        with changing(path) as connection:
            connection.execute(insert.format(value, moment))
        sources.append(path)
    target = tmp_path / "all.db"

    for source in reversed(sources) if is_reversed else sources:
        merge(target, source)

    assert rows(target, kept) == [(0.75,)]


def test_what_the_older_of_two_queries_cost_stays_on_record(tmp_path: Path) -> None:
    """Also when the newer one was there first."""
    sources = []
    for neurons, moment in ((0.75, SINCE), (0.25, BEFORE)):
        path = tmp_path / f"{moment}.db"
        one_picture(path, 1, cloud_answers("A cat.", "cat"))
        with changing(path) as connection:
            query = "INSERT INTO query_embedding VALUES ('cat', 1, x'00', ?, ?)"
            connection.execute(query, (neurons, moment))
        sources.append(path)
    target = tmp_path / "all.db"

    for source in sources:
        merge(target, source)

    assert rows(target, "SELECT neurons FROM call") == [(0.25,)]


def test_a_call_of_no_run_arrives(tmp_path: Path) -> None:
    """A search made it, to measure a model."""
    source = one_picture(tmp_path / "1.db", 1, [])
    with changing(source) as connection:
        begin_call(connection, None, Call("c", Task.EMBEDDING, "m", AT, (), 9.0))

    assert merge(tmp_path / "all.db", source).calls == 1
    assert rows(tmp_path / "all.db", "SELECT id, run FROM call") == [("c", "")]


def test_a_run_that_was_open_is_brought_up_to_date(tmp_path: Path) -> None:
    """It was merged while it was at work, and again when it had ended."""
    source, target = one_picture(tmp_path / "1.db", 1, []), tmp_path / "all.db"
    with changing(source) as connection:
        connection.execute(
            "INSERT INTO run (id, source, backend, options_json, started_at)"
            " VALUES ('r', '', 'local', '{}', ?)",
            (BEFORE,),
        )
    merge(target, source)
    with changing(source) as connection:
        connection.execute("UPDATE run SET finished_at = ?, exit_code = 3", (SINCE,))

    merge(target, source)

    found = rows(target, "SELECT finished_at, exit_code FROM run")
    assert found == [(SINCE, 3)]


def test_a_failure_later_than_the_answer_stays_open(tmp_path: Path) -> None:
    """It was asked about again, and in vain."""
    source = one_picture(tmp_path / "1.db", 1, cloud_answers("A cat.", "cat"))
    with changing(source) as connection:
        connection.execute(
            "INSERT INTO failure (id, run, uri, picture_hash, task, error, message,"
            " permanent, attempts, failed_at) SELECT 'f', 'r', uri, picture_hash,"
            " 'labels', 'rejected', '', 0, 1, '2026-11-23T12:00:00.000Z' FROM image"
        )

    merge(tmp_path / "all.db", source)

    assert rows(tmp_path / "all.db", "SELECT resolved_at FROM failure") == [(None,)]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_model_that_one_database_knows_to_be_gone_is_gone(
    tmp_path: Path, *, is_reversed: bool
) -> None:
    """No query can be embedded by it: what it embedded is embedded anew."""
    sources = [
        one_picture(tmp_path / f"{number}.db", number, cloud_answers("A cat.", "cat"))
        for number in (1, 2)
    ]
    with changing(sources[0]) as connection:
        retire_space(connection, CLOUD_SPACE, AT)
    target = tmp_path / "all.db"

    for source in reversed(sources) if is_reversed else sources:
        merge(target, source)

    retired = rows(target, "SELECT retired_at IS NOT NULL FROM vector_space")
    assert retired == [(1,)]
    bit = answered_bit(Task.EMBEDDING, Backend.WORKERS_AI)
    answered = [held for (held,) in rows(target, "SELECT answered FROM picture")]
    assert [isinstance(held, int) and held & bit for held in answered] == [0, 0]
