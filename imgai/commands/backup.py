"""`imgai backup`: a consistent copy of the database, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from imgai.commands.options import AsJson, Database, Quiet, Verbose, settings_with


def backup(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="The copy, a file; with --restore, the backup."
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
    replaced then. A plain copy of the file would lack what is not yet in it.

    Example: imgai backup /mnt/nas/imgai.db

    Exit codes: 0 done; 2 wrong flags; 74 the database, the target or the backup
    cannot be used; 75 a classify holds the database (--restore); 78 a setting is
    wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.present.backup import show_copied  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.store import backup as copies  # noqa: PLC0415

    if target.startswith("r2://"):
        raise typer.BadParameter("backups go to files; r2:// is not written to yet")
    path = Path(target).expanduser()
    if path.is_dir():
        raise typer.BadParameter(f"{target!r} is a folder; name a file in it")
    database = settings_with(db).database
    if restore:
        copied = copies.restore(path, database)
    else:
        copied = copies.back_up(database, path)
    if as_json or not quiet:
        show_copied(
            copied.path,
            copied.size_bytes,
            standard_output(),
            restored_from=path if restore else None,
            replaced=copied.replaced,
            as_json=as_json,
        )
