"""`imgai prune`: forget images that are gone."""

from typing import Annotated

import typer

from imgai.commands.options import AsJson, Database, Quiet, Verbose, settings_with


def prune(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say what would be forgotten."),
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Forget images that are gone, and pictures that no image shows any more.

    Their answers are forgotten too: should such a picture come back, it costs again.
    What was spent stays on record.

    Example: imgai prune --dry-run

    Exit codes: 0 done, or nothing to forget; 74 there is no database, or it cannot be
    written; 75 a classify holds the database; 78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.upkeep import show_forgotten  # noqa: PLC0415
    from imgai.store.upkeep import count_gone, forget_gone  # noqa: PLC0415

    database = settings_with(db).database
    forgotten = count_gone(database) if dry_run else forget_gone(database)
    if as_json or not quiet:
        output = standard_output()
        show_forgotten(forgotten, output, as_json=as_json, is_trial=dry_run)
