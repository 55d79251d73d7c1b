"""Pictures on the terminal: their thumbnails read, and drawn one below the other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from imgai.errors import ImageError
from imgai.pipeline.thumbnails import thumbnail_of
from imgai.prepare.preparer import Preparer
from imgai.present.console import standard_output
from imgai.present.preview import NO_TERMINAL, can_preview, show_preview
from imgai.store.connection import reading
from imgai.store.thumbnails import find_thumbnail

_WIDTH_PX = 480  # 36 cells of a dense screen


def show_previews(
    images: Sequence[tuple[str, str]], database: Path, *, is_quiet: bool
) -> None:
    """Draw images on the terminal, each above its place; those that are to be had.

    A picture on this machine is read anew, in full sharpness; of one elsewhere the
    thumbnail is drawn that `imgai thumbnails` kept.

    Args:
        images: (URI, picture hash).
        database: where thumbnails may be kept.
        is_quiet: does not say that there is no terminal.

    Raises:
        BrokenPipeError: the terminal has gone.
        StoreError: the database cannot be read.
    """
    output = standard_output()
    if not can_preview(output):
        if images and not is_quiet:
            output.say(NO_TERMINAL)
        return

    async def show_all() -> None:
        async for uri, jpeg in _read(images, database):
            show_preview(jpeg, uri, output)

    asyncio.run(show_all())


async def _read(
    images: Sequence[tuple[str, str]], database: Path
) -> AsyncIterator[tuple[str, bytes]]:
    with reading(database) as connection:
        async with Preparer(_WIDTH_PX) as preparer:
            for uri, picture_hash in images:
                jpeg = await _made(uri, preparer)
                jpeg = jpeg or find_thumbnail(connection, picture_hash)
                if jpeg:
                    yield uri, jpeg


async def _made(uri: str, preparer: Preparer) -> bytes | None:
    if not uri.startswith("file:"):
        return None
    try:
        return await thumbnail_of(uri, preparer)
    except ImageError:
        return None
