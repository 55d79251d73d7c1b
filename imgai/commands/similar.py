"""`imgai similar`: pictures like one image."""

from typing import Annotated

import typer

from imgai.commands.options import (
    OUTPUT,
    AsJson,
    Database,
    Quiet,
    Verbose,
    host,
    number,
    settings_with,
)


def similar(
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE",
            help="A path, a URI, or a picture hash; any image, known or not.",
        ),
    ],
    limit: Annotated[
        int,
        typer.Option("--limit", "-n", min=1, max=10_000, help="At most so many."),
    ] = 20,
    min_similarity: Annotated[
        float | None,
        typer.Option(
            min=-1.0,
            max=1.0,
            callback=number,
            help="Of the same subject; by default what the model was measured to need.",
            show_default=False,
        ),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            metavar="local|workers-ai",
            callback=host,
            help="What looks at an image that the database does not know.",
        ),
    ] = "local",
    paths: Annotated[
        bool,
        typer.Option(
            "--paths", help="Only paths, one a line, for pipes.", rich_help_panel=OUTPUT
        ),
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Find pictures like an image: copies, near-duplicates, the same subject.

    Near-duplicates (other size, format or quality, a small crop) come first, by the
    distance of their perceptual hashes, 0 to 64; then the same subject, by the
    similarity of embeddings. An image that the database does not know is looked at on
    the spot, and nothing of it is stored.

    Example: imgai similar holiday/pool.jpg

    Exit codes: 0 also when nothing is like it; 65 it cannot be read; 66 it is not
    there; 69, 77 Workers AI cannot be asked; 74 the database cannot be read; 78 a
    setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.commands.examples import find_look, image_uri  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.search import MatchForm  # noqa: PLC0415
    from imgai.present.similar import show_relatives  # noqa: PLC0415
    from imgai.search.similar import find_similar  # noqa: PLC0415
    from imgai.store.holding import reading_one_moment  # noqa: PLC0415

    settings = settings_with(db)
    with reading_one_moment(settings.database) as connection:
        look = find_look(connection, image, backend, settings)
        relatives = find_similar(
            connection, look, image_uri(image), limit, min_similarity
        )
    form = MatchForm.PATHS if paths else MatchForm.TABLE
    show_relatives(
        relatives,
        standard_output(),
        MatchForm.JSON if as_json else form,
        is_quiet=quiet,
    )
