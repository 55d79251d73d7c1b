"""`imgai` and `python -m imgai`."""

import sys
from typing import NoReturn

from imgai import __version__

_INTERRUPTED = 130  # `ExitCode.INTERRUPTED`, without what it takes to load it


def main() -> NoReturn:
    """Run the program."""
    try:
        _start()
    except KeyboardInterrupt:  # while it is loaded; a command sees to its own
        sys.exit(_INTERRUPTED)


def _start() -> NoReturn:
    """Answer `--version` and `--help` alone before anything else is loaded."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        _answer(f"imgai {__version__}")
    if sys.argv[1:] in (["--help"], ["-h"]):
        from imgai.commands.catalogue import overview  # noqa: PLC0415

        _answer(overview())
    from imgai.commands import garbage  # noqa: PLC0415

    garbage.put_off()
    from imgai.commands.main import main as run  # noqa: PLC0415  40 ms

    run()


def _answer(text: str) -> None:
    """Write a text to stdout and exit; come back if it cannot be written.

    Then the program as a whole tries again, and says what is wrong.
    """
    if sys.stdout is None:  # closed by the caller: `imgai --help >&-`
        return
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        return
    sys.exit(0)


if __name__ == "__main__":
    main()
