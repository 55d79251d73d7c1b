"""One image with all that is said of it: a row of `imgai export`."""

from dataclasses import dataclass
from datetime import datetime

from imgai.domain.derive import Label
from imgai.domain.images import OwnWords, Swatch
from imgai.domain.predictions import CaptionSource


@dataclass(frozen=True, slots=True)
class ExportedImage:
    """One image that is not gone, and what is said of its picture.

    What nobody has said yet is None, or empty.
    """

    uri: str
    picture_hash: str | None  # None: it has not been read yet
    format: str | None
    size_bytes: int
    width_px: int | None  # upright
    height_px: int | None
    taken_at: str | None  # as the camera says: local time, ISO 8601
    first_seen_at: datetime
    labels: tuple[Label, ...]  # best first
    caption: str | None
    caption_source: CaptionSource | None
    colours: tuple[Swatch, ...]  # largest share first
    nsfw_score: float | None
    models: tuple[str, ...]
    analyzed_at: datetime | None
    words: OwnWords  # of people, apart from what models say
