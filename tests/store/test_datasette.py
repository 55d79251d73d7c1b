"""The database in Datasette: its views, its full-text search, its thumbnails."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.util import find_spec
from typing import Any
from urllib.request import urlopen

import pytest

from imgai.domain.journal import Call, CallEnd, Outcome
from imgai.domain.predictions import Task
from imgai.models.neurons import DOLLARS_PER_NEURON
from imgai.store.calls import begin_call, end_call
from imgai.store.connection import writing
from imgai.store.thumbnails import keep_thumbnails
from tests.pictures import encoded, quadrants
from tests.store.library import AT, changing, make_library

pytestmark = pytest.mark.skipif(find_spec("datasette") is None, reason="no datasette")
JPEG = encoded(quadrants(64, 48))
MODEL = "@cf/facebook/detr-resnet-50"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:[1-9]\d*")
_LONGEST_S = 60

Rows = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a small library by Datasette, with nothing but the file to go by."""
    path = tmp_path_factory.mktemp("datasette") / "imgai.db"
    make_library(path)
    with changing(path) as connection:
        for number, neurons in enumerate([1.5, 2.5]):
            call = Call(str(number), Task.LABELS, MODEL, AT, (), None)
            begin_call(connection, "run", call)
            ended = AT + timedelta(seconds=1)
            end = CallEnd(str(number), Outcome.ANSWERED, ended, neurons, True)  # noqa: FBT003
            end_call(connection, end)
    with writing(path) as connection:
        keep_thumbnails(connection, [(1, JPEG)])
    command = [sys.executable, "-m", "datasette", str(path), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := _ADDRESS.search(line):
                    yield f"{found[0]}/imgai"
                    break
        finally:
            process.terminate()
            process.wait(_LONGEST_S)


@pytest.fixture
def rows(address: str) -> Rows:
    """Return a function that asks Datasette for the rows of a page."""

    def ask(page: str) -> list[dict[str, Any]]:
        shape = "&_shape=array" if "?" in page else "?_shape=array"
        held: list[dict[str, Any]] = json.loads(_get(f"{address}/{page}{shape}"))
        return held

    return ask


def _get(url: str) -> str:
    with urlopen(url, timeout=_LONGEST_S) as answer:  # noqa: S310  our own server
        text: str = answer.read().decode()
    return text


def test_photos_is_a_page_with_a_search_field(address: str) -> None:
    """Without any configuration: `datasette imgai.db` is all there is to type."""
    page = _get(f"{address}/photos")

    assert 'name="_search"' in page
    assert "A ginger cat asleep." in page


def test_the_search_finds_what_imgai_search_finds_by_words(rows: Rows) -> None:
    """Stems and all, through the same index; each place of the picture is a row."""
    found = [one["uri"] for one in rows("photos.json?_search=cats")]

    assert found == ["file:///photos/cat%20one.jpg", "r2://bucket/copy.jpg"]
    assert [one["labels"] for one in rows("photos.json?_search=dog")] == ["dog"]


def test_a_thumbnail_is_data_of_its_photo(rows: Rows) -> None:
    """Where `imgai thumbnails` made one; a plugin draws it."""
    thumbnails = [one["thumbnail"] for one in rows("photos.json?_search=cat")]

    assert [one["$base64"] for one in thumbnails] != []
    assert [one["thumbnail"] for one in rows("photos.json?_search=dog")] == [None]


def test_labels_can_be_filtered_by_score(rows: Rows) -> None:
    """One row a label and place; what is gone is left out."""
    found = rows("labels.json?score__gt=0.75")

    assert {(one["label"], one["score"]) for one in found} == {
        ("cat", 0.9),
        ("dog", 0.8),
    }


def test_spend_by_day_is_in_dollars(rows: Rows) -> None:
    """At the price that imgai itself reckons with."""
    (row,) = rows("spend_by_day.json")

    assert (row["day"], row["model"], row["calls"]) == ("2026-11-22", MODEL, 2)
    assert row["dollars"] == pytest.approx(row["neurons"] * DOLLARS_PER_NEURON)
    assert (row["neurons"], row["perhaps_billed"]) == (4.0, 0)
