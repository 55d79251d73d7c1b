"""Errors, to people and to programs."""

import traceback
from collections.abc import Sequence
from datetime import datetime

from imgai.errors import ExitCode, ImgaiError
from imgai.present.amounts import json_time, shown_time
from imgai.present.console import Output, standard_output
from imgai.present.text import json_line, safe, starred


def show_error(
    error: ImgaiError, *, as_json: bool = False, output: Output | None = None
) -> None:
    """Say on stderr what happened and what can be done about it.

    Args:
        error: what ended the command.
        as_json: as one line for programs, which must be the last on stderr.
        output: where to say it; the process's own streams if None.
    """
    output = output or standard_output()
    if as_json:
        output.say(error_line(error))
        return
    output.say(f"imgai: {safe(str(error))}")
    for line in advice(error):
        output.say(f"  {line}")


def show_bug(
    error: BaseException,
    *,
    as_json: bool = False,
    output: Output | None = None,
    hidden: Sequence[str] = (),
) -> None:
    """Say on stderr that imgai is at fault, with the traceback to report.

    Args:
        error: what nobody expected.
        as_json: also as one line for programs, the last.
        output: where to say it; the process's own streams if None.
        hidden: secrets, of which none is shown: libraries quote what they were given.
    """
    output = output or standard_output()
    for part in traceback.format_exception(error):
        for line in starred(part, hidden).splitlines():
            output.say(safe(line))
    name = type(error).__name__
    message = "This is a bug in imgai; what was stored is safe. Please report it."
    if as_json:
        code = int(ExitCode.BUG)
        said = starred(f"{name}: {error}", hidden)
        output.say(ended_line(code, name, said, hint=message))
    else:
        output.say(f"imgai: {message}")


def advice(error: ImgaiError) -> list[str]:
    """Return what the person can do about an error, and when, as safe lines."""
    lines = [safe(error.hint)] if error.hint else []
    if error.retry_at is not None:
        lines.append(f"It is worth coming back after {shown_time(error.retry_at)}.")
    return lines


def error_line(error: ImgaiError) -> str:
    """Return an error as the line of JSON that ends a failed command's stderr."""
    return ended_line(
        int(error.exit_code),
        type(error).__name__,
        str(error),
        hint=error.hint,
        retry_at=error.retry_at,
    )


def ended_line(
    exit_code: int,
    name: str,
    message: str,
    *,
    hint: str = "",
    retry_at: datetime | None = None,
) -> str:
    """Return the same line where no error of ours ended the command.

    Args:
        exit_code: what the command exits with; not 0.
        name: for programs to tell endings apart by.
        message: what happened, for people.
        hint: what to do; may be empty.
        retry_at: when to come back.
    """
    return json_line(
        {
            "type": "error",
            "exit_code": exit_code,
            "error": name,
            "message": message,
            "hint": hint,
            "retry_at": json_time(retry_at) if retry_at else None,
        }
    )
