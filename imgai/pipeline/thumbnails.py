"""Makes thumbnails of pictures that the database knows, and keeps them in it."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from imgai.domain.images import SourceImage
from imgai.errors import ImageError
from imgai.prepare.preparer import Preparer
from imgai.prepare.thumbnail import make_thumbnail
from imgai.sources.reading import ReadingRules, read_file
from imgai.store.thumbnails import keep_thumbnails, pictures_without_thumbnail

_BATCH = 64  # thumbnails to one commit, which waits for the disk


@dataclass(frozen=True, slots=True)
class ThumbnailOutcome:
    """What became of one picture's thumbnail."""

    uri: str
    size_bytes: int = 0
    error: ImageError | None = None  # why there is none


async def thumbnail_of(uri: str, preparer: Preparer) -> bytes:
    """Read an image of this machine and return its thumbnail.

    Raises:
        ImageError: it is not there, or cannot be read.
    """
    image = SourceImage(uri, 0, None, None)  # only its place counts for reading
    file = await asyncio.to_thread(read_file, image, ReadingRules())
    return await make_thumbnail(file.content, preparer)


async def make_missing(
    connection: sqlite3.Connection, width_px: int
) -> AsyncIterator[ThumbnailOutcome]:
    """Make the thumbnails that are missing, and yield what became of each.

    Args:
        connection: that may write.
        width_px: of the thumbnails, at most.
    """
    missing = pictures_without_thumbnail(connection)
    room = asyncio.Semaphore(2 * (os.cpu_count() or 1))  # files held in memory at once
    async with Preparer(width_px) as preparer:

        async def attempt(uri: str) -> bytes | ImageError:
            async with room:
                try:
                    return await thumbnail_of(uri, preparer)
                except ImageError as error:
                    return error

        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            made = await asyncio.gather(*(attempt(uri) for _, uri in batch))
            for outcome in _kept(connection, batch, made):
                yield outcome


def _kept(
    connection: sqlite3.Connection,
    batch: Sequence[tuple[int, str]],
    made: Sequence[bytes | ImageError],
) -> list[ThumbnailOutcome]:
    pairs = list(zip(batch, made, strict=True))
    keep_thumbnails(
        connection, [(at, one) for (at, _), one in pairs if isinstance(one, bytes)]
    )
    return [
        ThumbnailOutcome(uri, len(one))
        if isinstance(one, bytes)
        else ThumbnailOutcome(uri, error=one)
        for (_, uri), one in pairs
    ]
