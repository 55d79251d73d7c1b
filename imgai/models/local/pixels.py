"""The decoding door of the local models: a prepared image's JPEG, as pixels."""

import io

from PIL import Image

from imgai.domain.images import PreparedImage
from imgai.errors import UnreadableImage


def decode(image: PreparedImage) -> Image.Image:
    """Return the prepared copy as RGB.

    Raises:
        UnreadableImage: its bytes are no JPEG that can be decoded.
    """
    try:
        with Image.open(io.BytesIO(image.jpeg), formats=["JPEG"]) as opened:
            return opened.convert("RGB")
    except Exception as error:  # Pillow raises ten types for broken files
        raise UnreadableImage(
            f"The prepared copy cannot be decoded: {error}"
        ) from error
