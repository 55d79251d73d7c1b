"""`imgai export`: everything that is known, for other programs."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from imgai.commands.options import (
    OUTPUT,
    AsJson,
    Database,
    Quiet,
    Verbose,
    settings_with,
)
from imgai.domain.export_format import ExportFormat
from imgai.errors import ExitCode


def export(
    form: Annotated[
        ExportFormat | None,
        typer.Option(
            "--format",
            help="JSON Lines, or CSV; for --alt-text CSV if left out.",
            rich_help_panel=OUTPUT,
            show_default="jsonl",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Only what was first seen or answered from then on: 2026-11-01, or"
            " 2026-11-01T06:00Z; UTC if it names no zone.",
        ),
    ] = None,
    alt_text: Annotated[
        bool,
        typer.Option(
            "--alt-text",
            help="Only path and caption (path,alt), for web builds.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit with 3 if an image has no caption, and name it."
        ),
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Write every image that is not gone: labels, caption, colours, own words.

    Own words are the keywords, title and description that people wrote into it. In
    UTF-8, in the order of their places. A CSV is safe to open in a spreadsheet: a
    text that looks like a formula begins with an apostrophe.

    Example: imgai export --alt-text --check > alt.csv

    Exit codes: 0 written; 2 wrong flags; 3 an image has no caption (--check); 74 the
    database cannot be read; 78 a setting is wrong.
    """
    # Heavy imports belong here: `--help` is to be instant.
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.export import ExportWriter, tell_lacking  # noqa: PLC0415
    from imgai.store.connection import reading  # noqa: PLC0415
    from imgai.store.exports import exported_images  # noqa: PLC0415

    if as_json and form is ExportFormat.CSV:
        raise typer.BadParameter("--json and --format csv exclude each other")
    chosen = form or (
        ExportFormat.CSV if alt_text and not as_json else ExportFormat.JSONL
    )
    output, begins_at = standard_output(), (None if since is None else _moment(since))
    writer = ExportWriter(output, chosen, is_alt_text=alt_text)
    lacking = []
    with reading(settings_with(db).database) as connection:
        writer.begin()
        for image in exported_images(connection, begins_at):
            writer.write(image)
            if check and not image.caption:
                lacking.append(image.uri)
    if lacking:
        if not quiet or as_json:
            code = int(ExitCode.SOME_FAILED)
            tell_lacking(lacking, output, code, as_json=as_json)
        raise typer.Exit(ExitCode.SOME_FAILED)


def _moment(text: str) -> datetime:
    # A year or a month means its first day, as in `after:2026-11`.
    whole = f"{text}-01-01"[:10] if re.fullmatch(r"\d{4}(-\d\d)?", text) else text
    try:
        moment = datetime.fromisoformat(whole)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"--since is {text!r}, and may be a date such as 2026-11-01 or a time such"
            " as 2026-11-01T06:00Z"
        ) from error
