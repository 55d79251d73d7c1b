"""What parent and child say to each other: frames of a JSON header and raw bytes.

JSON and not pickle: a decoder that was taken over by a hostile file must not be able
to make its parent run anything.
"""

import json
import struct
from dataclasses import asdict
from typing import Any

from imgai.domain.images import Picture, PreparedImage, Swatch
from imgai.errors import (
    ImageError,
    NotAnImage,
    OversizedImage,
    Reason,
    UnreadableImage,
)

# Lengths of header and body, in bytes.
PREFIX = struct.Struct("<IQ")
LARGEST_HEADER_BYTES = 65_536
LARGEST_REPLY_BYTES = 64_000_000  # of a copy; one at 384 px has some 30,000


def frame(header: dict[str, Any], body: bytes = b"") -> bytes:
    """Return a message as bytes."""
    text = json.dumps(header).encode()
    return b"".join((PREFIX.pack(len(text), len(body)), text, body))


def reply_of(image: PreparedImage) -> bytes:
    """Return the child's answer when all went well."""
    header = {
        "picture": asdict(image.picture),
        "width_px": image.width_px,
        "height_px": image.height_px,
    }
    return frame(header, image.jpeg)


def refusal_of(error: ImageError) -> bytes:
    """Return the child's answer when the image cannot be prepared."""
    return frame({"reason": error.reason.value, "message": str(error)})


def read_reply(header: bytes, jpeg: bytes) -> PreparedImage:
    """Read the child's answer.

    Raises:
        ImageError: the child refused the image.
        ValueError: the answer makes no sense, nor do KeyError and TypeError.
    """
    said = json.loads(header)
    if "reason" in said:
        raise _error(Reason(said["reason"]), str(said["message"]))
    picture = said["picture"]
    colours = tuple(Swatch(**swatch) for swatch in picture.pop("colours"))
    return PreparedImage(
        Picture(colours=colours, **picture),
        jpeg=jpeg,
        width_px=int(said["width_px"]),
        height_px=int(said["height_px"]),
    )


def _error(reason: Reason, message: str) -> ImageError:
    """Return the error that the child raised."""
    match reason:
        case Reason.TOO_LARGE:
            return OversizedImage(message)
        case Reason.NOT_AN_IMAGE | Reason.UNSUPPORTED_FORMAT | Reason.CAMERA_RAW:
            return NotAnImage(message, reason=reason)
        case _:
            return UnreadableImage(message, reason=reason)
