"""Makes the copy of a picture that models see, and what is known from its pixels."""

import io

from imgai.domain.images import Picture, PreparedImage
from imgai.prepare.anatomy import Anatomy, Format
from imgai.prepare.decode import decode
from imgai.prepare.palette import dominant_colours
from imgai.prepare.perceptual import perceptual_hash
from imgai.prepare.raw import embedded_picture

_QUALITY = 85


def make_copy(
    content: bytes, anatomy: Anatomy, picture_hash: str, width_px: int
) -> PreparedImage:
    """Decode, downscale and describe a picture. Blocks; takes some 30 ms for 12 MP.

    Args:
        content: the file.
        anatomy: what `dissect` says about it.
        picture_hash: its identity.
        width_px: the copy is at most this wide, and four times that high.

    Raises:
        NotAnImage: the decoder does not know the format after all.
        UnreadableImage: it is broken.
        OversizedImage: it has more pixels than imgai decodes, or memory ran out.
    """
    if anatomy.format is Format.RAW:
        content, anatomy = embedded_picture(content)
    decoded = decode(content, anatomy, width_px)
    jpeg = io.BytesIO()
    decoded.image.save(jpeg, "JPEG", quality=_QUALITY)
    return PreparedImage(
        Picture(
            picture_hash=picture_hash,
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            perceptual_hash=perceptual_hash(decoded.image),
            colours=dominant_colours(decoded.image),
            is_truncated=decoded.is_truncated,
        ),
        jpeg=jpeg.getvalue(),
        width_px=decoded.image.width,
        height_px=decoded.image.height,
    )
