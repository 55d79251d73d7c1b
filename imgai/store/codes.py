"""Vectors as bits: half floats for exact comparison, one sign a dimension to sift."""

import struct
from collections.abc import Sequence


def to_half(vector: Sequence[float]) -> bytes:
    """Return a vector as little-endian float16, 2 bytes a dimension."""
    return struct.pack(f"<{len(vector)}e", *vector)
