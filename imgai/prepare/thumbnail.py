"""Makes thumbnails: small upright copies of pictures, for people."""

from imgai.domain.images import Identity
from imgai.prepare.preparer import Preparer

# A preparer hands the picture's hash through, and a thumbnail needs none.
_NOBODY = Identity("", "", "", None)


async def make_thumbnail(content: bytes, preparer: Preparer) -> bytes:
    """Return a thumbnail as a JPEG without metadata, in sRGB.

    It is made as copies for models are: as safely, and as upright.

    Args:
        content: an image's bytes.
        preparer: whose width is that of the thumbnail, at most.

    Raises:
        ImageError: it cannot be read; see `Preparer.prepare`.
    """
    return (await preparer.prepare(content, _NOBODY)).jpeg
