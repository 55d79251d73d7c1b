"""The recipes of `examples/`, run: cron, GitHub Actions, systemd."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from imgai.errors import ExitCode
from tests.commands.running import Imgai, Ran
from tests.stubs import faults
from tests.stubs.workers_ai import WorkersAIStub

EXAMPLES = Path(__file__).parents[1] / "examples"
WORKFLOW = EXAMPLES / "github-actions-backfill.yml"
NIGHTLY = EXAMPLES / "nightly.sh"

Numbered = Callable[[int], Path]


def run(
    command: list[str | Path], program: Imgai, environment: Mapping[str, str]
) -> Ran:
    """Run a recipe with `imgai` first in PATH."""
    variables = program.variables(environment)
    folder = program.home / "bin"
    if not folder.exists():
        folder.mkdir()
        words = " ".join(map(shlex.quote, program.command([])))
        (folder / "imgai").write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (folder / "imgai").chmod(0o755)
    finished = subprocess.run(
        command,
        env={**variables, "PATH": f"{folder}{os.pathsep}{variables['PATH']}"},
        cwd=program.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(finished.returncode, finished.stdout, finished.stderr)


def ending_with(code: int, home: Path) -> Mapping[str, str]:
    """Return the environment in which `imgai` just ends with a code."""
    folder = home / f"ends-{code}"
    folder.mkdir()
    (folder / "imgai").write_text(f"#!/bin/sh\nexit {code}\n")
    (folder / "imgai").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_the_first_night_classifies_and_the_second_says_nothing(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """Cron sends mail for every word, so a night without news has none."""
    photos = numbered(5)

    first = run([NIGHTLY, photos], hosted, {})
    second = run([NIGHTLY, photos], hosted, {})

    assert first.exit_code == 0, first.err
    assert hosted.rows("SELECT count(*) FROM image_ai") == [(5,)]
    assert (second.exit_code, second.out, second.err) == (0, "", "")
    assert len(workers_ai.calls_of("@cf/facebook/detr-resnet-50")) == 5


def test_a_night_that_the_quota_ends_is_no_failure(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered
) -> None:
    """75 means "go on tomorrow"; a refused token is something else."""
    photos = numbered(5)
    workers_ai.reply_always(faults.quota_spent())
    assert run([NIGHTLY, photos], hosted, {}).exit_code == 0

    workers_ai.reply_always(faults.token_refused())
    refused = run([NIGHTLY, photos], hosted, {})
    assert refused.exit_code == 77
    assert "the token was refused" in refused.err


@pytest.mark.parametrize("code", sorted({*ExitCode}))
def test_the_night_knows_every_exit_code(tmp_path: Path, code: ExitCode) -> None:
    """0, 3 and 75 are good nights; all others are told and passed on."""
    ran = subprocess.run(
        ["/bin/sh", NIGHTLY, "photos"],
        env=ending_with(code, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    is_good = code in {ExitCode.OK, ExitCode.SOME_FAILED, ExitCode.TRY_LATER}
    assert ran.returncode == (0 if is_good else code)
    assert bool(ran.stderr) is not is_good


def steps() -> list[dict[str, Any]]:
    """Return the steps of the workflow's one job."""
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    listed: list[dict[str, Any]] = job["steps"]
    return listed


def workflow_environment() -> dict[str, str]:
    """Return the variables that the workflow sets for all steps."""
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return {name: str(value) for name, value in workflow["env"].items()}


def classify_step() -> str:
    """Return the script of the step that classifies."""
    (script,) = [
        step["run"] for step in steps() if "imgai classify" in step.get("run", "")
    ]
    return str(script)


def test_the_workflow_backfills_night_by_night_and_75_is_not_red(
    hosted: Imgai, workers_ai: WorkersAIStub, numbered: Numbered, tmp_path: Path
) -> None:
    """Its own shell step, run as Actions runs it, until the library is done."""
    summary = tmp_path / "summary.md"
    environment = {
        **workflow_environment(),
        "SOURCE": str(numbered(30)),
        "GITHUB_STEP_SUMMARY": str(summary),
        "CI": "true",
    }
    script = ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    nights = []
    for _ in range(10):
        workers_ai.allocation_neurons = workers_ai.neurons + 60
        nights.append(run([*script, classify_step()], hosted, environment))
        if "::notice::" not in nights[-1].out:
            break

    assert [night.exit_code for night in nights] == [0] * len(nights)
    assert len(nights) > 2
    assert (hosted.home / "imgai.db").exists()
    assert hosted.rows("SELECT count(*) FROM image_ai") == [(30,)]
    assert summary.read_text(encoding="utf-8").count("### imgai") == len(nights)

    workers_ai.reply_always(faults.token_refused())
    (tmp_path / "numbered" / "0000.jpg").unlink()
    more = {**environment, "SOURCE": str(EXAMPLES / "photos")}
    assert run([*script, classify_step()], hosted, more).exit_code == 77


def test_the_workflow_keeps_what_it_brings_back() -> None:
    """The cache is restored by the prefix of what is saved, whatever happened."""
    by_action = {
        step["uses"].partition("@")[0]: step for step in steps() if "uses" in step
    }
    restored, saved = (
        by_action["actions/cache/restore"],
        by_action["actions/cache/save"],
    )

    assert saved["if"].startswith("always()")
    assert saved["with"]["path"] == restored["with"]["path"]
    assert saved["with"]["key"].startswith(restored["with"]["restore-keys"])
    assert saved["with"]["path"] == workflow_environment()["IMGAI_DB"]
    for step in steps():  # no secret is spelled into a script
        assert "secrets." not in step.get("run", "")


@pytest.mark.parametrize("recipe", [NIGHTLY, WORKFLOW, EXAMPLES / "imgai.service"])
def test_recipes_use_only_flags_that_exist(recipe: Path, imgai: Imgai) -> None:
    """A flag that was renamed would fail in the night, where nobody looks."""
    shown = imgai("classify", "--help", COLUMNS="300").out
    lines = [
        line
        for line in recipe.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bimgai classify ", line)
    ]

    flags = [flag for line in lines for flag in re.findall(r"\s(--[a-z-]+)", line)]
    assert flags
    assert [flag for flag in flags if flag not in shown] == []


def test_systemd_accepts_the_service_and_the_timer(tmp_path: Path) -> None:
    """Read by systemd's own checker, where there is one."""
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("systemd-analyze is not installed")
    for name in ("imgai.service", "imgai.timer"):
        shutil.copy(EXAMPLES / name, tmp_path)

    ran = subprocess.run(
        [
            checker,
            "verify",
            "--user",
            tmp_path / "imgai.timer",
            tmp_path / "imgai.service",
        ],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    complaints = [line for line in ran.stderr.splitlines() if "imgai." in line]
    assert complaints == [], ran.stderr
