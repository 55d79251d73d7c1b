"""Folders and lists of files on this machine, as sources of images."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from imgai.domain.images import ImageFile, PassedOver, SourceImage
from imgai.errors import Reason, SourceNotFound, SourceUnreadable
from imgai.sources.base import Listed, Source
from imgai.sources.location import (
    AllBuckets,
    BucketLocation,
    FileLocation,
    ListOnStdin,
    absolute_path,
    folder_uri,
    parse_location,
    path_to_uri,
)
from imgai.sources.names import is_raw_name
from imgai.sources.opening import mtime_ns_of, reason_for, status_of
from imgai.sources.reading import ReadingRules, read_file
from imgai.sources.selection import EVERYTHING, Selection
from imgai.sources.walking import FolderWalk

# Handing a batch from the walking thread to the event loop takes 0.1 ms, as long as
# listing some twenty files does.
BATCH = 1000

_LIST_BLOCK_BYTES = 64 * 1024

Named = Path | PassedOver


def open_path(
    path: Path, selection: Selection = EVERYTHING, rules: ReadingRules | None = None
) -> Source:
    """Return the source that a path names: a folder with all below it, or one file.

    Raises:
        SourceNotFound: nothing is there.
        SourceUnreadable: something is there, and cannot be looked at.
    """
    try:
        status = status_of(str(path))
    except OSError as error:
        raise _translated(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        return LocalFolder(path, selection, rules)
    return LocalFiles([path], selection, rules, uri=path_to_uri(path))


class LocalFolder:
    """A folder and all below it; see `FolderWalk` for what is listed, in what order."""

    def __init__(
        self,
        path: Path,
        selection: Selection = EVERYTHING,
        rules: ReadingRules | None = None,
    ) -> None:
        self._path = path
        self._rules = rules or ReadingRules()
        self._walk = FolderWalk(str(path), selection)

    @property
    def uri(self) -> str:
        """See `Source.uri`."""
        return folder_uri(self._path)

    @property
    def is_complete(self) -> bool:
        """See `Source.is_complete`."""
        return self._walk.is_complete

    async def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Source.batches`."""
        entries = iter(self._walk)
        try:
            while batch := await _next_batch(entries):
                yield batch
        except OSError as error:
            raise _translated(self._path, error) from error
        finally:
            # Closes the folder when the listing is left. When that happens in the
            # middle of a batch, a thread is still at it, and closes it in its time.
            with suppress(ValueError):
                entries.close()

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        return await asyncio.to_thread(read_file, image, self._rules)


class LocalFiles:
    """Files that were named one by one: in the command line, or in a list on stdin.

    Each is a candidate whatever it is called, and hidden or not, raw files aside: who
    names a file means it. A folder among them is passed over.
    """

    def __init__(
        self,
        paths: Iterable[Named],
        selection: Selection = EVERYTHING,
        rules: ReadingRules | None = None,
        *,
        uri: str = "file:///",
    ) -> None:
        """Make a source of files.

        Args:
            paths: absolute; taken one after the other while they are listed, with
                what is no file's name passed on.
            selection: globs with a slash speak of the whole path from the root.
            rules: how files are read.
            uri: what all their URIs begin with.
        """
        self._paths = paths
        self._is_selected = selection.path_test()
        self._takes = selection.takes
        self._rules = rules or ReadingRules()
        self._uri = uri

    @property
    def uri(self) -> str:
        """See `Source.uri`."""
        return self._uri

    @property
    def is_complete(self) -> bool:
        """Always False: files that were not named may well be there."""
        return False

    async def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Source.batches`."""
        entries = self._list()
        while batch := await _next_batch(entries):
            yield batch

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        return await asyncio.to_thread(read_file, image, self._rules)

    def _list(self) -> Iterator[Listed]:
        for path in self._paths:
            if isinstance(path, PassedOver):
                yield path
                continue
            uri = path_to_uri(path)
            if not self._takes(uri):
                continue
            if self._is_selected and not self._is_selected(path.as_posix().lstrip("/")):
                yield PassedOver(uri, Reason.EXCLUDED)
            elif is_raw_name(path.name):
                yield PassedOver(uri, Reason.CAMERA_RAW)
            else:
                yield _look_at(path, uri)


def paths_listed(stream: BinaryIO, cwd: Path) -> Iterator[Named]:
    """Return what a list names, one by one as it is read.

    The list has one path or file URI a line; when there is a NUL in its first 64 KiB,
    as `find -print0` writes, entries end with NUL and may hold newlines.

    Args:
        stream: such as ``sys.stdin.buffer``.
        cwd: what relative paths are relative to; absolute.

    Returns:
        Absolute paths, and what is no file's name passed over.
    """
    rest = stream.read(_LIST_BLOCK_BYTES)
    end = b"\0" if b"\0" in rest else b"\n"
    while True:
        *entries, rest = rest.split(end)
        for entry in entries:
            if entry:
                yield _path_of(entry, cwd)
        block = stream.read(_LIST_BLOCK_BYTES)
        if not block:
            break
        rest += block
    if rest:
        yield _path_of(rest, cwd)


def _path_of(entry: bytes, cwd: Path) -> Named:
    text = os.fsdecode(entry)
    try:
        match parse_location(text, cwd):
            case FileLocation(path):
                return path
            case ListOnStdin():  # within a list it is a file of that name
                return absolute_path(text, cwd)
            case BucketLocation() | AllBuckets():
                return PassedOver(text, Reason.NOT_REGULAR)
    except SourceNotFound:
        return PassedOver(text, Reason.VANISHED)


def _look_at(path: Path, uri: str) -> Listed:
    try:
        status = status_of(str(path))
    except OSError as error:
        return PassedOver(uri, reason_for(error))
    if not stat.S_ISREG(status.st_mode):
        return PassedOver(uri, Reason.NOT_REGULAR)
    return SourceImage(uri, status.st_size, mtime_ns_of(status), None)


async def _next_batch(entries: Iterator[Listed]) -> list[Listed]:
    """Take some entries in a thread; none when there are no more.

    Taken only when they are asked for, so nothing piles up.
    """
    return await asyncio.to_thread(lambda: list(islice(entries, BATCH)))


def _translated(path: Path, error: OSError) -> SourceNotFound | SourceUnreadable:
    match reason_for(error):
        case Reason.VANISHED:
            return SourceNotFound(f"{path} is not there.")
        case _:
            return SourceUnreadable(f"{path} cannot be read: {error.strerror}.")
