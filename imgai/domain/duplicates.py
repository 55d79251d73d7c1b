"""Images that show the same: in one file, in several, or nearly."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class DuplicateKind(StrEnum):
    """What the images of a group have in common, most first."""

    SAME_FILE = "same-file"
    """Every byte."""

    SAME_PICTURE = "same-picture"
    """The picture, in files that differ: other metadata."""

    NEAR_DUPLICATE = "near-duplicate"
    """The photo: other size, format or quality, or a small crop."""


class Difference(StrEnum):
    """In what the images of a group differ."""

    PIXELS = "pixels"
    BYTES = "bytes"
    FORMAT = "format"
    DATE = "date"  # taken_at


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """One image, as far as it matters which of several is best."""

    uri: str
    picture_id: int
    picture_hash: str
    file_hash: str | None
    size_bytes: int
    format: str | None
    taken_at: str | None  # as the camera says: local time, ISO 8601
    first_seen_at: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Member:
    """One image of a group."""

    image: ImageFacts
    distance: int = 0  # of its perceptual hash from the best one's, 0 to 64
    similarity: float | None = None  # of their embeddings, -1 to 1


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that are duplicates of each other."""

    kind: DuplicateKind
    members: tuple[Member, ...]  # the best first; at least two

    @property
    def best(self) -> ImageFacts:
        """The one to keep, if one had to choose."""
        return self.members[0].image

    @property
    def spare_bytes(self) -> int:
        """What the others take."""
        return sum(one.image.size_bytes for one in self.members[1:])

    @property
    def differences(self) -> tuple[Difference, ...]:
        """In what the images differ."""
        images = [one.image for one in self.members]
        seen: dict[Difference, set[object]] = {
            Difference.PIXELS: {(one.width_px, one.height_px) for one in images},
            Difference.BYTES: {one.size_bytes for one in images},
            Difference.FORMAT: {one.format for one in images},
            Difference.DATE: {one.taken_at for one in images},
        }
        return tuple(what for what, values in seen.items() if len(values) > 1)


def best_first(images: Sequence[ImageFacts]) -> list[ImageFacts]:
    """Return images, the one to keep first.

    More pixels are better, then more bytes (less compressed, more metadata), then one
    that knows when it was taken, then the one that was seen first.
    """
    return sorted(
        images,
        key=lambda one: (
            -one.width_px * one.height_px,
            -one.size_bytes,
            one.taken_at is None,
            one.first_seen_at,
            one.uri,
        ),
    )
