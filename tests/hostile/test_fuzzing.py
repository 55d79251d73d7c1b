"""Fuzzers of the two doors through which foreign bytes come in: files and answers."""

import asyncio
import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.images import PreparedImage
from imgai.domain.predictions import VectorSpace
from imgai.errors import BadAnswer, ImageError
from imgai.models.answers import read_caption, read_labels, read_vectors
from imgai.prepare.identity import identify
from imgai.prepare.preparer import Preparer
from imgai.transport.cloudflare import parse_json
from tests.hostile.fuzzing import a_fixed_number_of_cases, mutated, whole_files
from tests.models.prepared import prepared_image

_WIDEST_PX = 384
_HIGHEST_PX = 4 * _WIDEST_PX
_HANG_S = 10.0  # far above the decoder's own deadline
_SPACE = VectorSpace("embedder", "cls", 4)
_IMAGE = prepared_image()

# Answers of every shape that is known, for the mutations to begin with.
_ANSWERS = [
    [
        {
            "score": 0.98,
            "label": "cat",
            "box": {"xmin": 1, "ymin": 2, "xmax": 9, "ymax": 9},
        }
    ],
    [{"score": 0.5, "label": "tabby"}, {"score": 0.1, "label": "\u00e9t\u00e9"}],
    {"description": " A cat on a sofa."},
    {"caption": '"A **cat**"', "answer": None, "metrics": {"input_tokens": 7}},
    {"choices": [{"message": {"content": "<think>hm</think> A cat."}}]},
    {"choices": [{"message": {"content": [{"type": "text", "text": "A cat."}]}}]},
    {
        "shape": [2, 4],
        "data": [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 1e-9]],
        "pooling": "cls",
    },
]
_JSON = st.sampled_from([json.dumps(one).encode() for one in _ANSWERS])
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda held: (
        st.lists(held, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["label", "score", "box", "xmin", "data", "shape", "caption", "choices"]
            )
            | st.text(max_size=3),
            held,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def refusal_of(act: Callable[[], None]) -> str:
    """Return how an act on foreign bytes was refused by name; "" if it was not."""
    try:
        act()
    except (ImageError, BadAnswer) as error:
        return str(error)
    return ""


def test_fuzzed_files_are_read_or_refused_by_name() -> None:
    """Any bytes at all: a picture within its bounds, or an error about this image."""
    with asyncio.Runner() as runner:
        preparer = Preparer(workers=1)

        async def prepare(content: bytes) -> PreparedImage:
            async with asyncio.timeout(_HANG_S):
                return await preparer.prepare(content, identify(content))

        @given(content=mutated(st.sampled_from(whole_files())))
        @a_fixed_number_of_cases
        def fuzz(content: bytes) -> None:
            refusal = refusal_of(lambda: check_image(runner.run(prepare(content))))
            assert refusal.isprintable()

        fuzz()
        runner.run(preparer.__aexit__(None, None, None))


def check_image(prepared: PreparedImage) -> None:
    """Check that a copy is within bounds, and bare."""
    assert 1 <= prepared.width_px <= _WIDEST_PX
    assert 1 <= prepared.height_px <= _HIGHEST_PX
    assert prepared.jpeg.startswith(b"\xff\xd8")
    assert b"Exif" not in prepared.jpeg[:2_000]


@given(body=mutated(_JSON))
@a_fixed_number_of_cases
def test_fuzzed_answers_are_read_or_bad(body: bytes) -> None:
    """Whatever comes over the wire is an answer of the right shape, or `BadAnswer`."""
    assert refusal_of(lambda: check_readers(parse_json(body))).isprintable()


@given(result=_ANY_JSON)
@a_fixed_number_of_cases
def test_fuzzed_values_are_read_or_bad(result: object) -> None:
    """The same for any value that JSON can hold, and some that it cannot."""
    check_readers(result)


def check_readers(result: object) -> None:
    """Check that every reader takes a value, or refuses it as a bad answer."""
    for check in (check_labels, check_caption, check_vectors):
        assert refusal_of(lambda check=check: check(result)).isprintable()  # type: ignore[misc]  # mypy cannot type a lambda with a default


def check_labels(result: object) -> None:
    """Check that labels can be stored and shown."""
    for one in read_labels(result, _IMAGE).detections:
        assert 0 <= one.score <= 1
        assert one.label.isprintable()
        one.label.encode()


def check_caption(result: object) -> None:
    """Check that a caption can be stored and shown."""
    caption = read_caption(result, _IMAGE)
    assert caption.text
    assert caption.text.isprintable()
    caption.text.encode()


def check_vectors(result: object) -> None:
    """Check that embeddings are as many and as wide as was asked for."""
    vectors = read_vectors(result, 2, _SPACE)
    assert [len(vector) for vector in vectors] == [_SPACE.dims] * 2
