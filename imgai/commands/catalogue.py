"""Every command by name, with a line about it, and the help that lists them.

Written down here so that neither `imgai --help` nor any one command has to load the
others, or typer.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Each is the function of that name in the module of that name.
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "classify": "Look at every picture once, and write down what it shows.",
        "search": "Find pictures by words, by meaning, by filters, by example.",
        "similar": "Find pictures like an image: copies, versions, same subject.",
        "dupes": "List duplicates, the best of each group first.",
        "show": "Show all that is known about one image.",
        "status": "Show what is known, missing, failed or gone, and its cost.",
        "doctor": "Look at all that classify needs.",
        "export": "Write what is known: JSON Lines, CSV, alt texts.",
        "tag": "Write labels and captions into XMP sidecars.",
        "thumbnails": "Keep a thumbnail of each picture in the database.",
        "merge": "Merge other databases into this one.",
        "prune": "Forget images that are gone.",
        "reindex": "Derive labels and indexes from the stored answers.",
        "backup": "Copy the database, even while classify is at work.",
        "help": "Explain the query language, or a command.",
    }
)

PURPOSE = (
    "Looks at every picture in a folder or an R2 bucket once, writes down what it\n"
    "shows, and finds it again."
)
START = "Start: imgai classify ./photos, then: imgai search 'ginger cat'"


def overview() -> str:
    """Return what `imgai --help` shows, in lines of at most 80 characters."""
    width = max(map(len, COMMANDS)) + 2
    rows = "\n".join(f"  {name:{width}}{line}" for name, line in COMMANDS.items())
    return f"""\
Usage: imgai COMMAND [OPTIONS] ...

{PURPOSE}

Commands:
{rows}

`imgai COMMAND --help` explains a command, `imgai help query` how to search.
`imgai --version` says which imgai this is; `imgai --install-completion` teaches
the shell to complete commands, labels and colours.

{START}"""
