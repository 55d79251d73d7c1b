"""`imgai thumbnails`: small pictures in the database, for Datasette and others."""

from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.options import AsJson, Database, Quiet, Verbose, settings_with
from imgai.errors import ExitCode

if TYPE_CHECKING:
    import sqlite3

    from imgai.present.console import Output


def thumbnails(
    width: Annotated[
        int, typer.Option(min=16, max=512, help="In px; about 4 KB each at 128.")
    ] = 128,
    drop: Annotated[
        bool, typer.Option("--drop", help="Forget all thumbnails instead.")
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Keep a thumbnail of each picture in the database, where it has none yet.

    The view `photos` shows them in Datasette, with its plugin datasette-render-images;
    --preview falls back on them. Pictures on this machine only: it reads each of them.

    Example: imgai thumbnails

    Exit codes: 0 done, or none was missing; 2 wrong flags; 3 some pictures could not be
    read; 74 the database cannot be read or written; 75 a classify holds the database;
    78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    import asyncio  # noqa: PLC0415

    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.thumbnails import (  # noqa: PLC0415
        show_dropped,
        show_thumbnail_sum,
    )
    from imgai.store.holding import open_existing  # noqa: PLC0415
    from imgai.store.thumbnails import drop_thumbnails  # noqa: PLC0415

    settings, output = settings_with(db), standard_output()
    with open_existing(settings.database, writes=True) as connection:
        if drop:
            dropped = drop_thumbnails(connection)
            if as_json or not quiet:
                show_dropped(dropped, output, as_json=as_json)
            return
        made, failed, size_bytes = asyncio.run(
            _make(connection, width, output, as_json=as_json)
        )
    if not (as_json or quiet):
        show_thumbnail_sum(made, size_bytes, output)
    if failed:
        raise typer.Exit(ExitCode.SOME_FAILED)


async def _make(
    connection: "sqlite3.Connection", width_px: int, output: "Output", *, as_json: bool
) -> tuple[int, int, int]:
    """Make what is missing; return how many were made, how many failed, and bytes."""
    from imgai.pipeline.thumbnails import make_missing  # noqa: PLC0415
    from imgai.present.thumbnails import show_thumbnail  # noqa: PLC0415

    made = failed = size_bytes = 0
    async for one in make_missing(connection, width_px):
        made += one.error is None
        failed += one.error is not None
        size_bytes += one.size_bytes
        show_thumbnail(one.uri, one.size_bytes, one.error, output, as_json=as_json)
    return made, failed, size_bytes
