"""Values to and from what the database holds: round trips."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.images import Swatch
from imgai.domain.predictions import (
    TEXT_HASH,
    Box,
    Caption,
    CaptionSource,
    Detection,
    Labels,
    NsfwScore,
    Task,
)
from imgai.store.codec import (
    LEAST_SCORE_KEPT,
    clean_text,
    decode_answer,
    decode_colours,
    decode_params,
    encode_answer,
    encode_colours,
    encode_params,
    from_time,
    to_json,
    to_time,
)

ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates and all
SHARES = st.integers(0, 10_000).map(lambda number: number / 10_000)
EDGES = st.tuples(*[st.integers(0, 1_000).map(lambda number: number / 1_000)] * 2).map(
    sorted
)
BOXES = (
    st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), x=EDGES, y=EDGES) | st.none()
)
ZONES = st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.builds(Detection, ANY_TEXT, SHARES, BOXES))
def test_labels_come_back_without_the_noise(detection: Detection) -> None:
    """Three decimals of an edge are kept: a third of a pixel of what a model saw."""
    text = encode_answer(Labels((detection,)))

    kept = (detection,) if detection.score >= LEAST_SCORE_KEPT else ()
    assert text is not None
    text.encode()
    assert decode_answer(Task.LABELS, text) == Labels(kept)


@given(ANY_TEXT, st.sampled_from(CaptionSource))
def test_captions_come_back(text: str, source: CaptionSource) -> None:
    """Whatever a model wrote."""
    caption = Caption(text, source)

    assert decode_answer(Task.CAPTION, encode_answer(caption)) == caption


@given(SHARES)
def test_scores_come_back(score: float) -> None:
    """To four decimals."""
    answer = NsfwScore(score)

    assert decode_answer(Task.NSFW, encode_answer(answer)) == answer


def test_a_prediction_without_a_result_is_none_of_ours() -> None:
    """Only an embedding has none."""
    with pytest.raises(ValueError, match="without a result"):
        decode_answer(Task.LABELS, None)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=ZONES),  # noqa: DTZ001  hypothesis adds the zones
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=ZONES),  # noqa: DTZ001  the same
)
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    """To the millisecond, in UTC, of one length: so SQL may compare them."""
    written = to_time(one)

    assert abs(from_time(written) - one) < timedelta(milliseconds=1)
    assert from_time(written).utcoffset() == timedelta(0)
    assert len(written) == len("2026-01-01T12:00:00.000Z")
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (written < to_time(other)) == (one < other)


def test_a_time_reads_as_people_write_it() -> None:
    """ISO 8601, with Z."""
    moment = datetime(2026, 11, 22, 16, 28, 9, 123_999, UTC)

    assert to_time(moment) == "2026-11-22T16:28:09.123Z"


@given(st.lists(st.builds(Swatch, ANY_TEXT, ANY_TEXT, SHARES)).map(tuple))
def test_colours_come_back(colours: tuple[Swatch, ...]) -> None:
    """Stored as objects, which people read."""
    assert decode_colours(encode_colours(colours)) == colours


@given(
    st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | SHARES),
    st.none() | st.just({TEXT_HASH: "0123456789abcdef"}),
)
def test_parameters_come_back(
    params: dict[str, str | int | float], of_text: dict[str, str] | None
) -> None:
    """They are part of what was asked."""
    params |= of_text or {}
    assert decode_params(*encode_params(params)) == params


@given(ANY_TEXT)
def test_what_is_written_is_always_unicode(text: str) -> None:
    """SQLite takes no lone surrogates; what is Unicode stays as it is, and readable."""
    to_json([text]).encode()
    clean = clean_text(text)
    clean.encode()
    assert len(clean) == len(text)


def test_what_is_unicode_stays_readable() -> None:
    """People look into the database with any SQLite tool."""
    assert to_json(["Zürich"]) == '["Zürich"]'
    assert clean_text("Zürich") == "Zürich"
