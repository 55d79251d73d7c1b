"""Memory that one picture used is there for the next."""

import subprocess
import sys
from pathlib import Path

import pytest

# In a process of its own: the C library is asked before the first thread starts, and
# is changed for good. It prints the page faults of
# images that come one after the other in two threads.
_FAULTS = """
import resource, threading
from PIL import Image
from imgai.prepare.memory import reuse_memory

def fill():
    for size in 40 * [(600, 600), (384, 384)]:
        Image.new("RGB", size, "red").copy()

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    threads = [threading.Thread(target=fill) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

reuse_memory()
faults()
print(faults())
"""


def page_faults() -> int:
    """Return how many a process has that reuses its memory."""
    ran = subprocess.run(
        [sys.executable, "-c", _FAULTS],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )
    return int(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_a_picture_takes_the_memory_of_the_one_before() -> None:
    """Three hundred images of a megabyte; handed back each time, it is 30,000 pages."""
    assert page_faults() < 5_000
