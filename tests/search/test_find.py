"""Searches, from the query to the matches."""

import sqlite3
import subprocess
import sys

import pytest

from imgai.domain.derive import Label
from imgai.domain.matches import Found, SearchMode
from imgai.domain.predictions import Backend, CaptionSource, VectorSpace
from imgai.store.images import mark_gone
from tests.search.library import NOW, Said, add, unit
from tests.search.searching import CAT, DOG, Embedder, Searcher, uris

OTHER = VectorSpace("other", "mean", 8)


@pytest.mark.anyio
async def test_words_and_meaning_agree_on_the_first(pets: sqlite3.Connection) -> None:
    """What both find comes first; each match says why it is there."""
    search = Searcher(pets, [Embedder({"cat": CAT})])

    first, *_ = (await search("cat")).matches

    assert first.uri == "file:///cat.jpg"
    assert (first.text_rank, first.semantic_rank) == (1, 1)
    assert first.similarity == pytest.approx(1, abs=1e-3)
    assert first.score == 2 / 61
    assert first.matched_words == ("cat",)
    assert first.labels == (Label("cat", 0.9),)
    assert (first.caption, first.caption_source) == ("a cat", CaptionSource.MODEL)


@pytest.mark.anyio
async def test_meaning_finds_what_words_do_not(pets: sqlite3.Connection) -> None:
    """No caption says "kitten"."""
    search = Searcher(pets, [Embedder({"kitten": CAT})])

    assert uris(await search("kitten"))[0] == "file:///cat.jpg"
    assert uris(await search("kitten", SearchMode.TEXT)) == []
    assert uris(await search("kitten", SearchMode.SEMANTIC))[0] == "file:///cat.jpg"


@pytest.mark.anyio
async def test_a_colour_or_a_file_name_does_not_beat_meaning(
    pets: sqlite3.Connection,
) -> None:
    """An orange cat is not what "orange" means, nor is what somebody named it."""
    fruit = unit(0.0, 0.0, 0.0, 1.0)
    add(pets, "file:///fruit.jpg", Said(["orange"], "oranges", fruit))
    add(pets, "file:///orange.jpg", Said(["car"], "a car", DOG), colours=["orange"])
    search = Searcher(pets, [Embedder({"orange": fruit})])

    found = await search("orange")

    assert found.matches[0].uri == "file:///fruit.jpg"
    assert [one.uri for one in found.matches if one.text_rank] == ["file:///fruit.jpg"]


@pytest.mark.anyio
async def test_a_file_is_found_by_its_name(pets: sqlite3.Connection) -> None:
    """Where no label or caption has the word, the owner's word is worth a place."""
    add(pets, "file:///IMG_0412.jpg", Said(["car"], "a car", DOG))
    search = Searcher(pets, [Embedder({})])

    assert uris(await search("IMG_0412"))[0] == "file:///IMG_0412.jpg"


@pytest.mark.anyio
async def test_two_spaces_give_two_rankings(pets: sqlite3.Connection) -> None:
    """A library that is half local, half Workers AI is searched whole."""
    add(pets, "file:///local.jpg", Said(["lion"], "a lion", DOG, OTHER, Backend.LOCAL))
    here, there = Embedder({"cat": CAT}), Embedder({"cat": DOG}, space=OTHER)

    found = await Searcher(pets, [here, there])("cat")
    first = {match.uri for match in found.matches if match.semantic_rank == 1}
    assert first == {"file:///cat.jpg", "file:///local.jpg"}

    found = await Searcher(pets, [there])("kitten")
    assert uris(found) == ["file:///local.jpg"]
    assert found.notes[0].startswith("embedder is not to be had")


@pytest.mark.anyio
async def test_what_is_not_similar_enough_is_left_out(
    pets: sqlite3.Connection,
) -> None:
    """A matched word is reason enough, similar or not."""
    search = Searcher(pets, [Embedder({"kitten": CAT, "dog": CAT})])

    assert uris(await search("kitten", min_similarity=0.5)) == ["file:///cat.jpg"]
    assert set(uris(await search("dog", min_similarity=0.5))) == {
        "file:///cat.jpg",
        "file:///dog.jpg",
    }


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.anyio
async def test_an_empty_query_finds_the_newest(
    pets: sqlite3.Connection, mode: SearchMode
) -> None:
    """Filters alone are a search too; and nothing is asked of a model."""
    found = await Searcher(pets)("  ", mode, limit=2)

    assert uris(found) == ["file:///sea.jpg", "file:///dog.jpg"]
    assert found.matches[0].text_rank is None
    assert found.notes == ()


@pytest.mark.parametrize("query", ["?!", "--", "🐈"])
@pytest.mark.anyio
async def test_a_query_without_a_word_finds_nothing_and_says_so(
    pets: sqlite3.Connection, query: str
) -> None:
    """No model is paid to make sense of it."""
    embedder = Embedder({})

    found = await Searcher(pets, [embedder])(query)

    assert found == Found((), ("There is no word in the query.",))
    assert embedder.asked == []


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.anyio
async def test_an_empty_database_finds_nothing(
    connection: sqlite3.Connection, mode: SearchMode
) -> None:
    """Which is an answer."""
    embedder = Embedder({})

    assert await Searcher(connection, [embedder])("cat", mode) == Found(())
    assert embedder.asked == []


@pytest.mark.anyio
async def test_a_picture_is_one_match_however_many_images_show_it(
    pets: sqlite3.Connection,
) -> None:
    """Its first image that is there stands for it; the others are counted."""
    for copy in ("copy", "third"):
        said = Said(["cat"], "a cat", CAT)
        add(pets, f"file:///{copy}.jpg", said, picture_hash="file:///cat.jpg")
    search = Searcher(pets, [Embedder({"cat": CAT})])

    match = (await search("cat")).matches[0]
    assert (match.uri, match.other_images) == ("file:///cat.jpg", 2)

    mark_gone(pets, [1], NOW)
    match = (await search("cat")).matches[0]
    assert (match.uri, match.other_images) == ("file:///copy.jpg", 1)


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.anyio
async def test_gone_pictures_are_not_found(
    pets: sqlite3.Connection, mode: SearchMode
) -> None:
    """Neither by words nor by meaning."""
    mark_gone(pets, [1, 2, 3], NOW)

    assert uris(await Searcher(pets, [Embedder({"cat": CAT})])("cat", mode)) == []


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.anyio
async def test_no_more_is_found_than_was_asked_for(
    pets: sqlite3.Connection, mode: SearchMode
) -> None:
    """The limit is the number of matches."""
    search = Searcher(pets, [Embedder({"cat": CAT})])

    assert len((await search("cat", mode, limit=1)).matches) == 1


def test_a_search_loads_nothing_heavy() -> None:
    """Each of these takes longer to import than a search to run."""
    heavy = {"numpy", "httpx", "rich", "sqlite_utils", "PIL", "onnxruntime", "asyncio"}
    program = (
        "import sys, imgai.search.find, imgai.store.connection; print(*sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert heavy & set(done.stdout.split()) == set()
