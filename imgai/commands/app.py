"""The command line: every command and what its help says."""

from typing import Annotated

import typer

from imgai import __version__
from imgai.commands.backup import backup
from imgai.commands.classify import classify
from imgai.commands.doctor import doctor
from imgai.commands.export import export
from imgai.commands.merge import merge
from imgai.commands.prune import prune
from imgai.commands.reindex import reindex
from imgai.commands.search import search
from imgai.commands.show import show
from imgai.commands.status import status
from imgai.commands.tag import tag
from imgai.commands.thumbnails import thumbnails

app = typer.Typer(
    name="imgai",
    help=(
        "Looks at every picture in a folder or an R2 bucket once, writes down what it"
        " shows, and finds it again."
    ),
    epilog="Start: imgai classify ./photos, then: imgai search 'ginger cat'",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:  # noqa: FBT001  typer calls it
    if is_asked:
        typer.echo(f"imgai {__version__}")
        raise typer.Exit


@app.callback()
def _imgai(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            help="Show the version and exit.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    del version  # answered by its callback


app.command()(classify)
app.command()(search)
app.command()(show)
app.command()(status)
app.command()(doctor)
app.command()(export)
app.command()(tag)
app.command()(thumbnails)
app.command()(merge)
app.command()(prune)
app.command()(reindex)
app.command()(backup)
