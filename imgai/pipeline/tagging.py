"""Writes what is known of images into sidecars beside them, and takes it back.

A batch of sidecars is thought out, written down in the database, and only then put
in place: whenever a run dies, `--undo` knows what was there before.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from imgai.domain.clock import Now
from imgai.domain.tags import (
    Naming,
    SidecarOutcome,
    SidecarStatus,
    TaggedImage,
    WrittenSidecar,
)
from imgai.errors import SourceNotFound
from imgai.sidecars.files import (
    SidecarError,
    read_sidecar,
    remove_sidecar,
    replace_sidecar,
    sidecar_path,
)
from imgai.sources.location import path_to_uri, uri_to_path
from imgai.store.sidecars import (
    forget_sidecars,
    recall_sidecars,
    remember_sidecars,
    written_sidecars,
)
from imgai.xmp.document import XmpError, parse
from imgai.xmp.tagging import tag, untag

_ELSEWHERE = "It was seen on another machine."  # and came by `merge`
_BATCH = 100  # sidecars to one commit, which waits for the disk


@dataclass(frozen=True, slots=True)
class _Change:
    """One sidecar, as it is and as it is to be."""

    outcome: SidecarOutcome
    path: Path
    before: bytes | None
    after: bytes


def shared_sidecars(
    uris: Iterable[str], raw_uris: Iterable[str], naming: Naming
) -> dict[Path, str | None]:
    """Return the sidecars that more than one image would have, and whose each is.

    Under Adobe's naming `a.jpg` and `a.png` share `a.xmp`, which can speak of one: it
    is nobody's. But `a.xmp` beside `a.cr2` and `a.jpg` is that of the raw file.

    Args:
        uris: of all images on this machine.
        raw_uris: of those among them that are camera raw files.
        naming: of the sidecars.
    """
    if naming is Naming.DARKTABLE:
        return {}
    seen: set[int] = set()  # hashes: a million paths would take 150 MB
    shared: dict[Path, str | None] = {}
    for uri in uris:
        picture = _path_of(uri)
        if picture is None:
            continue
        path = sidecar_path(picture, naming)
        if hash(path) in seen:
            shared[path] = None
        seen.add(hash(path))
    if shared:
        for picture, uri in ((_path_of(uri), uri) for uri in raw_uris):
            if picture and (path := sidecar_path(picture, naming)) in shared:
                shared[path] = uri
    return shared


def _path_of(uri: str) -> Path | None:
    """Return where an image is on this machine; None if it was seen on another."""
    try:
        return Path(uri_to_path(uri))
    except SourceNotFound:
        return None


@dataclass(frozen=True, slots=True)
class Tagging:
    """Writes sidecars.

    Attributes:
        naming: how they are called.
        shared: those that several images would have; see `shared_sidecars`.
        journal: where to remember them; None: nothing is written at all.
        now: the clock, UTC.
    """

    naming: Naming
    shared: Mapping[Path, str | None]
    journal: sqlite3.Connection | None
    now: Now

    def tag(self, images: Iterable[TaggedImage]) -> Iterator[SidecarOutcome]:
        """Write a sidecar for each image, and yield what became of it, in order."""
        left = iter(images)
        while batch := list(islice(left, _BATCH)):
            planned = [self._plan(image) for image in batch]
            if self.journal is None:
                yield from (_outcome(one) for one in planned)
                continue
            self._remember(
                self.journal, [one for one in planned if isinstance(one, _Change)]
            )
            for one in planned:
                yield _made(one) if isinstance(one, _Change) else one

    def _plan(self, image: TaggedImage) -> _Change | SidecarOutcome:
        picture = _path_of(image.uri)
        if picture is None:
            return SidecarOutcome(image.uri, "", SidecarStatus.SKIPPED, _ELSEWHERE)
        path = sidecar_path(picture, self.naming)
        uri = path_to_uri(path)
        if self.shared.get(path, image.uri) != image.uri:
            why = f"{path.name} is another image's, too; see --naming darktable."
            return SidecarOutcome(image.uri, uri, SidecarStatus.SKIPPED, why)
        if why := _why_out_of_reach(picture):
            return SidecarOutcome(image.uri, uri, SidecarStatus.SKIPPED, why)
        try:
            before = read_sidecar(path)
            tagged = tag(before, image.tags)
        except (SidecarError, XmpError) as error:
            return _failed(image.uri, uri, error)
        status = SidecarStatus.UPDATED if before else SidecarStatus.CREATED
        if tagged.content == before:
            status = SidecarStatus.UNCHANGED
        outcome = SidecarOutcome(
            image.uri, uri, status, "", tagged.added, tagged.keeps_description
        )
        if status is SidecarStatus.UNCHANGED:
            return outcome
        return _Change(outcome, path, before, tagged.content)

    def _remember(self, journal: sqlite3.Connection, changes: list[_Change]) -> None:
        if not changes:
            return
        known = recall_sidecars(journal, [one.outcome.sidecar_uri for one in changes])
        remember_sidecars(
            journal,
            [
                WrittenSidecar(
                    one.outcome.sidecar_uri,
                    one.outcome.image_uri,
                    _without_imgai(one.before, known.get(one.outcome.sidecar_uri)),
                    _hash(one.after),
                )
                for one in changes
            ],
            self.now(),
        )


def _why_out_of_reach(picture: Path) -> str:
    """Return why an image cannot be seen, as a sentence; empty if it can."""
    try:
        picture.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "The image is not there."
    except OSError as error:  # a folder without permission, a path too long
        return f"The image cannot be looked at: {error.strerror}."
    return ""


def _without_imgai(content: bytes | None, known: WrittenSidecar | None) -> bytes | None:
    """Return what a sidecar would be had imgai never written to it."""
    if known is None or content is None or content == known.before:
        return content
    if _hash(content) == known.after_hash:
        return known.before
    return untag(content)  # others have written to it since


def _outcome(planned: _Change | SidecarOutcome) -> SidecarOutcome:
    return planned.outcome if isinstance(planned, _Change) else planned


def _made(change: _Change) -> SidecarOutcome:
    try:
        replace_sidecar(change.path, change.before, change.after)
    except SidecarError as error:
        return _failed(change.outcome.image_uri, change.outcome.sidecar_uri, error)
    return change.outcome


def _failed(image_uri: str, uri: str, error: Exception) -> SidecarOutcome:
    return SidecarOutcome(image_uri, uri, SidecarStatus.FAILED, str(error))


def undo(
    connection: sqlite3.Connection, below: str, *, is_trial: bool
) -> Iterator[SidecarOutcome]:
    """Bring sidecars back to what they were before imgai; yield what became of each.

    One that is as imgai left it comes back byte for byte, or goes if there was none.
    Where others have written to it since, only imgai's words are taken out.

    Args:
        connection: of the database.
        below: the URI of an image, or of a folder, which ends in "/".
        is_trial: nothing is changed.
    """
    for one in written_sidecars(connection, below):
        path = _path_of(one.uri)
        if path is None:
            yield SidecarOutcome(
                one.image_uri, one.uri, SidecarStatus.SKIPPED, _ELSEWHERE
            )
            continue
        try:
            outcome = _undone(one, path, is_trial=is_trial)
        except (SidecarError, XmpError) as error:
            yield _failed(one.image_uri, one.uri, error)
            continue
        if not is_trial:
            forget_sidecars(connection, [one.uri])
        yield outcome


def _undone(one: WrittenSidecar, path: Path, *, is_trial: bool) -> SidecarOutcome:
    content = read_sidecar(path)
    if content is None or content == one.before:
        why = "It is no longer there." if content is None else ""
        return SidecarOutcome(one.image_uri, one.uri, SidecarStatus.UNCHANGED, why)
    status, wanted = SidecarStatus.RESTORED, one.before
    if _hash(content) != one.after_hash:
        status, wanted = SidecarStatus.CLEANED, untag(content)
        if one.before is None and not parse(wanted).descriptions:
            wanted = None
    if wanted is None:
        status = SidecarStatus.REMOVED
    if not is_trial:
        if wanted is None:
            remove_sidecar(path, content)
        else:
            replace_sidecar(path, content, wanted)
    return SidecarOutcome(one.image_uri, one.uri, status)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
