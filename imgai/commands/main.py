"""The program: runs a command and exits with its code. The only place that exits."""

import logging
import sys
from collections.abc import Sequence
from typing import NoReturn

from typer.exceptions import Abort, TyperException

from imgai.commands.app import app
from imgai.commands.leaving import leave
from imgai.errors import ExitCode, ImgaiError, StoreError, UsageError
from imgai.present.console import standard_output
from imgai.present.errors import show_bug, show_error
from imgai.present.logs import SafeLog
from imgai.present.streams import abandon_stdout, name_failures_of_stdout

# Typer writes into the shell's own files, in the user's home.
_INSTALLS_COMPLETION = "--install-completion"


def main() -> NoReturn:
    """Run the command line and exit with an `ExitCode`."""
    name_failures_of_stdout()
    logging.getLogger().addHandler(SafeLog(standard_output(), _secrets))
    leave(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command line, and return what the process is to exit with."""
    as_json = "--json" in arguments
    try:
        return int(app(args=arguments, prog_name="imgai", standalone_mode=False) or 0)
    except (ImgaiError, TyperException) as error:
        named = error if isinstance(error, ImgaiError) else _usage_error(error)
        show_error(named, as_json=as_json)
        return named.exit_code
    except SystemExit as left:
        # What typer makes of a reader that has gone: `imgai … | head -1`.
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        abandon_stdout()
        return ExitCode.OK
    except (KeyboardInterrupt, Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  what is none of ours is our own bug
        if isinstance(error, OSError) and _INSTALLS_COMPLETION in arguments:
            show_error(_cannot_install(error), as_json=as_json)
            return ExitCode.IO_ERROR
        show_bug(error, as_json=as_json, hidden=_secrets())
        return ExitCode.BUG


def _secrets() -> Sequence[str]:
    from imgai.settings.secrets import known_secrets  # noqa: PLC0415  seldom needed

    return known_secrets()


def _cannot_install(error: OSError) -> StoreError:
    return StoreError(
        f"The completion cannot be installed: {error}.",
        hint="`imgai --show-completion` prints it, to be put where it can be.",
    )


def _usage_error(error: TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "imgai"
    return UsageError(error.format_message(), hint=f"`{path} --help` shows its flags.")
