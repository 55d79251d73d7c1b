"""The command line: a command's module is loaded when the command is asked for."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from imgai import __version__
from imgai.commands.catalogue import COMMANDS, PURPOSE, START, overview
from imgai.errors import ExitCode, UsageError


class _Commands(TyperGroup):
    """Commands that are loaded one by one, each with what it needs and no more."""

    def list_commands(self, ctx: object) -> list[str]:
        """Return the names, in the order of the catalogue."""
        del ctx
        return list(COMMANDS)

    # Any, since typer does not tell the world the class of a command.
    def get_command(self, ctx: object, cmd_name: str) -> Any:
        """Return a command; None if there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"imgai.commands.{cmd_name}")
        alone = typer.Typer(
            add_completion=False,
            rich_markup_mode="rich",
            pretty_exceptions_enable=False,
        )
        own_class = getattr(module, "COMMAND_CLASS", None)
        alone.command(cmd_name, cls=own_class)(getattr(module, cmd_name))
        return get_command(alone)

    # Any, for the same reason.
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name, the command and what is left of the arguments.

        Raises:
            UsageError: there is no such command, and some have much the same name.
        """
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches  # noqa: PLC0415  seldom needed

            for near in get_close_matches(args[0], COMMANDS, n=1):
                raise UsageError(
                    f"There is no command {args[0]}.",
                    hint=f"Did you mean `imgai {near}`?",
                )
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="imgai",
    cls=_Commands,
    help=PURPOSE,
    epilog=START,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:  # noqa: FBT001  typer calls it
    if is_asked:
        typer.echo(f"imgai {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _imgai(
    context: typer.Context,
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
    if context.invoked_subcommand is None:
        typer.echo(overview())
        raise typer.Exit(ExitCode.USAGE)
