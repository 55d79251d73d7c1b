"""`imgai` and `python -m imgai`."""

import sys
from typing import NoReturn

from imgai import __version__


def main() -> NoReturn:
    """Run the program.

    `--version` and `--help` alone are answered before anything else is loaded.
    """
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"imgai {__version__}\n")
        sys.exit(0)
    if sys.argv[1:] in (["--help"], ["-h"]):
        from imgai.commands.catalogue import overview  # noqa: PLC0415

        sys.stdout.write(f"{overview()}\n")
        sys.exit(0)
    from imgai.commands import garbage  # noqa: PLC0415

    garbage.put_off()
    from imgai.commands.main import main as run  # noqa: PLC0415  40 ms

    run()


if __name__ == "__main__":
    main()
