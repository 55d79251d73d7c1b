"""Camera raw files, where `imgai[raw]` is installed: the preview, upright."""

import io

import pytest
from PIL import Image

from imgai.domain.extras import reads_camera_raw
from imgai.domain.images import PreparedImage
from imgai.errors import ImageError, NotAnImage, Reason
from imgai.prepare.identity import identify
from imgai.prepare.preparer import Preparer
from imgai.sources.selection import reason_to_pass_over
from tests.pictures import RED, encoded, quadrants
from tests.raws import dng

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not reads_camera_raw(), reason="needs imgai[raw]"),
]
SIZE = (1536, 1024)
PREVIEW = encoded(quadrants(*SIZE))
# Where the red quadrant is once the picture is upright: left or right, top or bottom.
_CORNERS = {1: (0.2, 0.2), 6: (0.8, 0.2)}


async def prepared(content: bytes) -> PreparedImage:
    async with Preparer(workers=1) as preparer:
        return await preparer.prepare(content, identify(content))


@pytest.mark.parametrize("orientation", [1, 6])
async def test_the_preview_is_looked_at_upright(orientation: int) -> None:
    """As the camera was held; width and height are those of the upright preview."""
    image = await prepared(dng(PREVIEW, SIZE, orientation))

    upright = SIZE if orientation == 1 else SIZE[::-1]
    assert (image.picture.width_px, image.picture.height_px) == upright
    with Image.open(io.BytesIO(image.jpeg)) as copy:
        across, down = _CORNERS[orientation]
        at = (int(across * copy.width), int(down * copy.height))
        assert _near(copy.getpixel(at), RED)


async def test_a_thumbnail_is_never_taken_for_the_picture() -> None:
    """A judgement of 160 pixels would stand for good: the file is passed over."""
    small = encoded(quadrants(160, 120))
    for content in (dng(small, (160, 120)), dng(b"", SIZE)):
        with pytest.raises(NotAnImage) as caught:
            await prepared(content)
        assert caught.value.reason is Reason.CAMERA_RAW


async def test_broken_raw_files_cost_no_more_than_themselves() -> None:
    """LibRaw works in a child process, whatever it meets."""
    whole = dng(PREVIEW, SIZE)
    cut = whole.replace(PREVIEW, PREVIEW[:200] + bytes(len(PREVIEW) - 200))
    for content in (cut, whole[:60] + bytes(len(whole) - 60)):
        with pytest.raises(ImageError):
            await prepared(content)


def test_raw_files_are_told_and_read_by_name() -> None:
    """Their picture is the file: its metadata cannot be told apart from its pixels."""
    content = dng(PREVIEW, SIZE)

    assert identify(content).format == "raw"
    assert identify(content).picture_hash != identify(content + b"\0").picture_hash
    assert reason_to_pass_over("a.CR2", "a.CR2", None) is None


@pytest.mark.usefixtures("without_raw")
def test_without_the_extra_they_are_passed_over() -> None:
    """By name, and by content whatever the name."""
    assert reason_to_pass_over("a.CR2", "a.CR2", None) is Reason.CAMERA_RAW
    with pytest.raises(NotAnImage) as caught:
        identify(dng(PREVIEW, SIZE))
    assert caught.value.reason is Reason.CAMERA_RAW


def _near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    pairs = zip(pixel, colour, strict=True)
    return all(abs(one - other) < 40 for one, other in pairs)
