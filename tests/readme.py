"""The parts of README.md that the program itself writes: `python -m tests.readme`.

Each stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. A test fails when
one of them is not what the program would write.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from imgai import errors
from imgai.errors import ExitCode
from imgai.settings.variables import VARIABLES

README = Path(__file__).parents[1] / "README.md"
COMMANDS = (
    "classify",
    "search",
    "similar",
    "dupes",
    "show",
    "status",
    "doctor",
    "export",
    "tag",
    "merge",
    "prune",
    "reindex",
    "backup",
    "thumbnails",
    "help",
)

_PART = re.compile(r"(<!-- begin: (\S+) -->\n)(.*?)(<!-- end: \2 -->)", re.DOTALL)

_MEANINGS = {
    ExitCode.OK: "all done, or nothing to do; a search that finds nothing",
    ExitCode.USAGE: "wrong flags, or a malformed filter in a query",
    ExitCode.SOME_FAILED: (
        "the run finished and some images failed: they are listed and recorded; or more"
        " failed than `--max-failure-rate` allows"
    ),
    ExitCode.UNREADABLE_IMAGE: "the one image asked for cannot be read",
    ExitCode.NO_SOURCE: "no such file, folder, bucket or prefix",
    ExitCode.UNREACHABLE: (
        "Workers AI or R2 cannot be reached: no call of the run succeeded, or the"
        " server's certificate is refused"
    ),
    ExitCode.BUG: "a bug of imgai's own, with a traceback",
    ExitCode.IO_ERROR: "the database cannot be read or written, a listing broke off, or"
    " results cannot be written",
    ExitCode.TRY_LATER: (
        "stopped early and goes on next time: daily quota, budget, time limit, or"
        " another `classify` holds the database; says when to come back"
    ),
    ExitCode.ACCESS_DENIED: "token or key refused",
    ExitCode.SETTINGS: (
        "a setting is missing or wrong, or a model is retired and nothing replaces it"
    ),
    ExitCode.INTERRUPTED: "Ctrl-C: what was paid for is stored",
    ExitCode.TERMINATED: "SIGTERM: what was paid for is stored",
}


def help_text(*command: str) -> str:
    """Return what `imgai COMMAND --help` prints, 90 columns wide, without colour."""
    shown = subprocess.run(
        [sys.executable, "-m", "imgai", *command, "--help"],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "TERMINAL_WIDTH": "90",
            "COLUMNS": "90",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "PYTHONIOENCODING": "utf-8",
        },
    ).stdout
    return "\n".join(line.rstrip() for line in shown.strip("\n").splitlines()).strip()


def part(name: str) -> str:
    """Return a part of the README as the program would write it."""
    match name:
        case "settings":
            return _settings()
        case "exit-codes":
            rows = [f"| {code.value} | {_MEANINGS[code]} |" for code in ExitCode]
            return "\n".join(["| code | when |", "|---|---|", *rows])
        case "errors":
            tree = (errors.__doc__ or "").split("::\n\n")[1].split("\n\n")[0]
            lines = [line.removeprefix("    ") for line in tree.splitlines()]
            return "\n".join(["```", *lines, "```"])
        case "help":
            return "\n\n".join(_folded_help(command) for command in COMMANDS)
        case _:
            raise ValueError(f"README has a part {name!r} that nothing writes")


def _settings() -> str:
    rows = []
    for one in VARIABLES:
        older = "".join(f" (or `{alias}`)" for alias in one.aliases)
        is_value = " " not in one.default and one.default != "–"
        shown = f"`{one.default}`" if is_value else one.default
        rows.append(f"| `{one.name}`{older} | {shown} | {one.meaning} |")
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _folded_help(command: str) -> str:
    return (
        f"<details><summary><code>imgai {command} --help</code></summary>\n\n"
        f"```\n{help_text(command)}\n```\n\n</details>"
    )


def rewritten(text: str) -> str:
    """Return README's text with every part as the program would write it."""
    return _PART.sub(lambda found: f"{found[1]}{part(found[2])}\n{found[4]}", text)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
