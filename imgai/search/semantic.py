"""A query's embeddings, remembered or made: one for each space with pictures."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imgai.domain.predictions import Backend, Vector, VectorSpace
from imgai.errors import ImgaiError, ModelRetired
from imgai.store.vectors import known_query, known_spaces

if TYPE_CHECKING:  # a query that was asked before needs no model: 9 ms saved
    from imgai.models.base import EmbeddedText, TextEmbedder

# Called only when a query is new, since some take long to load.
Embedders = Callable[[], Sequence["TextEmbedder"]]

# Stores the embedding of a query, so that it is never paid for again.
KeepQuery = Callable[[str, "EmbeddedText"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """A query's embeddings, by the id of their space."""

    vectors: Mapping[int, Vector] = field(default_factory=dict)
    missing: Mapping[VectorSpace, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # why some are missing


def recall_query(connection: sqlite3.Connection, query: str) -> QueryVectors:
    """Return the query's embeddings, as far as it was asked before.

    `missing` holds the other spaces that a picture has a vector in.
    """
    vectors: dict[int, Vector] = {}
    missing: dict[VectorSpace, int] = {}
    for space, space_id in known_spaces(connection).items():
        vector = known_query(connection, query, space_id)
        if vector is None:
            missing[space] = space_id
        else:
            vectors[space_id] = vector
    return QueryVectors(vectors, missing)


async def embed_query(
    connection: sqlite3.Connection,
    query: str,
    embedders: Embedders,
    keep: KeepQuery | None,
) -> QueryVectors:
    """Return the query's embedding in each space that a picture has a vector in.

    A space whose model cannot embed the query now is left out, and a note says so.

    Args:
        connection: of the database.
        query: not empty.
        embedders: gives those that may be asked.
        keep: stores a new embedding. None: it cannot be stored, so that the next
            search would pay again; then only what is free is asked.
    """
    recalled = recall_query(connection, query)
    if not recalled.missing:
        return recalled
    vectors = dict(recalled.vectors)
    notes: list[str] = []
    able = {one.space: one for one in embedders()}
    for space, space_id in recalled.missing.items():
        answer = await _embed(query, space, able.get(space), keep)
        if isinstance(answer, str):
            notes.append(f"{answer} What it knows could not be searched by meaning.")
        else:
            vectors[space_id] = answer
    return QueryVectors(vectors, notes=tuple(notes))


async def _embed(
    query: str,
    space: VectorSpace,
    embedder: "TextEmbedder | None",
    keep: KeepQuery | None,
) -> Vector | str:
    """Return the query's embedding, or a sentence that says why there is none."""
    if embedder is None:
        return f"{space.model} is not to be had now."
    if keep is None and embedder.backend is not Backend.LOCAL:
        return (
            f"{space.model} was not asked: the database cannot be written, so its"
            " answer could not be kept."
        )
    try:
        (embedded,) = await embedder.embed([query])
    except ModelRetired as error:
        again = "`imgai classify` embeds anew what it knew."
        return f"{space.model} was asked in vain: {error} {again}"
    except ImgaiError as error:
        return f"{space.model} was asked in vain: {error}"
    if embedded.vector is None:
        return f"{space.model} made nothing of the query."
    if keep is not None:
        # A database that is full or busy is no reason to show nothing.
        with suppress(ImgaiError):
            await keep(query, embedded)
    return embedded.vector
