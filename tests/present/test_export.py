"""What `imgai export` writes: cells that are only shown, and paths that open."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.present.export import csv_line, export_path


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1"],
)
def test_a_text_that_looks_like_a_formula_is_only_shown(text: str) -> None:
    """A label such as =HYPERLINK(…) would run in whoever opens the file."""
    (row,) = csv.reader([csv_line(["a", text])])

    assert row[1].startswith("'")


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula, and nothing is an empty cell."""
    assert csv_line([-1, 0.5, None, "a cat"]) == "-1,0.5,,a cat"


@given(cells=st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_is_one_line_that_reads_back(cells: list[str]) -> None:
    """Quotes, commas, line ends and half characters among them."""
    line = csv_line(cells)

    assert "\n" not in line
    assert "\r" not in line
    line.encode("utf-8")
    (row,) = csv.reader([line])
    assert len(row) == len(cells)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)


def test_a_path_is_one_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never an option of the next program, nor a formula; no apostrophe is in it."""
    monkeypatch.chdir(tmp_path)

    assert export_path((tmp_path / "a b.jpg").as_uri()) == "a b.jpg"
    assert export_path((tmp_path / "=1.jpg").as_uri()) == "./=1.jpg"
    assert export_path((tmp_path / "-x.jpg").as_uri()) == "./-x.jpg"
    assert export_path("r2://bucket/a.jpg") == "r2://bucket/a.jpg"
