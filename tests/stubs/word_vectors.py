"""Embeddings of a kind: shared words make texts similar."""

import hashlib
import re
from functools import lru_cache

_SMALL_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "the", "with"}
)


def text_vector(text: str, kind: str, dims: int = 768) -> list[float]:
    """Return a bag of words as a vector: shared words make texts similar.

    Args:
        text: what to embed.
        kind: vectors of two kinds, by model or pooling, have nothing in common.
        dims: its width.
    """
    words = re.findall(r"[a-z0-9]+", text.lower())
    words = [word for word in words if word not in _SMALL_WORDS] or [text]
    signs = [_word_signs(word.rstrip("s"), kind, dims) for word in words]
    return [sum(column) / len(signs) for column in zip(*signs, strict=True)]


@lru_cache(maxsize=10_000)
def _word_signs(word: str, kind: str, dims: int) -> tuple[float, ...]:
    bits = int.from_bytes(
        hashlib.shake_256(f"{kind}/{word}".encode()).digest(dims // 8)
    )
    return tuple(0.05 if bits >> place & 1 else -0.05 for place in range(dims))
