"""Images and pictures: what a source lists, and what is made of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from imgai.errors import Reason


class SourceImage(NamedTuple):
    """One place an image was seen, as a listing shows it; nothing read yet.

    A named tuple, since a million of them are made in a run: it costs a third of
    a frozen dataclass.
    """

    uri: str  # "file:///photos/a.jpg", "r2://bucket/a.jpg"; percent-encoded
    size_bytes: int
    mtime_ns: int | None  # since 1970, UTC; None for objects of a bucket
    etag: str | None  # unquoted; None for files


class PassedOver(NamedTuple):
    """Something a listing met that is not to be read, and why."""

    uri: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image's bytes, read whole, with what was true of it while reading."""

    image: SourceImage
    content: bytes


@dataclass(frozen=True, slots=True)
class Swatch:
    """One of a picture's dominant colours."""

    hex: str  # "#rrggbb", lower case, sRGB
    name: str  # plain English: "orange", "dark brown"
    share: float  # of the picture's pixels, 0 to 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture from its pixels alone, whoever looks at it."""

    picture_hash: str
    width_px: int  # upright, before downscaling
    height_px: int
    perceptual_hash: str  # 64 bits as 16 hexadecimal digits
    colours: tuple[Swatch, ...]  # at most 6, largest share first
    is_truncated: bool  # part of the file is missing; what is there was used


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """The copy of a picture that models see."""

    picture: Picture
    jpeg: bytes  # upright, downscaled, sRGB on white, no metadata
    width_px: int  # of the copy
    height_px: int


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What people wrote about a picture into the image itself: its XMP and IPTC."""

    keywords: tuple[str, ...] = ()  # in their order, each once
    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file and which picture some bytes are, without decoding them."""

    file_hash: str  # SHA-256 of the bytes, 64 hexadecimal digits
    picture_hash: str  # see `imgai.prepare.identity`
    format: str  # as `imgai.prepare.anatomy.Format` spells them: "jpeg", "heic"
    taken_at: datetime | None  # as the camera says: local time, no zone
    words: OwnWords = OwnWords()  # of people, apart from what models say
