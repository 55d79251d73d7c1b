"""Names and distances of colours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.colours import COLOURS, Lab, colour_distance, colour_name, lab_of

CHANNEL = st.integers(0, 255)
RGB = st.tuples(CHANNEL, CHANNEL, CHANNEL)


@pytest.mark.parametrize(
    ("hex_value", "name"),
    [
        ("000000", "black"),
        ("ffffff", "white"),
        ("808080", "grey"),
        ("ff0000", "red"),
        ("8b0000", "dark red"),
        ("ffa500", "orange"),
        ("ffff00", "yellow"),
        ("008000", "green"),
        ("008080", "teal"),
        ("0000ff", "bright blue"),
        ("000080", "dark blue"),
        ("87ceeb", "light blue"),
        ("800080", "purple"),
        ("ff00ff", "magenta"),
        ("ffc0cb", "light pink"),
        ("8b4513", "brown"),
        ("d2b48c", "tan"),
    ],
)
def test_well_known_colours_have_their_usual_names(hex_value: str, name: str) -> None:
    """What every web page calls a colour is what a search will ask for."""
    red, green, blue = bytes.fromhex(hex_value)
    assert colour_name(red, green, blue) == name


@pytest.mark.parametrize("name", COLOURS)
def test_each_name_is_the_name_of_its_own_value(name: str) -> None:
    """No two names of the table stand for the same place."""
    assert colour_name(*COLOURS[name]) == name


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), Lab(100, 0, 0)),
        ((0, 0, 0), Lab(0, 0, 0)),
        ((255, 0, 0), Lab(53.24, 80.09, 67.20)),
        ((0, 255, 0), Lab(87.73, -86.18, 83.18)),
        ((0, 0, 255), Lab(32.30, 79.19, -107.86)),
    ],
)
def test_lab_agrees_with_published_values(rgb: tuple[int, int, int], lab: Lab) -> None:
    """White, black and the three primaries of sRGB under D65, to two places."""
    assert lab_of(*rgb) == pytest.approx(lab, abs=0.02)


@given(one=RGB, other=RGB, third=RGB)
def test_distance_is_a_metric(
    one: tuple[int, int, int], other: tuple[int, int, int], third: tuple[int, int, int]
) -> None:
    """Zero to itself, the same both ways, and no detour is shorter."""
    a, b, c = lab_of(*one), lab_of(*other), lab_of(*third)
    assert colour_distance(a, a) == 0
    assert colour_distance(a, b) == colour_distance(b, a) >= 0
    assert colour_distance(a, c) <= colour_distance(a, b) + colour_distance(b, c) + 1e-9


@given(rgb=RGB)
def test_a_name_is_the_nearest_of_the_table(rgb: tuple[int, int, int]) -> None:
    """Caching does not change the answer, and there is one for every colour."""
    lab = lab_of(*rgb)
    nearest = min(colour_distance(lab, lab_of(*value)) for value in COLOURS.values())
    named = colour_distance(lab, lab_of(*COLOURS[colour_name(*rgb)]))
    assert named == nearest
