"""`imgai merge`: other databases into this one."""

from pathlib import Path
from typing import Annotated

import typer

from imgai.commands.options import (
    AsJson,
    Database,
    Quiet,
    Verbose,
    expanded,
    settings_with,
)


def merge(
    databases: Annotated[
        list[Path],
        typer.Argument(metavar="DB...", help="Databases to merge; only read."),
    ],
    moves: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="OLD=NEW",
            help="Their images below OLD are below NEW here; two URIs.",
        ),
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Merge other databases into the one that --db names, made if it is not there.

    The newest answer of each model stays; what was spent adds up. Merging the same
    again changes nothing. All of it is merged, or nothing.

    Example: imgai merge shard-*.db --db all.db --map file:///mnt/a=file:///mnt/b

    Exit codes: 0 done; 2 wrong flags; 74 one of the databases cannot be used; 75 a
    classify holds one of them; 78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.domain.derive import LabelRules  # noqa: PLC0415
    from imgai.domain.merging import Move  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.merge import show_merged, warn_of_idle_moves  # noqa: PLC0415
    from imgai.present.upkeep import told_progress  # noqa: PLC0415
    from imgai.store.merge import merge_databases  # noqa: PLC0415

    try:
        parsed = [Move.parse(text) for text in moves or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    settings, output = settings_with(db), standard_output()
    rules = LabelRules(settings.max_labels, settings.min_score)
    paths = [expanded(path) for path in databases]
    with told_progress(output, "pictures", is_quiet=quiet) as tell:
        merged = merge_databases(paths, settings.database, parsed, rules, tell)
    if parsed and not merged.moved:
        warn_of_idle_moves(output)
    if as_json or not quiet:
        show_merged(merged, settings.database, output, as_json=as_json)
