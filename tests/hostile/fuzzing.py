"""Bytes gone wrong, for fuzzers: what was written well, then changed here and there."""

import os
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st

from tests import pictures
from tests.prepare.test_corpus import CORPUS

# By hand: IMGAI_FUZZ=100000 pytest tests/hostile -k fuzz
CASES = int(os.environ.get("IMGAI_FUZZ", "150"))
_MOST_CHANGES = 8
_LARGEST_BYTES = 100_000

a_fixed_number_of_cases = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize="IMGAI_FUZZ" not in os.environ,  # by hand each time others
)


@cache
def whole_files() -> tuple[bytes, ...]:
    """Return small pictures of every format, and the corpus's where it is at hand."""
    made = [
        pictures.encoded(pictures.scene(60, 40), file_format)
        for file_format in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF")
    ]
    made += [
        pictures.encoded(pictures.scene(60, 40), "JPEG", progressive=True),
        pictures.oriented("JPEG", 6),
        pictures.oriented("TIFF", 6),
        pictures.palette_png(),
        pictures.cmyk_jpeg(),
        pictures.animated("GIF"),
        pictures.animated("WEBP"),
    ]
    found = sorted((CORPUS / "files").rglob("*")) if CORPUS.is_dir() else []
    made += [
        path.read_bytes()
        for path in found
        if path.is_file() and path.stat().st_size < _LARGEST_BYTES
    ]
    return tuple(made)


@st.composite
def mutated(draw: st.DrawFn, files: st.SearchStrategy[bytes]) -> bytes:
    """Draw a file with some of its bytes changed, cut out, doubled or put in."""
    content = bytearray(draw(files))
    for _ in range(draw(st.integers(1, _MOST_CHANGES))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        end = at + draw(st.sampled_from((1, 2, 4, 16, 256)))
        match draw(st.sampled_from(("flip", "put", "cut", "double", "end"))):
            case "flip" if content:
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "put":
                content[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "cut":
                del content[at:end]
            case "double":
                content[at:at] = content[at:end]
            case _:
                del content[at:]
    return bytes(content)
