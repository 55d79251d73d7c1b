"""`imgai show`: all that is known about one image."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.options import (
    AsJson,
    Database,
    Preview,
    Quiet,
    Verbose,
    settings_with,
)

if TYPE_CHECKING:
    import sqlite3

    from imgai.domain.records import ShownImage


def show(
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE",
            help="A path, a URI, or a picture hash (its beginning will do).",
        ),
    ],
    preview: Preview = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Show all that is known about one image, and where each answer came from.

    Example: imgai show photos/cat.jpg

    Exit codes: 0 shown; 66 the database does not know this image; 74 the database
    cannot be read; 78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.errors import SourceNotFound  # noqa: PLC0415
    from imgai.models.neurons import DOLLARS_PER_NEURON  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.image import show_image  # noqa: PLC0415
    from imgai.store.holding import reading_one_moment  # noqa: PLC0415

    settings = settings_with(db)
    with reading_one_moment(settings.database) as connection:
        found = _find(connection, image)
    if found is None:
        raise SourceNotFound(
            f"The database knows nothing of {image}.",
            hint="`imgai classify` looks at it; --db names another database.",
        )
    if preview and not as_json and found.image and found.picture:
        from imgai.commands.previews import show_previews  # noqa: PLC0415

        pair = (found.image.uri, found.picture.picture.picture_hash)
        show_previews([pair], settings.database, is_quiet=quiet)
    show_image(found, standard_output(), DOLLARS_PER_NEURON, as_json=as_json)


def _find(connection: "sqlite3.Connection", named: str) -> "ShownImage | None":
    from imgai.store.records import show_picture, show_uri  # noqa: PLC0415

    # A URI as the database has it needs no reading; any other spelling does.
    if "://" in named and (found := show_uri(connection, named)):
        return found
    if (uri := _uri(named)) and (found := show_uri(connection, uri)):
        return found
    return show_picture(connection, named)


def _uri(named: str) -> str | None:
    """Return the URI of what is named, if it may name a place."""
    from imgai.sources.location import (  # noqa: PLC0415
        AllBuckets,
        BucketLocation,
        FileLocation,
        ListOnStdin,
        parse_location,
        path_to_uri,
        r2_uri,
    )

    match parse_location(named, Path.cwd()):
        case FileLocation(path=path):
            return path_to_uri(path)
        case BucketLocation(bucket=bucket, prefix=key):
            return r2_uri(bucket, key)
        case AllBuckets() | ListOnStdin():
            return None
