"""The codes of vectors: bits, the planes they are kept in, and the largest counts."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from imgai.store import codes

PLANES = st.lists(st.integers(0, 2**24 - 1), max_size=40)


@given(planes=PLANES, among=st.integers(0, 2**24 - 1), wanted=st.integers(1, 30))
def test_the_largest_counts_are_chosen(
    planes: list[int], among: int, wanted: int
) -> None:
    """As many as wanted and those that tie; none that was not asked for."""
    counts = {
        at: sum(plane >> at & 1 for plane in planes)
        for at in range(24)
        if among >> at & 1
    }

    chosen = codes.positions(codes.largest(codes.tally(planes), among, wanted))

    ranked = sorted(counts.values(), reverse=True)
    least = ranked[: max(wanted, 1)][-1] if ranked else 0
    assert chosen == [at for at, number in counts.items() if number >= least]


@given(
    width=st.integers(1, 5),
    rows=st.lists(st.binary(min_size=5, max_size=5), max_size=20),
)
def test_planes_hold_the_bits_of_the_codes(width: int, rows: list[bytes]) -> None:
    """Bit i of plane d is bit d of code i."""
    trimmed = [row[:width] for row in rows]

    planes = codes.to_planes(b"".join(trimmed), width)

    assert len(planes) == 8 * width
    for dim, plane in enumerate(planes):
        for at, row in enumerate(trimmed):
            bit = row[dim // 8] >> dim % 8 & 1
            assert codes.from_bytes(plane) >> at & 1 == bit


@given(chosen=st.sets(st.integers(0, 200)))
def test_positions_and_planes_are_two_ways_to_say_the_same(chosen: set[int]) -> None:
    """None is lost on the way there and back."""
    plane = codes.plane_of(chosen, 201)

    assert codes.positions(plane) == sorted(chosen)
    assert codes.from_bytes(codes.to_bytes(plane, 208)) == plane


FLOATS = st.floats(-1, 1, width=16)


@given(values=st.lists(FLOATS, min_size=1, max_size=20))
def test_a_code_says_what_lies_above_the_mean(values: list[float]) -> None:
    """One bit a dimension; a vector equal to the mean is above nowhere."""
    middle = array("f", [0.0] * len(values))

    code = codes.from_bytes(codes.sign_code(values, middle))

    assert [bool(code >> at & 1) for at in range(len(values))] == [
        v > 0 for v in values
    ]
    assert codes.from_half(codes.to_half(values)) == tuple(values)
