"""The command line: every command and what its help says."""

import typer

from imgai.commands.classify import classify
from imgai.commands.prune import prune
from imgai.commands.reindex import reindex
from imgai.commands.search import search
from imgai.commands.show import show
from imgai.commands.status import status

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
app.command()(classify)
app.command()(search)
app.command()(show)
app.command()(status)
app.command()(prune)
app.command()(reindex)
