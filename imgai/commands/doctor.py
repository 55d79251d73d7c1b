"""`imgai doctor`: is everything there that `classify` needs?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.classify_options import Backend
from imgai.commands.options import AsJson, Database, Quiet, Verbose

if TYPE_CHECKING:
    from imgai.sources.location import BucketLocation


def doctor(
    bucket: Annotated[
        str | None,
        typer.Argument(
            metavar="r2://BUCKET",
            help="A bucket to look at too; the first that may be listed if left out.",
            show_default=False,
        ),
    ] = None,
    backend: Backend = "auto",
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Look at all that classify needs: settings, token, models, R2, database, disk.

    Each is ok, a warning or a failure, with what to do about it. Costs nothing and
    changes nothing. --verbose lists every setting, --quiet only what is not ok.

    Example: imgai doctor

    Exit codes: 0 classify would work; otherwise what it would end with: 66 no such
    bucket; 69 nothing can be reached; 74 the database; 77 token or key refused; 78 a
    setting is missing or wrong, or a model is retired and nothing replaces it.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.commands.checks.examine import Question, examine  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.doctor import Extent, show_examination  # noqa: PLC0415

    extent = Extent.EVERYTHING if verbose else Extent.NORMAL
    found = examine(Question(backend, db, _location(bucket)), Path.cwd())
    show_examination(
        found,
        standard_output(),
        Extent.NOT_OK if quiet else extent,
        as_json=as_json,
    )
    raise typer.Exit(found.exit_code)


def _location(bucket: str | None) -> "BucketLocation | None":
    from imgai.sources.location import (  # noqa: PLC0415
        AllBuckets,
        BucketLocation,
        parse_location,
    )

    if bucket is None:
        return None
    match parse_location(bucket, Path.cwd()):
        case BucketLocation() as location:
            return location
        case AllBuckets():
            return None
        case _:
            raise typer.BadParameter(f"{bucket!r} is no bucket, such as r2://photos")
