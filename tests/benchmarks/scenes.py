"""Pictures that nobody took, each unlike the others: light, ground and things in it."""

import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

_SIZES = ((1200, 800), (800, 1200), (1200, 900), (1000, 1000), (1280, 720))
_GRIDS = ((3, 1.0), (9, 0.5), (40, 0.25))  # cells across, and how much they weigh
_THINGS = 12


@dataclass(frozen=True, slots=True)
class _Palette:
    """Colours that go together: all of them around one."""

    centre: tuple[int, int, int]
    spread: int

    def pick(self, rng: random.Random) -> tuple[int, int, int]:
        red, green, blue = (
            min(255, max(0, value + rng.randint(-self.spread, self.spread)))
            for value in self.centre
        )
        return red, green, blue


def made_scene(number: int) -> Image.Image:
    """Return a picture: for one number the same every time."""
    rng = random.Random(number)  # noqa: S311  not secret
    size = rng.choice(_SIZES)
    light = rng.randrange(70, 170)  # and not far from grey, as outdoors
    centre = light + rng.randint(-15, 25), light, light + rng.randint(-30, 20)
    palette = _Palette(centre, rng.randrange(30, 90))
    image = Image.new("RGB", size, palette.pick(rng))
    for cells, weight in _GRIDS:
        grid = Image.new("RGB", (cells, cells))
        grid.putdata([palette.pick(rng) for _ in range(cells * cells)])
        layer = grid.resize(size, Image.Resampling.BICUBIC)
        image = Image.blend(image, layer, weight)
    draw = ImageDraw.Draw(image)
    for _ in range(_THINGS):
        _draw_thing(draw, rng, palette, size)
    return image.filter(ImageFilter.GaussianBlur(1))


def _draw_thing(
    draw: ImageDraw.ImageDraw,
    rng: random.Random,
    palette: _Palette,
    size: tuple[int, int],
) -> None:
    width, height = size
    across, down = rng.randint(width // 30, width // 4), rng.randint(20, height // 4)
    left, top = rng.randint(-across // 2, width), rng.randint(-down // 2, height)
    box = (left, top, left + across, top + down)
    colour = palette.pick(rng)
    match rng.randrange(3):
        case 0:
            draw.ellipse(box, fill=colour)
        case 1:
            draw.rectangle(box, fill=colour)
        case _:
            tip = (left + across // 2, top)
            draw.polygon([tip, (left, box[3]), (box[2], box[3])], fill=colour)


def read_photo(path: Path, largest_px: int) -> Image.Image:
    """Return a photo, no larger than that."""
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    photo.thumbnail((largest_px, largest_px))
    return photo
