"""Forgetting what is gone, and deriving anew."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imgai.domain.derive import LabelRules
from imgai.domain.images import SourceImage
from imgai.domain.journal import Call
from imgai.domain.predictions import Task
from imgai.domain.records import Forgotten
from imgai.errors import DatabaseBusy, Reason, StoreError
from imgai.store.calls import begin_call
from imgai.store.connection import open_for_reading
from imgai.store.failures import Failure, add_failure
from imgai.store.fulltext import check_fulltext, match_words
from imgai.store.lock import hold_database
from imgai.store.upkeep import count_gone, derive_everything, forget_gone
from tests.store.library import (
    AT,
    RULES,
    add_image,
    changing,
    classify,
    cloud_answers,
    make_library,
)

NOTHING = Forgotten(0, 0, 0, 0)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database of three pictures, one of them gone."""
    path = tmp_path / "imgai.db"
    make_library(path)
    return path


def rows(database: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(open_for_reading(database)) as connection:
        return connection.execute(statement).fetchall()


def everything(database: Path) -> list[str]:
    """Return all that the database holds, as SQL, but how FTS5 packs its index."""
    packed = ("image_fts_data", "image_fts_idx")
    with closing(sqlite3.connect(database)) as connection:
        dump = list(connection.iterdump())
    return [line for line in dump if not any(name in line for name in packed)]


def _ignore(done: int, total: int) -> None:
    """Take no notice of the progress."""


def test_what_is_gone_is_forgotten_with_all_that_was_known_of_it(
    database: Path,
) -> None:
    """No table keeps a row of it, but the ledger keeps what it cost."""
    bird = f"p1-{3:064x}"
    with changing(database) as connection:
        call = Call("c", Task.LABELS, "m", AT, (bird,), 1.0)
        begin_call(connection, "run", call)
        image = SourceImage("file:///photos/bird.jpg", 1, 1, None)
        reason = Reason.REJECTED
        failure = Failure(image, reason, "no", is_permanent=True, is_skip=False)
        add_failure(connection, "run", failure, AT)
        dog = replace(failure, image=image._replace(uri="file:///photos/dog.jpg"))
        add_failure(connection, "run", dog, AT)
        connection.execute("INSERT INTO thumbnail (id, jpeg) VALUES (3, x'ffd8')")

    assert forget_gone(database) == Forgotten(1, 1, 3, 1)

    kept = [line for line in everything(database) if bird in line or "bird" in line]
    assert len(kept) == 1
    assert "attempt_picture" in kept[0]
    assert rows(database, "PRAGMA foreign_key_check") == []
    assert rows(database, "SELECT count(*) FROM image") == [(3,)]
    assert rows(database, "SELECT uri FROM failure") == [(dog.image.uri,)]


def test_a_picture_that_another_place_shows_is_kept(database: Path) -> None:
    """Only the gone image is forgotten, not the answers."""
    with changing(database) as connection:
        connection.execute("UPDATE image SET gone_at = 'then' WHERE uri LIKE 'r2:%'")

    assert forget_gone(database) == Forgotten(2, 1, 3, 0)

    assert rows(database, "SELECT count(*) FROM picture") == [(2,)]


def test_a_picture_that_was_overwritten_is_forgotten(database: Path) -> None:
    """Another picture stands where it was, so no image shows it any more."""
    with changing(database) as connection:
        add_image(connection, "file:///photos/dog.jpg", 4)

    assert forget_gone(database) == Forgotten(1, 2, 6, 0)


def test_a_trial_says_the_same_and_changes_nothing(database: Path) -> None:
    """`--dry-run` is to be trusted."""
    before = everything(database)

    said = count_gone(database)

    assert everything(database) == before
    assert forget_gone(database) == said
    assert forget_gone(database) == NOTHING


def test_nothing_is_forgotten_or_derived_while_a_run_holds_the_database(
    database: Path,
) -> None:
    """A run trusts what it has read."""
    with hold_database(database):
        with pytest.raises(DatabaseBusy):
            forget_gone(database)
        with pytest.raises(DatabaseBusy):
            derive_everything(database, RULES, _ignore)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A slip in --db must not leave an empty file, or a lock."""
    path = tmp_path / "none.db"

    with pytest.raises(StoreError):
        forget_gone(path)
    with pytest.raises(StoreError):
        derive_everything(path, RULES, _ignore)
    assert list(tmp_path.iterdir()) == []


def test_new_thresholds_apply_to_old_answers(database: Path) -> None:
    """The couch was seen with 0.7: no call is needed to leave it out."""
    assert derive_everything(database, LabelRules(min_score=0.8), _ignore) == 3

    found = rows(database, "SELECT labels_json FROM image_ai ORDER BY id")
    assert [json.loads(str(labels)) for (labels,) in found] == [
        ["cat"],
        ["dog"],
        ["bird"],
    ]
    with closing(open_for_reading(database)) as connection:
        assert match_words(connection, ["couch"], 9) == []
        assert len(match_words(connection, ["cat"], 9)) == 1


def test_what_is_derived_is_what_was_derived(database: Path) -> None:
    """With the same settings nothing changes, so it may be run at any time."""
    before = everything(database)

    derive_everything(database, RULES, _ignore)

    assert everything(database) == before


def test_damage_to_what_is_derived_is_mended(database: Path) -> None:
    """All of it can be had again from the answers."""
    with changing(database) as connection:
        add_image(connection, "file:///photos/new.jpg", 4)  # nothing is answered of it
    derive_everything(database, RULES, _ignore)
    before = everything(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE picture SET answered = 8 - answered")
        connection.execute(
            "UPDATE analysis SET caption = 'wrong', label_scores_json = '{}'"
        )
        connection.execute("DELETE FROM image_fts")
        connection.execute("INSERT INTO image_fts (rowid, labels) VALUES (99, 'ghost')")
        connection.execute(
            "INSERT INTO analysis SELECT 99, label_scores_json, caption,"
            " caption_source, nsfw_score, models, processing_time_ms, analyzed_at"
            " FROM analysis LIMIT 1"
        )

    derive_everything(database, RULES, _ignore)

    assert everything(database) == before
    with changing(database) as connection:
        assert check_fulltext(connection) == ""


def test_an_index_that_disagrees_with_its_texts_is_made_anew(database: Path) -> None:
    """`doctor` finds it, and says that `reindex` mends it."""
    with changing(database) as connection:
        connection.execute("UPDATE image_fts_content SET c0 = 'elephant'")

    derive_everything(database, RULES, _ignore)

    with changing(database) as connection:
        assert check_fulltext(connection) == ""
        assert match_words(connection, ["elephant"], 9) == []


def test_codes_are_made_of_all_vectors(tmp_path: Path) -> None:
    """After a thousand vectors there are codes, each of a vector that is there."""
    path = tmp_path / "imgai.db"
    with changing(path) as connection:
        for number in range(1_050):
            uri = f"file:///{number}.jpg"
            classify(connection, uri, number, cloud_answers("A cat.", "cat"))
        connection.execute("DELETE FROM vector_code")
    told: list[tuple[int, int]] = []

    derive_everything(path, RULES, lambda *progress: told.append(progress))

    assert rows(path, "SELECT count(*) FROM vector_code") == [(1_050,)]
    assert told[0] == (0, 1_050)
    assert told[-1] == (1_050, 1_050)
