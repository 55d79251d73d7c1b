"""Ten thousand queries that nobody would type, on ten thousand pictures."""

import asyncio
import hashlib
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgai.domain.matches import Found, Search, SearchMode
from imgai.domain.predictions import Backend, Vector
from imgai.models.base import EmbeddedText, TextEmbedder
from imgai.search.find import find
from imgai.store.connection import open_for_reading, open_for_writing
from tests.search.library import SPACE, Said, add, unit

PICTURES = 10_000
QUERIES = 10_000
_WORDS = (
    "cat", "dog", "sofa", "bridge", "musicians", "ginger", "hot", "drink", "bird",
    "castle", "red", "NEAR", "AND", "OR", "NOT", "it's", "C++", "50%", "-cat", "cat*",
    "labels:cat", "{labels caption}:cat", "^cat", '"cat', "(cat", "http://x/y?z=1",
    "NEAR(cat dog, 5)", "cat + dog", "\0", "\ud800", "\u202e", "'; DROP TABLE image;--",
    "家族", "é", "e\u0301", "\U0001f408", "x" * 5_000,
)  # fmt: skip
QUERY = st.text() | st.lists(st.sampled_from(_WORDS) | st.text(max_size=5)).map(
    " ".join
)


class AnyTextEmbedder:
    """Embeds any text, as the local model does."""

    space = SPACE
    backend = Backend.LOCAL

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        assert not picture_hashes
        return [EmbeddedText(self._vector(text), SPACE) for text in texts]

    @staticmethod
    def _vector(text: str) -> Vector:
        digest = hashlib.sha256(text.encode()).digest()
        return unit(*(byte - 127.5 for byte in digest[: SPACE.dims]))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Return a database of ten thousand pictures, open to read."""
    path: Path = tmp_path_factory.mktemp("queries") / "imgai.db"
    with closing(open_for_writing(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(PICTURES):
            words = [_WORDS[(number * step) % 10] for step in (1, 3, 7)]
            vector = unit(*((number * step) % 13 - 6.5 for step in range(1, 9)))
            said = Said(words[:2], f"A {words[2]} beside number {number}.", vector)
            add(connection, f"file:///photos/{number}.jpg", said, ["red", "blue"])
        connection.execute("COMMIT")
    with closing(open_for_reading(path)) as connection:
        yield connection


@pytest.mark.slow
def test_any_text_is_a_valid_query(
    library: sqlite3.Connection, record_property: Callable[[str, object], None]
) -> None:
    """No query is an error, by words or by meaning; how long each took is reported."""
    took_s = array("d")

    @given(query=QUERY, mode=st.sampled_from(SearchMode))
    @settings(
        max_examples=QUERIES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def ask(query: str, mode: SearchMode) -> None:
        began_s = time.perf_counter()
        found = _find(library, Search(query, mode, 20, None))
        took_s.append(time.perf_counter() - began_s)
        assert len(found.matches) <= 20
        assert len({one.picture_hash for one in found.matches}) == len(found.matches)

    ask()

    record_property("queries", len(took_s))
    record_property("slowest_s", max(took_s))
    record_property("mean_s", sum(took_s) / len(took_s))


def _find(connection: sqlite3.Connection, search: Search) -> Found:
    embedders: list[TextEmbedder] = [AnyTextEmbedder()]
    return asyncio.run(find(connection, search, lambda: embedders, None))
