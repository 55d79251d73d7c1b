"""The example photos as models get them: upright, 384 px wide, JPEG."""

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageOps

from imgai.domain.images import Picture, PreparedImage

FOLDER = Path(__file__).parents[3] / "examples" / "photos"
NAMES = tuple(sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".md"))
_WIDTH_PX = 384


@cache
def photo(name: str) -> PreparedImage:
    """Return one of the example photos, prepared."""
    with Image.open(FOLDER / name) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    if image.width > _WIDTH_PX:
        height = round(image.height * _WIDTH_PX / image.width)
        image = image.resize((_WIDTH_PX, height))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=85)
    picture = Picture(name, image.width, image.height, "0" * 16, (), is_truncated=False)
    return PreparedImage(picture, content.getvalue(), image.width, image.height)
