"""Plain colours of pictures and of things in them."""

import pytest
from PIL import Image

from imgai.domain.predictions import Box
from imgai.models.local.colouring import colours_of, is_monochrome, picture_colours

WHOLE = Box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((10, 10, 12), "black"),
        ((250, 250, 250), "white"),
        ((128, 128, 128), "grey"),
        ((200, 30, 35), "red"),
        ((235, 120, 30), "orange"),
        ((235, 210, 60), "yellow"),
        ((70, 140, 55), "green"),
        ((60, 190, 190), "turquoise"),
        ((50, 100, 200), "blue"),
        ((130, 60, 170), "purple"),
        ((235, 110, 180), "pink"),
        ((110, 75, 50), "brown"),
        ((215, 195, 160), "beige"),
    ],
)
def test_a_colour_has_the_name_that_people_use(
    rgb: tuple[int, int, int], name: str
) -> None:
    """Typical examples of each word."""
    assert picture_colours(Image.new("RGB", (64, 48), rgb)) == (name,)


def test_only_the_middle_of_a_box_counts() -> None:
    """A red bus before a green hill is red."""
    image = Image.new("RGB", (80, 80), (70, 140, 55))
    image.paste((200, 30, 35), (20, 20, 60, 60))
    assert colours_of(image, WHOLE, "bus") == ("red",)


def test_an_orange_cat_is_ginger_and_fur_is_never_blue() -> None:
    """The word people use for cats; and what the sky does to a black horse."""
    orange, blue = (Image.new("RGB", (64, 64), c) for c in ("#d2884a", "#3264c8"))
    assert colours_of(orange, WHOLE, "cat") == ("ginger",)
    assert colours_of(orange, WHOLE, "dog") == ("orange",)
    assert colours_of(blue, WHOLE, "horse") == ()
    assert colours_of(blue, WHOLE, "bird") == ("blue",)


def test_a_box_too_small_to_tell_has_no_colour() -> None:
    """Better no colour than the background's."""
    image = Image.new("RGB", (100, 100), "red")
    assert colours_of(image, Box(0.5, 0.5, 0.55, 0.55), "car") == ()


def test_a_grey_picture_is_black_and_white() -> None:
    """Then no thing in it has a colour."""
    assert is_monochrome(Image.linear_gradient("L").convert("RGB"))
    assert not is_monochrome(Image.new("RGB", (64, 64), "red"))
