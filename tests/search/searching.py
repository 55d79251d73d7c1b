"""Searches in tests: what embeds their queries, and a database they run on."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imgai.domain.matches import Found, Search, SearchMode
from imgai.domain.predictions import Backend, Vector, VectorSpace
from imgai.errors import ImgaiError
from imgai.models.base import EmbeddedText, TextEmbedder
from imgai.search.find import find
from imgai.store.vectors import keep_query, known_spaces
from tests.search.library import NOW, SPACE, unit

CAT, DOG, SEA = unit(1.0), unit(0.0, 1.0), unit(0.0, 0.0, 1.0)


@dataclass
class Embedder:
    """An embedder that knows some texts, counts what it is asked, and may fail."""

    texts: Mapping[str, Vector]
    space: VectorSpace = SPACE
    backend: Backend = Backend.WORKERS_AI
    error: ImgaiError | None = None
    asked: list[str] = field(default_factory=list)

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`."""
        assert not picture_hashes, "a query is about no picture"
        self.asked += texts
        if self.error:
            raise self.error
        return [EmbeddedText(self.texts.get(text, SEA), self.space) for text in texts]


@dataclass
class Searcher:
    """Searches one database with some embedders, and remembers queries."""

    connection: sqlite3.Connection
    embedders: Sequence[TextEmbedder] = ()
    is_writable: bool = True
    disk: ImgaiError | None = None

    async def __call__(
        self,
        query: str,
        mode: SearchMode = SearchMode.HYBRID,
        limit: int = 20,
        min_similarity: float | None = None,
    ) -> Found:
        """Return what is found."""
        return await find(
            self.connection,
            Search(query, mode, limit, min_similarity),
            lambda: self.embedders,
            self.keep if self.is_writable else None,
        )

    async def keep(self, query: str, embedded: EmbeddedText) -> None:
        """Keep a query as the command does."""
        if self.disk:
            raise self.disk
        assert embedded.vector is not None
        space = known_spaces(self.connection)[embedded.space]
        keep_query(
            self.connection, query, space, embedded.vector, neurons=0, asked_at=NOW
        )


def uris(found: Found) -> list[str]:
    """Return where the pictures found are, best first."""
    return [match.uri for match in found.matches]
