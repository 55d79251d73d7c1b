"""When a search asks a model for its query's meaning, and what it does without."""

import sqlite3

import pytest

from imgai.domain.matches import Search
from imgai.domain.predictions import Backend
from imgai.errors import AccessDenied, ImgaiError, ModelUnavailable, StoreError
from imgai.search.find import find_known
from tests.search.searching import CAT, Embedder, Searcher, uris


@pytest.mark.anyio
async def test_a_query_is_embedded_once(pets: sqlite3.Connection) -> None:
    """Then it is remembered, however it is spaced."""
    embedder = Embedder({"a cat": CAT})
    search = Searcher(pets, [embedder])

    first = await search("a cat")
    again = await search("  a \n cat ")

    assert embedder.asked == ["a cat"]
    assert again == first
    assert find_known(pets, Search("a cat")) == first
    assert find_known(pets, Search("a dog")) is None


@pytest.mark.anyio
async def test_a_query_that_is_known_needs_no_model(pets: sqlite3.Connection) -> None:
    """Not even one that can be had."""
    await Searcher(pets, [Embedder({"cat": CAT})])("cat")

    found = await Searcher(pets, embedders=[])("cat")

    assert found.matches[0].semantic_rank == 1
    assert found.notes == ()


@pytest.mark.anyio
async def test_without_a_model_hybrid_goes_by_words_and_says_so(
    pets: sqlite3.Connection,
) -> None:
    """All of them, then: some words are better than nothing."""
    found = await Searcher(pets, embedders=[])("orange cat asleep")

    assert uris(found) == ["file:///cat.jpg"]
    assert found.matches[0].matched_words == ("orange", "cat")
    (note,) = found.notes
    assert note.startswith("embedder is not to be had now.")


@pytest.mark.parametrize("error", [ModelUnavailable("no answer"), AccessDenied("no")])
@pytest.mark.anyio
async def test_a_model_that_fails_costs_only_the_meaning(
    pets: sqlite3.Connection, error: ImgaiError
) -> None:
    """The words are still found, and the note says what the model said."""
    found = await Searcher(pets, [Embedder({}, error=error)])("cat")

    assert uris(found) == ["file:///cat.jpg"]
    assert str(error) in found.notes[0]


@pytest.mark.parametrize(
    ("backend", "asked"), [(Backend.LOCAL, ["cat"]), (Backend.WORKERS_AI, [])]
)
@pytest.mark.anyio
async def test_nothing_is_paid_for_what_cannot_be_kept(
    pets: sqlite3.Connection, backend: Backend, asked: list[str]
) -> None:
    """A database that cannot be written would be paid for with every search."""
    embedder = Embedder({"cat": CAT}, backend=backend)
    search = Searcher(pets, [embedder], is_writable=False)

    found = await search("cat")

    assert uris(found)[0] == "file:///cat.jpg"
    assert embedder.asked == asked
    assert bool(found.notes) == (not asked)


@pytest.mark.anyio
async def test_an_answer_that_could_not_be_kept_is_used(
    pets: sqlite3.Connection,
) -> None:
    """A full disk is no reason to show nothing."""
    search = Searcher(pets, [Embedder({"kitten": CAT})], disk=StoreError("disk full"))

    assert uris(await search("kitten"))[0] == "file:///cat.jpg"
