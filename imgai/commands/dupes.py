"""`imgai dupes`: what the library holds more than once."""

from typing import Annotated

import typer

from imgai.commands.options import AsJson, Database, Quiet, Verbose, settings_with
from imgai.domain.duplicates import DuplicateKind


def dupes(
    kind: Annotated[
        list[DuplicateKind] | None,
        typer.Option(help="Only this kind; may be repeated.", show_default=False),
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """List duplicates, three kinds kept apart, the best of each group first.

    The same file; the same picture in files that differ, by metadata; near-duplicates:
    other size, format or quality, or a small crop. Best is what has most pixels, then
    most bytes. Nothing is read but the database, and nothing is ever deleted.

    Example: imgai dupes --kind near-duplicate

    Exit codes: 0 also when there are none; 74 the database cannot be read; 78 a
    setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.dupes import show_duplicates  # noqa: PLC0415
    from imgai.search.duplicates import find_duplicates  # noqa: PLC0415
    from imgai.store.holding import reading_one_moment  # noqa: PLC0415

    with reading_one_moment(settings_with(db).database) as connection:
        groups = find_duplicates(connection, kind or list(DuplicateKind))
        show_duplicates(groups, standard_output(), as_json=as_json, is_quiet=quiet)
