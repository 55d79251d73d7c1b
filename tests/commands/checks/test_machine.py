"""What is found out about the machine and the local models."""

from pathlib import Path

import pytest

from imgai.commands.checks.local_models import FILES, check_local_models
from imgai.commands.checks.machine import check_disk, check_sqlite, check_versions
from imgai.domain.checks import Check, Family, Health
from imgai.errors import ExitCode
from imgai.models.local import weights
from imgai.models.local.weights import WeightsFile


def test_this_machine_has_what_the_tests_stand_on(tmp_path: Path) -> None:
    """All the tests run here, so nothing can be missing."""
    checks = [*check_versions(), *check_disk(tmp_path / "not" / "there.db")]

    assert {one.status for one in checks} <= {Health.OK, Health.WARN}
    assert {one.name for one in checks} >= {"versions", "sqlite", "formats", "disk"}


@pytest.mark.parametrize(
    ("version", "has_fts5", "exit_code"),
    [
        ((3, 40, 1), True, ExitCode.OK),
        ((3, 40, 1), False, ExitCode.IO_ERROR),
        ((3, 31, 1), True, ExitCode.IO_ERROR),
    ],
)
def test_an_sqlite_that_cannot_hold_the_tables_is_74(
    version: tuple[int, ...], exit_code: ExitCode, *, has_fts5: bool
) -> None:
    """STRICT tables came with 3.37, and full text is a choice of the build."""
    assert check_sqlite(version, has_fts5=has_fts5).exit_code is exit_code


def test_every_file_of_the_local_models_is_looked_at() -> None:
    """A new file cannot be forgotten here."""
    known = {one for one in vars(weights).values() if isinstance(one, WeightsFile)}

    assert known == set(FILES)


def test_the_local_models_are_intact() -> None:
    """They are what every test of theirs runs on."""
    pytest.importorskip("imgai.models.local.session", reason="needs imgai[local]")

    assert check_local_models(is_needed=True).status is Health.OK


@pytest.mark.parametrize(
    ("is_needed", "exit_code"), [(True, ExitCode.SETTINGS), (False, ExitCode.OK)]
)
def test_a_damaged_model_file_is_78_if_it_is_needed(
    tmp_path: Path, exit_code: ExitCode, *, is_needed: bool
) -> None:
    """It would not be loaded, and says how to get a good one."""
    pytest.importorskip("imgai.models.local.session", reason="needs imgai[local]")
    (tmp_path / weights.VOCABULARY.name).write_text("cat", encoding="utf-8")

    check = check_local_models(
        is_needed=is_needed, files=(weights.VOCABULARY,), folder=tmp_path
    )

    assert check.exit_code is exit_code
    assert "damaged" in check.found
    assert "pip install" in check.remedy


def test_a_check_fails_with_an_exit_code_or_not_at_all() -> None:
    """The two can never disagree, so doctor's own exit code cannot be wrong."""
    with pytest.raises(ValueError, match="exit code"):
        Check(Family.MACHINE, "disk", Health.FAIL, "full")
    with pytest.raises(ValueError, match="exit code"):
        Check(Family.MACHINE, "disk", Health.OK, "roomy", "", ExitCode.IO_ERROR)
