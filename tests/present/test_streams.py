"""The process's own streams, where the disk is full or the reader has gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

needs_a_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="no /dev/full here"
)


def run_python(code: str, behind: str = "") -> subprocess.CompletedProcess[str]:
    """Run some Python that writes to its real streams, with a bit of shell behind."""
    return subprocess.run(
        ["/bin/sh", "-c", f'"$PYTHON" -c "$CODE" {behind}'],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "CODE": code,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "",  # a test machine may have it set
        },
    )


def test_an_abandoned_stdout_is_quiet_to_the_end() -> None:
    """Neither a traceback nor "Exception ignored" follows a reader that has gone."""
    code = """
from imgai.present.console import standard_output
from imgai.present.streams import abandon_stdout
try:
    [standard_output().result("x" * 9000) for _ in range(99)]
except BrokenPipeError:
    abandon_stdout()
"""
    run = run_python(code, "| head -c 1")
    assert (run.stdout, run.stderr) == ("x", "")


@needs_a_full_device
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_cannot_be_written_is_let_go(stream: str) -> None:
    """Or the interpreter would try again at its end, and exit with 120."""
    code = f"""
import sys
from imgai.present.streams import let_go_of_streams
sys.{stream}.write("x")
let_go_of_streams()
"""
    number = {"stdout": 1, "stderr": 2}[stream]
    run = run_python(code, f"{number}>/dev/full")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_a_replaced_stdout_writes_what_the_old_one_would() -> None:
    """The same bytes, and in order with what was written before."""
    code = r"""
import sys
from imgai.present.streams import name_failures_of_stdout
print("\u0416", flush=True)
name_failures_of_stdout()
print("\u0426")
print("\u0428", flush=True)
"""
    assert run_python(code).stdout == "Ж\nЦ\nШ\n"


def test_a_stdout_of_a_test_or_none_is_left_as_it_is() -> None:
    """What has no descriptor cannot be replaced; what is closed stays closed."""
    code = """
import io, sys
from imgai.present.streams import let_go_of_streams, name_failures_of_stdout
name_failures_of_stdout()
sys.exit(sys.stdout is not None)
"""
    assert run_python(code, ">&-").returncode == 0
