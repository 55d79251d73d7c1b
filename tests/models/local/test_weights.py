"""A model's file is checked before it is used."""

from pathlib import Path

import pytest

from imgai.errors import SettingsError
from imgai.models.local import weights
from imgai.models.local.weights import SHIPPED, WeightsFile

ALL = [file for file in vars(weights).values() if isinstance(file, WeightsFile)]


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_every_installed_file_is_the_right_one(file: WeightsFile) -> None:
    """What is shipped or depended on has the bytes that were measured."""
    assert file.read()


def test_nothing_is_shipped_that_is_not_checked_or_explained() -> None:
    """Each file in the folder has a hash in the code, and its origin in NOTICE.md."""
    notice = (SHIPPED / "NOTICE.md").read_text(encoding="utf-8")
    shipped = {path.name for path in SHIPPED.iterdir()} - {"NOTICE.md"}

    assert shipped == {file.name for file in ALL if not file.package}
    assert all(f"`{name}`" in notice for name in shipped)


def test_a_damaged_file_is_refused_by_name_with_the_remedy(tmp_path: Path) -> None:
    """One flipped bit is enough: a wrong model would answer, and wrongly."""
    content = bytearray(weights.VOCABULARY.read())
    content[1000] ^= 1
    damaged = tmp_path / weights.VOCABULARY.name
    damaged.write_bytes(content)

    with pytest.raises(SettingsError, match="damaged") as refused:
        weights.VOCABULARY.read(tmp_path)

    assert str(damaged) in str(refused.value)
    assert "pip install" in refused.value.hint


def test_a_missing_file_is_refused_by_name_with_the_remedy(tmp_path: Path) -> None:
    """An installation that lost a file says which."""
    with pytest.raises(SettingsError, match="cannot be read") as refused:
        weights.DETECTOR.read(tmp_path)

    assert weights.DETECTOR.name in str(refused.value)
    assert "pip install" in refused.value.hint


def test_a_missing_package_is_refused_with_the_remedy() -> None:
    """Without the extra, the message says what to install."""
    file = WeightsFile("model.onnx", "0" * 64, package="imgai_has_no_such_package")
    with pytest.raises(SettingsError, match="imgai_has_no_such_package") as refused:
        file.read()
    assert "imgai[local]" in refused.value.hint
