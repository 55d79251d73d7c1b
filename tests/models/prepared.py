"""Prepared images for tests of models: small, of one colour, really JPEG."""

import io

from PIL import Image

from imgai.domain.images import Picture, PreparedImage


def prepared_image(
    colour: tuple[int, int, int] = (200, 100, 30), width: int = 64, height: int = 48
) -> PreparedImage:
    """Return an image of one colour, prepared."""
    content = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(content, "JPEG")
    red, green, blue = colour
    picture = Picture(
        picture_hash=f"test-{red:02x}{green:02x}{blue:02x}",
        width_px=width,
        height_px=height,
        perceptual_hash="0" * 16,
        colours=(),
        is_truncated=False,
    )
    return PreparedImage(picture, content.getvalue(), width, height)
