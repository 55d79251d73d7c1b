"""All benchmarks, one after the other: `python -m tests.benchmarks`.

Each prints a table; what each takes alone, `python -m tests.benchmarks.NAME --help`
says. Names after the command choose some of them. Half an hour in all, with --small
three minutes, which shows that they run and little more.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

# The options of a small run; the others are the sizes that the README's figures have.
SMALL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "classify": ("--large", "10", "--small", "40", "--workers", "16", "64"),
        "rerun": ("--files", "10000", "--times", "1"),
        "search": ("--pictures", "5000", "--times", "3"),
        "size": ("--pictures", "2000"),
        "merge": ("--shards", "3", "--pictures", "500"),
        "scale": ("--objects", "20000", "--pictures", "40", "--workers", "1", "2"),
        "relevance": (),
        "duplicates": ("--photos", "3", "--made", "3"),
    }
)


def main(arguments: Sequence[str]) -> int:
    """Run benchmarks; return 1 if one of them failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SMALL))
    parser.add_argument("--small", action="store_true", help="small sizes, quickly")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - SMALL.keys():
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    failed = False
    for name in asked.names or SMALL:
        sys.stdout.write(f"\n## {name}\n\n")
        sys.stdout.flush()
        options = SMALL[name] if asked.small else ()
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *options]
        failed |= subprocess.run(command, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
