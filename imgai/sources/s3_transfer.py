"""Files put into a bucket, whole or not at all, and fetched from there.

However large a file is, one piece of it is held in memory at a time. The store shows
an object only when all of it has arrived; what was in its place stays until then.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imgai.errors import BadAnswer, SourceNotFound, StoreError
from imgai.sources.s3_object import (
    NoSuchObject,
    ObjectReplaced,
    Piece,
    RemoteObject,
)

# Small enough to be sent again over a slow line. A part must have 5 MiB or more, and
# there may be 10,000: https://developers.cloudflare.com/r2/objects/multipart-objects/
PIECE_BYTES = 16 * 2**20
_MOST_PARTS = 10_000

_START_BYTES = 100
_MOST_BEGINNINGS = 3


async def look_at(target: RemoteObject) -> Piece | None:
    """Return an object's first 100 bytes; None if there is no such object.

    Raises:
        ImgaiError: see `RemoteObject`.
    """
    with suppress(NoSuchObject):
        return await target.read(0, _START_BYTES)
    return None


async def upload(
    path: Path, target: RemoteObject, piece_bytes: int = PIECE_BYTES
) -> None:
    """Put a file into a bucket, and see that it has arrived.

    The store compares the bytes of each request with their digest. Ended early, by an
    error or by being cancelled, nothing is left there but what was before.

    Args:
        path: of the file, which has a byte or more and must not change meanwhile.
        target: what it becomes.
        piece_bytes: a larger file is sent in parts of so many.

    Raises:
        StoreError: the file cannot be read.
        ImgaiError: see `RemoteObject`.
    """
    size_bytes, sha256 = await asyncio.to_thread(_measure, path)
    if size_bytes <= piece_bytes:
        content = await asyncio.to_thread(_read_piece, path, 0, size_bytes)
        await target.put(content, sha256)
    else:
        part_bytes = max(piece_bytes, -(-size_bytes // _MOST_PARTS))
        places = range(0, size_bytes, part_bytes)
        await _upload_parts(path, target, places, sha256)
    stored = await look_at(target)
    if stored is None or (stored.size_bytes, stored.sha256) != (size_bytes, sha256):
        raise BadAnswer(
            f"{target.uri} is not what was put there.",
            hint="Something else may have been put there meanwhile. Run it again.",
        )


async def download(
    source: RemoteObject,
    path: Path,
    check_start: Callable[[bytes], None],
    piece_bytes: int = PIECE_BYTES,
) -> None:
    """Fetch an object into a file, and see that it is what was put there.

    After a broken connection it goes on where it was. An object that is replaced
    meanwhile is read anew from its beginning.

    Args:
        source: the object.
        path: of the file, which is made or overwritten.
        check_start: given the first bytes before others are asked for; by raising it
            ends the download.
        piece_bytes: so many are asked for at once.

    Raises:
        SourceNotFound: it is not there, or there is no such bucket.
        StoreError: the file cannot be written; or the object has changed since it was
            put there by `upload`.
        ImgaiError: see `RemoteObject`.
    """
    for _ in range(_MOST_BEGINNINGS):
        try:
            return await _download(source, path, check_start, piece_bytes)
        except ObjectReplaced:
            continue
        except NoSuchObject as error:
            raise SourceNotFound(f"There is no object {source.uri}.") from error
    raise BadAnswer(
        f"{source.uri} was replaced again and again while it was being read."
    )


async def _upload_parts(
    path: Path, target: RemoteObject, places: range, sha256: str
) -> None:
    upload_id = await target.begin(sha256)
    try:
        etags = []
        for number, place in enumerate(places, start=1):
            content = await asyncio.to_thread(_read_piece, path, place, places.step)
            etags.append(await target.put_part(upload_id, number, content))
        await target.complete(upload_id, etags)
    except BaseException:  # Ctrl-C as well: what nobody completes is stored and billed
        await target.abort(upload_id)
        raise


async def _download(
    source: RemoteObject,
    path: Path,
    check_start: Callable[[bytes], None],
    piece_bytes: int,
) -> None:
    first = piece = await source.read(0, piece_bytes)
    check_start(first.content)
    digest = hashlib.sha256()
    while True:
        await asyncio.to_thread(digest.update, piece.content)
        await asyncio.to_thread(_write_piece, path, piece)
        if piece.end >= first.size_bytes:
            break
        piece = await source.read(piece.end, piece_bytes, of=first)
    if first.sha256 not in {None, digest.hexdigest()}:
        raise StoreError(f"{source.uri} is damaged: it is not what was once put there.")


def _measure(path: Path) -> tuple[int, str]:
    """Return a file's size in bytes, and its SHA-256 in hexadecimal."""
    with _translated(path, "read"), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _read_piece(path: Path, place: int, count: int) -> bytes:
    with _translated(path, "read"), path.open("rb") as file:
        file.seek(place)
        return file.read(count)


def _write_piece(path: Path, piece: Piece) -> None:
    """Write the first piece of a new file, or the next one of a file begun."""
    mode = "ab" if piece.first_byte else "wb"
    with _translated(path, "written"), path.open(mode) as file:
        file.write(piece.content)


@contextmanager
def _translated(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} cannot be {what}: {error}.",
            hint="Check the free space there; TMPDIR names another folder.",
        ) from error
