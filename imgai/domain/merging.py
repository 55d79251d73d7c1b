"""Merging databases: what was moved where, and what came of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

# OLD may hold an equals sign; what follows the right one begins like a URI.
_MOVE = re.compile(r"((?:file|r2)://.+?)=((?:file|r2)://.+)")
_DRIVE = re.compile(r"^(/[A-Za-z])%3A(?=/|$)")


@dataclass(frozen=True, slots=True)
class Move:
    """Images below one URI lie below another now: another machine's mount, a bucket.

    Both are percent-encoded like the URIs in a database, without a slash at the end.
    """

    old: str
    new: str

    @classmethod
    def parse(cls, text: str) -> "Move":
        """Return the move that "OLD=NEW" names.

        The two may be written with or without percent-encoding: ``file:///my photos``
        and ``file:///my%20photos`` are the same folder.

        Raises:
            ValueError: it has another form.
        """
        parts = _MOVE.fullmatch(text)
        if parts is None:
            raise ValueError(
                f"{text!r} is no OLD=NEW of two URIs, such as"
                " file:///mnt/a=file:///mnt/b"
            )
        return cls(_encoded(parts[1]), _encoded(parts[2]))

    def applies_to(self, uri: str) -> bool:
        """Return whether a URI is the old place, or lies below it."""
        return uri == self.old or uri.startswith(self.old + "/")

    def apply(self, uri: str) -> str:
        """Return where the image of a URI, to which the move applies, is now."""
        return self.new + uri[len(self.old) :]


def _encoded(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    encoded = quote_from_bytes(unquote_to_bytes(rest))
    with_drive = _DRIVE.sub(r"\1:", encoded)  # C: stays as it is
    return f"{scheme}://{with_drive.rstrip('/')}"


def moved(uri: str, moves: Sequence[Move]) -> str:
    """Return where an image is after the first move that applies to it."""
    for move in moves:
        if move.applies_to(uri):
            return move.apply(uri)
    return uri


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge has brought.

    Attributes:
        databases: how many were merged.
        images: that were not known before.
        pictures: likewise.
        answers: of a picture, task and model that had none before.
        renewed: answers that took the place of older ones.
        calls: that were not on record before.
        neurons: what is on record as spent, more than before.
        moved: URIs of images, in the databases merged, to which a move applied.
    """

    databases: int
    images: int = 0
    pictures: int = 0
    answers: int = 0
    renewed: int = 0
    calls: int = 0
    neurons: float = 0.0
    moved: int = 0
