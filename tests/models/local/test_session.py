"""Loading the runtime of the local models leaves nothing behind and tells nobody."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="needs imgai[local]")
def test_the_runtime_does_not_report_its_use(tmp_path: Path) -> None:
    """Left to itself it puts an id and a queue of events into the cache folder."""
    folders = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    subprocess.run(
        [sys.executable, "-c", "import imgai.models.local.session"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **folders},
        check=True,
        timeout=60,
    )

    assert list(tmp_path.rglob("*")) == []
