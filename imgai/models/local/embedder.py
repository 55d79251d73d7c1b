"""Queries as vectors, in the space of the pictures' local embeddings."""

import asyncio
import time
from array import array
from collections.abc import Sequence

from imgai.domain.predictions import Backend, VectorSpace
from imgai.models.base import EmbeddedText
from imgai.models.local.lazy import Lazy
from imgai.models.local.semantics import SPACE
from imgai.models.local.text_encoder import TextEncoder


class LocalEmbedder:
    """Embeds texts on this machine. A `TextEmbedder`; loads when first asked."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._encoder = Lazy(TextEncoder)

    @property
    def space(self) -> VectorSpace:
        """See `TextEmbedder.space`."""
        return SPACE

    @property
    def backend(self) -> Backend:
        """See `TextEmbedder.backend`."""
        return Backend.LOCAL

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`.

        Raises:
            SettingsError: a file of the text encoder is not the right one.
        """
        del picture_hashes  # nothing is paid for, so there is no journal to keep
        return await asyncio.to_thread(self._embed, tuple(texts))

    def _embed(self, texts: Sequence[str]) -> list[EmbeddedText]:
        """Embed texts, in order, in the calling thread."""
        encoder = self._encoder.get()
        embedded: list[EmbeddedText] = []
        for text in texts:
            started_s = time.perf_counter()
            row = encoder.encode([text])[0]
            took_ms = round((time.perf_counter() - started_s) * 1000)
            vector = array("f", row.tobytes())
            embedded.append(EmbeddedText(vector, SPACE, processing_time_ms=took_ms))
        return embedded
