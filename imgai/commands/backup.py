"""`imgai backup`: a consistent copy of the database, and the way back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.options import (
    AsJson,
    Database,
    Quiet,
    Verbose,
    expanded,
    settings_with,
)
from imgai.settings.values import Settings

if TYPE_CHECKING:
    from imgai.sources.location import BucketLocation
    from imgai.store.backup import Copied

_BUCKETS = "r2://"


def backup(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="The copy, a file or r2://bucket/key; with --restore, the backup.",
        ),
    ],
    restore: Annotated[
        bool,
        typer.Option(
            "--restore",
            help="Put the backup in the database's place, and keep what was there.",
        ),
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Copy the database as it is at one moment, even while classify is at work.

    The copy is checked before it takes its name; an older backup of that name is
    replaced then. A plain copy of the file would lack what is not yet in it. On its
    way to or from a bucket it lies in the temporary folder (TMPDIR).

    Example: imgai backup r2://backups/imgai.db

    Exit codes: 0 done; 2 wrong flags; 66 no such bucket, or no backup in it; 69 the
    bucket cannot be reached; 74 the database, the target or the backup cannot be
    used; 75 a classify holds the database (--restore); 77 the bucket's keys were
    refused; 78 they are not set, or a setting is wrong; 130, 143 interrupted.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.commands.signals import interrupted_by_sigterm  # noqa: PLC0415
    from imgai.present.backup import show_copied  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415

    settings = settings_with(db)
    with interrupted_by_sigterm():
        if target[: len(_BUCKETS)].lower() == _BUCKETS:
            copied = _in_bucket(settings, _object_at(target), restores=restore)
        else:
            copied = _in_file(settings, target, restores=restore)
    if as_json or not quiet:
        show_copied(
            copied.place,
            copied.size_bytes,
            standard_output(),
            restored_from=copied.restored_from,
            replaced=copied.replaced,
            as_json=as_json,
        )


def _in_file(settings: Settings, target: str, *, restores: bool) -> "Copied":
    from imgai.store import backup as copies  # noqa: PLC0415
    from imgai.store.health import is_folder  # noqa: PLC0415

    path = expanded(Path(target))
    if is_folder(path):
        raise typer.BadParameter(f"{target!r} is a folder; name a file in it")
    if restores:
        return copies.restore(path, settings.database)
    return copies.back_up(settings.database, path)


def _in_bucket(
    settings: Settings, location: "BucketLocation", *, restores: bool
) -> "Copied":
    from imgai.commands import bucket_backup  # noqa: PLC0415

    if restores:
        return bucket_backup.restore_from_bucket(settings, location)
    return bucket_backup.back_up_to_bucket(settings, location)


def _object_at(target: str) -> "BucketLocation":
    """Return where a backup is in a bucket; its prefix is a whole key."""
    from imgai.sources.location import BucketLocation, parse_r2_uri  # noqa: PLC0415

    bucket, _, key = target[len(_BUCKETS) :].partition("/")
    if not bucket or not key or key.endswith("/"):
        raise typer.BadParameter(f"{target!r} names no object: r2://bucket/imgai.db")
    bucket, key = parse_r2_uri(f"{_BUCKETS}{bucket}/{key}")
    if not {".", ".."}.isdisjoint(key.split("/")):
        raise typer.BadParameter(f"{target!r} has a part that no URL can carry")
    return BucketLocation(bucket, key)
