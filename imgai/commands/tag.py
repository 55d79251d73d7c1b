"""`imgai tag`: labels and captions into XMP sidecars, and out again."""

from typing import TYPE_CHECKING, Annotated

import typer

from imgai.commands.options import (
    OUTPUT,
    WHERE,
    AsJson,
    Database,
    Quiet,
    settings_with,
)
from imgai.domain.clock import utc_now
from imgai.domain.tags import Naming

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from imgai.domain.tags import SidecarOutcome


def tag(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="Files and folders; if none is named, all images that are known.",
            show_default=False,
        ),
    ] = None,
    naming: Annotated[
        Naming,
        typer.Option(
            help="a.xmp beside a.jpg (adobe), or a.jpg.xmp (darktable).",
            rich_help_panel=WHERE,
        ),
    ] = Naming.ADOBE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be written.")
    ] = False,
    undo: Annotated[
        bool,
        typer.Option(
            "--undo", help="Bring sidecars back to what they were, byte for byte."
        ),
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="A line a sidecar.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:
    """Write labels and captions into XMP sidecars, for Lightroom, darktable and others.

    Pictures are never touched. A sidecar that is there keeps all that is in it; a
    person's keywords and description stay, and a keyword that a person took out is
    not written again. --undo takes back what imgai wrote, and nothing else.

    Example: imgai tag ./photos --dry-run

    Exit codes: 0 done, or nothing to do; 2 wrong flags; 3 some sidecars could not be
    written; 66 no such file or folder; 74 the database cannot be read or written; 75 a
    classify holds the database; 78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.errors import ExitCode  # noqa: PLC0415
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.tag import show_sidecars  # noqa: PLC0415
    from imgai.store.holding import open_existing  # noqa: PLC0415

    settings = settings_with(db)
    places = _uris(sources or ())
    with open_existing(settings.database, writes=not dry_run) as journal:
        if undo:
            outcomes = _undone(journal, places, is_trial=dry_run)
        else:
            outcomes = _tagged(journal, places, naming, is_trial=dry_run)
        failed = show_sidecars(
            outcomes,
            standard_output(),
            as_json=as_json,
            is_trial=dry_run,
            is_verbose=verbose,
            is_quiet=quiet,
        )
    if failed:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _tagged(
    journal: "sqlite3.Connection",
    places: "Sequence[str]",
    naming: Naming,
    *,
    is_trial: bool,
) -> "Iterator[SidecarOutcome]":

    from imgai.pipeline.tagging import Tagging, shared_sidecars  # noqa: PLC0415
    from imgai.store.sidecars import (  # noqa: PLC0415
        images_to_tag,
        raw_uris_on_this_machine,
        uris_on_this_machine,
    )

    tagging = Tagging(
        naming,
        shared_sidecars(
            uris_on_this_machine(journal), raw_uris_on_this_machine(journal), naming
        ),
        None if is_trial else journal,
        utc_now,
    )
    for place in places:
        yield from tagging.tag(images_to_tag(journal, place))


def _undone(
    journal: "sqlite3.Connection", places: "Sequence[str]", *, is_trial: bool
) -> "Iterator[SidecarOutcome]":
    from imgai.pipeline.tagging import undo  # noqa: PLC0415

    for place in places:
        yield from undo(journal, place, is_trial=is_trial)


def _uris(sources: "Sequence[str]") -> list[str]:
    """Return the URIs of files and folders; of all folders if none is named.

    Raises:
        SourceNotFound: one of them is not there.
        SourceUnreadable: one of them cannot be looked at.
        UsageError: one of them is a bucket.
    """
    from pathlib import Path  # noqa: PLC0415

    from imgai.errors import UsageError  # noqa: PLC0415
    from imgai.sources.local import open_path  # noqa: PLC0415
    from imgai.sources.location import FileLocation, parse_location  # noqa: PLC0415

    uris = []
    for source in sources:
        match parse_location(source, Path.cwd()):
            case FileLocation(path=path):
                uris.append(open_path(path).uri)
            case _:
                raise UsageError(
                    f"{source} is not on this machine.",
                    hint="Sidecars are written beside files, not into buckets.",
                )
    return uris or ["file:///"]
