"""The embedding model is retired: everything goes on, and nothing is paid twice."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.stubs.hosted_models import BGE, BGE_M3, DETR, GEMMA
from tests.stubs.workers_ai import WorkersAIStub

Numbered = Callable[[int], Path]


@pytest.fixture
def library(hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered) -> Imgai:
    """Return the program with six pictures embedded by a model that is gone now."""
    assert hosted("classify", numbered(6)).exit_code == 0
    workers_ai.retired.add(BGE)
    workers_ai.calls.clear()
    return hosted


def vectors(imgai: Imgai) -> dict[str, int]:
    """Return how many vectors there are of each model."""
    return dict(
        imgai.rows(
            "SELECT model, count(*) FROM embedding"
            " JOIN vector_space ON vector_space.id = space GROUP BY model"
        )
    )


def asked(stub: WorkersAIStub) -> dict[str, int]:
    """Return how many answers each model gave since the last time."""
    answered = [call.model for call in stub.calls if call.is_answered]
    stub.calls.clear()
    return {model: answered.count(model) for model in answered}


def test_runs_embed_by_the_next_model_and_bring_the_library_along(
    library: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """By the captions that are known: no picture is looked at again."""
    ran = library("classify", numbered(7))  # one more than before

    assert ran.exit_code == 0, ran.err
    assert ran.err.count(f"{BGE} gives way to {BGE_M3}") == 1
    first = asked(workers_ai)
    assert (first[DETR], first[GEMMA]) == (1, 1)

    again = library("classify", numbered(7))

    assert again.exit_code == 0, again.err
    assert set(asked(workers_ai)) <= {BGE_M3}
    assert vectors(library) == {BGE_M3: 7}
    quiet = library("classify", numbered(7))
    assert (quiet.exit_code, quiet.err, asked(workers_ai)) == (0, "", {})


def test_a_search_says_what_to_do_and_finds_again_after_it(
    library: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Until then it goes by words."""
    before = library("search", "picture number 3")
    status = library("status")
    embedded = library("classify", numbered(6))
    after = library("search", "picture number 3", "--mode", "semantic", "--json")

    assert f"{BGE} was asked in vain" in before.err
    assert "`imgai classify` embeds anew what it knew." in before.err
    assert "0003.jpg" in before.out
    assert "embedding: 6 missing\n" in status.out
    assert embedded.exit_code == 0
    assert vectors(library) == {BGE_M3: 6}
    assert after.lines
    assert "in vain" not in after.err
    assert set(asked(workers_ai)) == {BGE_M3}


def test_deriving_anew_does_not_take_old_vectors_for_new(
    library: Imgai, numbered: Numbered
) -> None:
    """The answers of the old model are kept, and do not count."""
    library("search", "picture number 3")

    assert library("reindex").exit_code == 0
    assert "embedding: 6 missing\n" in library("status").out

    assert library("classify", numbered(6)).exit_code == 0
    assert library("reindex").exit_code == 0
    assert "embedding: 6 from workers-ai, none missing" in library("status").out


def test_a_picture_that_nobody_shows_is_not_waited_for(
    library: Imgai, numbered: Numbered
) -> None:
    """No run will see it, and it would be told of at every search."""
    photos = numbered(6)
    (photos / "0005.jpg").unlink()
    assert library("classify", photos).exit_code == 0

    library("search", "picture number 3")

    assert sum(vectors(library).values()) == 5


def test_shards_that_knew_and_shards_that_did_not_come_together(
    library: Imgai, numbered: Numbered, tmp_path: Path
) -> None:
    """A database that was copied before brings its old vectors for nothing."""
    old = tmp_path / "old.db"
    assert library("backup", old).exit_code == 0
    for _ in range(2):
        assert library("classify", numbered(7)).exit_code == 0

    assert library("merge", old).exit_code == 0

    assert vectors(library) == {BGE_M3: 7}
    assert "embedding: 7 from workers-ai, none missing" in library("status").out
    other = tmp_path / "other.db"
    shutil.copy(old, other)
    assert library("merge", library.database, "--db", other).exit_code == 0
    ran = library("status", "--db", other)
    assert "embedding: 7 from workers-ai, none missing" in ran.out


def test_a_model_that_was_named_is_not_replaced(
    library: Imgai, numbered: Numbered
) -> None:
    """Whoever named it is told what else there is."""
    ran = library("classify", numbered(7), AI_EMBEDDING_MODEL="bge-base-en-v1.5")

    assert ran.exit_code == 78
    assert f"one of: {BGE_M3}" in ran.err
    assert vectors(library) == {BGE: 6}


@pytest.mark.parametrize("model", ["bge-m3", "bge-large-en-v1.5", "bge-small-en-v1.5"])
def test_any_of_the_models_may_be_named(
    hosted: Imgai, numbered: Numbered, model: str
) -> None:
    """Its embeddings are searched, whatever is named by then."""
    ran = hosted("classify", numbered(3), AI_EMBEDDING_MODEL=model)
    found = hosted("search", "picture number 2", "--mode", "semantic", "--json")

    assert ran.exit_code == 0, ran.err
    assert vectors(hosted) == {f"@cf/baai/{model}": 3}
    assert found.lines[0]["uri"].endswith("0002.jpg")
