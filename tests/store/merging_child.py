"""A process that merges databases and comes to a halt in the middle of it.

Run as `python merging_child.py TARGET SOURCE…`. It says on stdout when it has derived
some of the pictures, and then waits to be killed.
"""

import sys
import threading
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.store.merge import merge_databases


def halt(done: int, total: int) -> None:
    """Halt once something has been written."""
    if done:
        sys.stdout.write(f"{done} of {total}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    target, *sources = map(Path, sys.argv[1:])
    merge_databases(sources, target, (), LabelRules(), halt)
