"""Backups in buckets: by way of a copy in a temporary folder."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from imgai.commands.leaving import run_without_waiting
from imgai.commands.places import open_s3
from imgai.settings.values import Settings
from imgai.sources.location import BucketLocation
from imgai.sources.s3_object import RemoteObject
from imgai.sources.s3_transfer import download, look_at, upload
from imgai.store.backup import Copied, back_up, refuse_foreign_start, restore
from imgai.store.temporary import temporary_folder


def back_up_to_bucket(settings: Settings, target: BucketLocation) -> Copied:
    """Copy the database to an object, whoever writes to it meanwhile.

    Args:
        settings: the database and the bucket's keys.
        target: as prefix its key. An older backup of that name is replaced.

    Raises:
        StoreError: the database or the temporary folder cannot be used, or the object
            is something else's.
        ImgaiError: see `RemoteObject`.
    """
    return run_without_waiting(_back_up(settings, target))


def restore_from_bucket(settings: Settings, backup: BucketLocation) -> Copied:
    """Put a backup in the place of the database. See `imgai.store.backup.restore`.

    Args:
        settings: the database and the bucket's keys.
        backup: as prefix its key.

    Raises:
        StoreError: as `restore`, or the temporary folder cannot be used.
        DatabaseBusy: a `classify` holds the database.
        ImgaiError: see `RemoteObject`. Nothing was changed.
    """
    with temporary_folder() as folder:
        path = folder / "backup.db"
        uri = run_without_waiting(_fetch(settings, backup, path))
        return restore(path, settings.database, uri)


async def _back_up(settings: Settings, target: BucketLocation) -> Copied:
    async with _opened(settings, target) as there:
        # First of all, since it says whether keys and bucket are right.
        found = await look_at(there)
        if found is not None and found.size_bytes:
            refuse_foreign_start(found.content, there.uri)
        with temporary_folder() as folder:
            path = folder / "copy.db"
            # Nothing else is under way, so the loop may be held up.
            copied = back_up(settings.database, path)
            await upload(path, there)
    return Copied(there.uri, copied.size_bytes)


async def _fetch(settings: Settings, backup: BucketLocation, path: Path) -> str:
    async with _opened(settings, backup) as there:
        await download(
            there, path, lambda start: refuse_foreign_start(start, there.uri)
        )
        return there.uri


@asynccontextmanager
async def _opened(
    settings: Settings, location: BucketLocation
) -> AsyncIterator[RemoteObject]:
    async with AsyncExitStack() as stack:
        yield RemoteObject(await open_s3(settings, stack), location)
