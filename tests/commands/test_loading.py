"""What a command loads before it answers: no more than it needs."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from imgai.store.connection import open_for_writing
from tests.benchmarks.rerun import know, make_files
from tests.commands.running import Imgai, copy_photos

# What takes longest to import, and which commands may.
HEAVY = {"numpy", "onnxruntime", "PIL", "httpx", "rich", "sqlite_utils", "asyncio"}
# What else no run needs in which nobody is asked.
FOR_WORK = {"tenacity", "imgai.commands.wiring", "imgai.models.profiles"}

_LOADED = """
import json, sys
from imgai.commands.main import run
sys.stdout.write("\\n")
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""


def loaded_by(imgai: Imgai, *arguments: str) -> tuple[int, set[str]]:
    """Return what a command exits with, and the modules it has loaded by then."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments],
        capture_output=True,
        check=True,
        cwd=imgai.home,
        env=imgai.variables(),
        text=True,
    )
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    return code, set(loaded)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Imgai:
    """Return the program with two example photos classified on this machine."""
    pytest.importorskip("onnxruntime", reason="only imgai[local] brings local models")
    home = tmp_path_factory.mktemp("loading")
    imgai = Imgai(home)
    photos = copy_photos(home / "photos", "IMG_0412.png", "IMG_0418.jpg")
    assert imgai("classify", photos).exit_code == 0
    assert imgai("search", "ginger cat").exit_code == 0  # now its embedding is known
    return imgai


@pytest.mark.parametrize(
    ("arguments", "may"),
    [
        (("search", "label:cat", "--json"), set[str]()),
        (("search", "ginger cat", "--json"), set[str]()),
        (("search", "ginger cat"), {"rich"}),
        (("dupes",), set[str]()),
        (("help", "query"), set[str]()),
        (("status", "--json"), set[str]()),
        (("show", "photos/IMG_0412.png", "--json"), set[str]()),
        (("classify", "photos"), {"asyncio"}),
    ],
)
def test_a_command_loads_only_what_it_needs(
    examples: Imgai, arguments: tuple[str, ...], may: set[str]
) -> None:
    """Each of these takes longer to load than an instant command may take."""
    code, loaded = loaded_by(examples, *arguments)

    assert code == 0
    assert HEAVY & loaded <= may


def test_a_run_over_an_unchanged_library_loads_nothing_that_work_takes(
    imgai: Imgai, tmp_path: Path
) -> None:
    """It walks, compares and leaves: no client, no certificates, no decoder."""
    with closing(open_for_writing(imgai.database)) as connection:
        know(connection, make_files(tmp_path / "photos", 3))
    imgai.environment = {
        "CLOUDFLARE_ACCOUNT_ID": "0" * 32,
        "CLOUDFLARE_API_TOKEN": "t" * 40,
        "CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:9/client/v4",
    }

    code, loaded = loaded_by(imgai, "classify", str(tmp_path / "photos"))

    assert code == 0
    assert (HEAVY | FOR_WORK) & loaded == {"asyncio"}


_INTERRUPTED = """
import sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "imgai.commands.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
sys.argv = ["imgai", "status"]
from imgai.__main__ import main
main()
"""


def test_ctrl_c_while_it_is_loaded_is_no_traceback(imgai: Imgai) -> None:
    """Whoever sees a slip in the command line presses it at once."""
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED],
        capture_output=True,
        check=False,
        env=imgai.variables(),
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
