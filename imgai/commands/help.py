"""`imgai help`: the query language, explained, and where else to look."""

from typing import Annotated

import typer

from imgai.commands.catalogue import COMMANDS, overview
from imgai.commands.options import Quiet, Verbose

_TOPICS = ("query",)


def _complete_topic(incomplete: str) -> list[str]:
    return [one for one in (*_TOPICS, *COMMANDS) if one.startswith(incomplete)]


def help(  # noqa: A001  the command's name
    ctx: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[query|COMMAND]",
            help="What to explain.",
            autocompletion=_complete_topic,
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,  # noqa: ARG001  every command takes it
    verbose: Verbose = False,  # noqa: ARG001  every command takes it
) -> None:
    """Explain the query language, or a command.

    Example: imgai help query

    Exit codes: 0 shown; 2 there is no such topic.
    """
    from imgai.present.console import standard_output  # noqa: PLC0415
    from imgai.present.query_page import query_page  # noqa: PLC0415

    output = standard_output()
    if topic is None:
        output.result(overview())
    elif topic == "query":
        output.result(query_page())
    elif topic in COMMANDS and ctx.parent is not None:
        ctx.parent.command.main(
            [topic, "--help"], prog_name="imgai", standalone_mode=False
        )
    else:
        raise typer.BadParameter(f"{topic} is neither a command nor a topic")
