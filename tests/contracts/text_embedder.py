"""What every `TextEmbedder` must do, whatever is behind it."""

import math

import pytest

from imgai.models.base import TextEmbedder


class TextEmbedderContract:
    """Subclass it in a backend's test module and give it an `embedder` fixture."""

    @pytest.mark.anyio
    async def test_vectors_are_of_its_space_and_of_unit_length(
        self, embedder: TextEmbedder
    ) -> None:
        """The store compares them by a plain product: right for length 1 only."""
        for embedded in await embedder.embed(["a ginger cat", "a castle"]):
            assert embedded.space == embedder.space
            assert embedded.vector is not None
            assert embedded.vector.typecode == "f"
            assert len(embedded.vector) == embedder.space.dims
            assert math.hypot(*embedded.vector) == pytest.approx(1, abs=1e-3)

    @pytest.mark.anyio
    async def test_the_space_stays_the_same(self, embedder: TextEmbedder) -> None:
        """Vectors are filed under it, so a call may not change it."""
        before = embedder.space
        await embedder.embed(["a bridge"], ["picture-1"])
        assert embedder.space == before

    @pytest.mark.anyio
    async def test_vectors_come_in_the_order_of_the_texts(
        self, embedder: TextEmbedder
    ) -> None:
        """A text's vector is the same alone as in company, at its own place."""
        texts = ["a ginger cat", "a castle on a hill", "a cup of coffee"]
        together = await embedder.embed(texts, ["one", "two", "three"])

        assert len(together) == len(texts)
        for text, embedded in zip(texts, together, strict=True):
            (alone,) = await embedder.embed([text])
            assert alone.vector is not None
            assert embedded.vector is not None
            assert list(alone.vector) == pytest.approx(list(embedded.vector), abs=1e-3)
