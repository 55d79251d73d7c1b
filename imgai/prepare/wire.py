"""What parent and child say to each other: frames of a JSON header and raw bytes.

JSON and not pickle: a decoder that was taken over by a hostile file must not be able
to make its parent run anything.
"""

import json
import re
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from imgai.domain.colours import COLOURS
from imgai.domain.images import Picture, PreparedImage, Swatch
from imgai.errors import (
    ImageError,
    NotAnImage,
    OversizedImage,
    Reason,
    UnreadableImage,
)

T = TypeVar("T")

# Lengths of header and body, in bytes.
PREFIX = struct.Struct("<IQ")
LARGEST_HEADER_BYTES = 65_536
LARGEST_REPLY_BYTES = 64_000_000  # of a copy; one at 384 px has some 30,000

_LONGEST_PX = 2**31  # formats have no longer side
_PERCEPTUAL_HASH = re.compile(r"[0-9a-f]{16}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


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


def read_reply(header: bytes, jpeg: bytes, picture_hash: str) -> PreparedImage:
    """Read the child's answer, and believe no more of it than has to be.

    Args:
        header: as it came.
        jpeg: likewise, the copy.
        picture_hash: of the picture that the child was given.

    Raises:
        ImageError: the child refused the image.
        ValueError: the answer makes no sense.
    """
    try:
        said = json.loads(header)
        if "reason" not in said:
            return _prepared(said, jpeg, picture_hash)
        refusal = _error(Reason(said["reason"]), str(said["message"]))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ValueError("the answer makes no sense") from error
    raise refusal


def _prepared(said: Any, jpeg: bytes, picture_hash: str) -> PreparedImage:
    picture = said["picture"]
    return PreparedImage(
        Picture(
            picture_hash=picture_hash,
            width_px=_length_px(picture["width_px"]),
            height_px=_length_px(picture["height_px"]),
            perceptual_hash=_matching(_PERCEPTUAL_HASH, picture["perceptual_hash"]),
            colours=tuple(map(_swatch, picture["colours"])),
            is_truncated=_one_of((False, True), picture["is_truncated"]),
        ),
        jpeg=jpeg,
        width_px=_length_px(said["width_px"]),
        height_px=_length_px(said["height_px"]),
    )


def _swatch(said: Any) -> Swatch:
    share = said["share"]
    if type(share) not in {int, float} or not 0 <= share <= 1:
        raise ValueError("no share")
    return Swatch(
        _matching(_COLOUR, said["hex"]), _one_of(tuple(COLOURS), said["name"]), share
    )


def _length_px(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _LONGEST_PX:
        raise ValueError("no length")
    return value


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    found = pattern.fullmatch(value)
    if found is None:
        raise ValueError("no such text")
    return found[0]


def _one_of(known: Sequence[T], value: Any) -> T:
    return known[known.index(value)]


def _error(reason: Reason, message: str) -> ImageError:
    """Return the error that the child raised."""
    match reason:
        case Reason.TOO_LARGE:
            return OversizedImage(message)
        case Reason.NOT_AN_IMAGE | Reason.UNSUPPORTED_FORMAT | Reason.CAMERA_RAW:
            return NotAnImage(message, reason=reason)
        case _:
            return UnreadableImage(message, reason=reason)
