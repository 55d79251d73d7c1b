"""Options that several commands share, and the settings they lead to."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from imgai.domain.predictions import Backend
from imgai.errors import UsageError
from imgai.settings.load import load_settings
from imgai.settings.values import Settings

OUTPUT = "Output"
WHERE = "Where"

Database = Annotated[
    Path | None,
    typer.Option(
        "--db",
        metavar="PATH",
        help="The database [IMGAI_DB; imgai.db in your data folder].",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Only errors.", rich_help_panel=OUTPUT),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more.", rich_help_panel=OUTPUT)
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="One JSON object a line.", rich_help_panel=OUTPUT),
]
Preview = Annotated[
    bool,
    typer.Option(
        "--preview", help="Draw the pictures on the terminal.", rich_help_panel=OUTPUT
    ),
]


def number(value: float | None) -> float | None:
    """Return a flag's number: "nan" passes every range, and is none.

    Raises:
        BadParameter: it is no number.
    """
    if value is not None and math.isnan(value):
        raise typer.BadParameter("nan is no number")
    return value


def host(value: str) -> str:
    """Return the name of what looks at an image that is an example.

    Raises:
        BadParameter: there is no such backend.
    """
    if value not in set(Backend):
        raise typer.BadParameter(f"{value!r} may be local or workers-ai")
    return value


def settings_with(db: Path | None) -> Settings:
    """Return the settings, with the database the command line names.

    Raises:
        SettingsError: a variable holds what it may not hold.
        UsageError: see `expanded`.
    """
    settings = load_settings()
    return settings if db is None else replace(settings, database=expanded(db))


def expanded(path: Path) -> Path:
    """Return a path with its home in place of "~", where the shell has left that.

    Raises:
        UsageError: nobody knows where that home is.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"Nobody knows where the home in {path} is.", hint="Write the whole path."
        ) from error
