"""What the copy looks like: upright, small, sRGB on white."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imgai.domain.images import PreparedImage
from imgai.errors import ImageError, Reason, UnreadableImage
from imgai.prepare.copy import make_copy
from imgai.prepare.decode import fitting
from imgai.prepare.identity import dissect
from tests import pictures
from tests.pictures import BLUE, GREEN, RED, WHITE

Colour = tuple[int, int, int]
TOLERANCE = 12  # of a channel: JPEG's and a lossy original's


def copy_of(content: bytes, width_px: int = 384) -> PreparedImage:
    return make_copy(content, dissect(content), "p1-test", width_px)


def corners(content: bytes) -> list[Colour]:
    """Return the copy's colours in its four quarters, row by row."""
    image = Image.open(io.BytesIO(copy_of(content).jpeg))
    width, height = image.size
    xs, ys = ((side // 4, side * 3 // 4) for side in (width, height))
    found = [image.getpixel((x, y)) for y in ys for x in xs]
    return [(int(c[0]), int(c[1]), int(c[2])) for c in found if isinstance(c, tuple)]


def assert_alike(found: list[Colour], expected: list[Colour]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=TOLERANCE), (found, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_every_orientation_of_every_format_comes_out_upright(
    file_format: str, orientation: int
) -> None:
    """A sideways picture is another picture to a model, and its boxes are wrong."""
    content = pictures.oriented(file_format, orientation)
    prepared = copy_of(content)
    assert (prepared.picture.width_px, prepared.picture.height_px) == (96, 64)
    assert_alike(corners(content), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_shown(file_format: str) -> None:
    """It is what people see as the picture in their folder."""
    assert_alike(corners(pictures.animated(file_format)), [RED, GREEN, BLUE, WHITE])


def test_inverted_cmyk_keeps_its_colours() -> None:
    """Adobe stores ink upside down: magenta and yellow are red, not cyan."""
    red, green, blue = corners(pictures.cmyk_jpeg())[0]
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_are_white(mode: str) -> None:
    """What alpha hides must not come back: editors leave any colour under it."""
    image = Image.new("RGBA", (64, 48), (10, 10, 10, 0)).convert(mode)
    content = pictures.encoded(image, "PNG")
    assert_alike(corners(content), [WHITE] * 4)
    assert copy_of(content).picture.colours[0].name == "white"


def test_half_transparent_pixels_are_mixed_with_white() -> None:
    """Half of black is grey."""
    content = pictures.encoded(Image.new("RGBA", (600, 400), (0, 0, 0, 128)), "PNG")
    assert_alike(corners(content), [(127, 127, 127)] * 4)


def test_a_palettes_transparent_entry_is_white() -> None:
    """The left half is red, the right half would be green."""
    assert_alike(corners(pictures.palette_png()), [RED, WHITE, RED, WHITE])


@pytest.mark.parametrize(
    ("levels", "greys"),
    [((0, 65535), (0, 255)), ((60_000, 65_535), (233, 255)), ((256, 32_768), (1, 128))],
)
def test_16_bit_grey_is_scaled_not_clipped(
    levels: tuple[int, int], greys: tuple[int, int]
) -> None:
    """A plain conversion makes everything above 255 white."""
    found = corners(pictures.grey16_png(levels))
    assert [colour[0] for colour in found[:2]] == pytest.approx(greys, abs=3)


@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0, 1e6])
def test_floating_point_grey_is_scaled(white: float) -> None:
    """No TIFF says what its floats mean; half of the brightest is a middle grey."""
    image = Image.new("F", (64, 48), white / 2)
    image.paste(white, (32, 0, 64, 48))
    image.paste(0, (0, 0, 2, 48))
    found = corners(pictures.encoded(image, "TIFF"))
    assert [colour[0] for colour in found[:2]] == pytest.approx((127, 255), abs=4)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LAB", "I;16", "I"])
def test_no_mode_of_tiff_is_lost(mode: str) -> None:
    """White is white in all of them, downscaled or not."""
    whites: dict[str, int | tuple[int, ...]] = {
        "CMYK": (0, 0, 0, 0),
        "LAB": (255, 128, 128),
        "I;16": 65_535,
        "I": 65_535,
    }
    image = Image.new(mode, (800, 40), whites.get(mode, 255))
    if mode == "P":
        image.putpalette([255] * 768)
    assert_alike(corners(pictures.encoded(image, "TIFF")), [WHITE] * 4)


def test_the_copy_carries_no_metadata() -> None:
    """Place, time, name and profile stay on this machine."""
    content = pictures.encoded(
        pictures.scene(),
        exif=pictures.exif(6, "2024:06:30 12:34:56"),
        xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
        comment=b"secret",
        icc_profile=pictures.foreign_profile(),
    )
    jpeg = copy_of(content).jpeg
    with Image.open(io.BytesIO(jpeg)) as image:
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert (image.mode, "progressive" in image.info) == ("RGB", False)
    assert b"secret" not in jpeg
    assert b"Exif" not in jpeg


@given(
    width=st.integers(1, 60_000),
    height=st.integers(1, 60_000),
    limit=st.integers(1, 4096),
)
def test_downscaling_keeps_within_its_bounds(
    width: int, height: int, limit: int
) -> None:
    """Never larger, never wider than asked, never a side of zero, aspect kept."""
    small_width, small_height = fitting(width, height, limit)
    assert 1 <= small_width <= min(width, limit)
    assert 1 <= small_height <= min(height, 4 * limit)
    scale = small_width / width
    assert abs(small_height - height * scale) <= 1 + height / width


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (384, 384), (385, 90)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_odd_shapes_come_through(size: tuple[int, int], file_format: str) -> None:
    """One pixel, a thread, a hair's breadth over the limit."""
    prepared = copy_of(pictures.encoded(Image.new("RGB", size, RED), file_format))
    assert (prepared.width_px, prepared.height_px) == fitting(*size, 384)
    assert (prepared.picture.width_px, prepared.picture.height_px) == size


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_colours_are_those_that_the_profile_says(file_format: str) -> None:
    """A profile that calls red green: what is stored red must come out green."""
    content = pictures.encoded(
        pictures.quadrants(), file_format, icc_profile=pictures.swapping_profile()
    )
    assert_alike(corners(content), [GREEN, RED, BLUE, WHITE])


def test_a_broken_profile_does_not_cost_the_picture() -> None:
    """Nor does one for another kind of pixels."""
    for profile in (b"junk", b"\0" * 200, pictures.foreign_profile()):
        content = pictures.encoded(pictures.quadrants(), icc_profile=profile)
        assert copy_of(content).picture.width_px == 96


def test_broken_metadata_does_not_cost_the_picture() -> None:
    """Lying EXIF, an empty multi-picture index, text that inflates to a gigabyte."""
    jpeg = pictures.encoded(pictures.quadrants())
    for marker, body in [
        (0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
        (0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 60),
        (0xE2, b"MPF\0II*\0"),
        (0xED, b"Photoshop 3.0\x008BIM\xff"),
    ]:
        assert_alike(
            corners(pictures.with_jpeg_segment(jpeg, marker, body)),
            [RED, GREEN, BLUE, WHITE],
        )
    png = pictures.encoded(pictures.quadrants(), "PNG")
    for kind, body in [
        (b"zTXt", b"a\0\0junk"),
        (b"iTXt", b""),
        (b"eXIf", b"II*\0"),
        (b"pHYs", b""),
    ]:
        edited = pictures.with_png_chunk(png, kind, body)
        assert_alike(corners(edited), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("tenths", range(10))
@pytest.mark.parametrize(
    "file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF"]
)
def test_a_truncated_file_is_flagged_or_refused_never_passed_off_as_whole(
    file_format: str, tenths: int
) -> None:
    """Half a download is either shown as half, or skipped under its reason."""
    content = pictures.truncated(
        pictures.encoded(pictures.scene(), file_format), tenths
    )
    try:
        prepared = copy_of(content)
    except ImageError as error:
        assert error.reason in {Reason.CORRUPT, Reason.NOT_AN_IMAGE}  # noqa: PT017  (both outcomes are right)
    else:
        assert prepared.picture.is_truncated


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF"])
def test_most_of_a_picture_is_worth_looking_at(
    file_format: str, options: dict[str, bool]
) -> None:
    """Browsers show it too; it is flagged, and its first rows are right."""
    content = pictures.truncated(
        pictures.encoded(pictures.scene(), file_format, **options), 8
    )
    prepared = copy_of(content)
    whole = copy_of(pictures.encoded(pictures.scene(), file_format))
    assert prepared.picture.is_truncated
    assert not whole.picture.is_truncated
    first, expected = (
        Image.open(io.BytesIO(image.jpeg)).crop((0, 0, 384, 60)).resize((8, 2))
        for image in (prepared, whole)
    )
    differences = zip(first.tobytes(), expected.tobytes(), strict=True)
    assert max(abs(one - other) for one, other in differences) < 30


def test_any_damage_is_one_images_error() -> None:
    """Pillow raises ten types; the run must see only its own."""
    samples = [
        pictures.encoded(pictures.scene(60, 40), name)
        for name in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
    ]
    for content in samples:
        for at in range(10, len(content), max(1, len(content) // 40)):
            damaged = content[:at] + b"\xff\x00\xee" + content[at + 3 :]
            try:
                copy_of(damaged)
            except ImageError as error:
                assert str(error) != ""  # noqa: PT017  (both outcomes are right)


def test_an_empty_scan_is_corrupt() -> None:
    """A header alone makes no picture, however willing the decoder is."""
    jpeg = pictures.encoded(pictures.quadrants())
    scan = jpeg.find(b"\xff\xda")
    header = jpeg[: scan + 2 + struct.unpack(">H", jpeg[scan + 2 : scan + 4])[0]]
    with pytest.raises(UnreadableImage):
        copy_of(header)
