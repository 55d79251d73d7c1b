"""What `tag` writes beside a picture, and what became of each sidecar."""

from dataclasses import dataclass
from enum import StrEnum

from imgai.domain.derive import Label


class Naming(StrEnum):
    """How a sidecar is called."""

    ADOBE = "adobe"
    """`a.xmp` beside `a.jpg`: Lightroom, Bridge, Capture One."""

    DARKTABLE = "darktable"
    """`a.jpg.xmp`: darktable, digiKam. Never shared by two images."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What imgai says of a picture, and where it has it from."""

    labels: tuple[Label, ...]  # best first
    caption: str | None
    caption_source: str | None
    models: str  # as `image_ai.model_version` has them
    analyzed_at: str  # UTC, ISO 8601


@dataclass(frozen=True, slots=True)
class TaggedImage:
    """An image on this machine, and what is to be written beside it."""

    uri: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class WrittenSidecar:
    """A sidecar that imgai wrote, as the database remembers it."""

    uri: str  # of the sidecar
    image_uri: str
    before: bytes | None  # what it would be without imgai; None: not there
    after_hash: str  # SHA-256 of what imgai wrote


class SidecarStatus(StrEnum):
    """What became, or would become, of one sidecar."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RESTORED = "restored"  # --undo: byte for byte as it was
    CLEANED = "cleaned"  # --undo, changed since by others: only imgai's words went
    REMOVED = "removed"  # --undo: there was none before
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SidecarOutcome:
    """What became, or would become, of one sidecar, and why."""

    image_uri: str
    sidecar_uri: str  # empty: it would be on another machine
    status: SidecarStatus
    reason: str = ""  # why it was skipped or failed, as a sentence
    added: tuple[str, ...] = ()  # keywords that it did not have
    keeps_description: bool = False  # a person had written one
