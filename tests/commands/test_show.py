"""`imgai show`, as a person runs it."""

import json
import os
from pathlib import Path

import pytest

from tests.commands.running import Imgai
from tests.pictures import encoded, quadrants
from tests.store.library import AT, changing, classify, cloud_answers, make_library

HOSTILE = "file:///photos/a%0A%1B%5B31m%E2%80%AE%5B%2Fred%5D.jpg"


@pytest.fixture(autouse=True)
def library(imgai: Imgai) -> None:
    """Give the program a database of three pictures."""
    make_library(imgai.database)


def test_a_person_sees_what_is_known_and_where_it_came_from(imgai: Imgai) -> None:
    """The picture, its answers with model, time and cost, its copies."""
    ran = imgai("show", "/photos/cat one.jpg")

    assert (ran.exit_code, ran.err) == (0, "")
    for part in (
        "/photos/cat one.jpg",
        "1200 × 800 px",
        "orange 60%",
        "A ginger cat asleep.",
        "cat 0.90, couch 0.70",
        "labels: @cf/facebook/detr-resnet-50 (workers-ai), 2026-11-22 12:00 UTC",
        "1.5 neurons (measured), under $0.0001",
        "2.5 neurons (estimated)",
        "a better or newer answer counts",
        "r2://bucket/copy.jpg",
    ):
        assert part in ran.out


@pytest.mark.parametrize(
    "named",
    [
        "../../photos/cat one.jpg",
        "file:///photos/cat%20one.jpg",
        f"p1-{1:064x}",
        "r2://bucket/copy.jpg",
    ],
)
def test_an_image_may_be_named_in_every_way(imgai: Imgai, named: str) -> None:
    """A path, a URI or its picture's hash: all that other commands print."""
    if named.startswith(".."):
        named = os.path.relpath("/photos/cat one.jpg", imgai.home.resolve())
    (held,) = imgai("show", named, "--json").lines

    assert held["picture"]["picture_hash"] == f"p1-{1:064x}"


def test_a_program_gets_one_object(imgai: Imgai) -> None:
    """With every answer and whether it counts."""
    (held,) = imgai("show", "/photos/cat one.jpg", "--json").lines

    assert held["image"]["uri"] == "file:///photos/cat%20one.jpg"
    assert held["caption"] == "A ginger cat asleep."
    assert held["labels"][0] == {"label": "cat", "score": 0.9}
    assert held["neurons"] == 4.25
    assert [one["counts"] for one in held["answers"]] == [True, False] * 3
    assert held["answers"][0]["predicted_at"] == "2026-11-22T12:00:00Z"
    assert [one["uri"] for one in held["copies"]] == ["r2://bucket/copy.jpg"]


def test_the_words_that_people_wrote_into_an_image_are_told_apart(
    imgai: Imgai, tmp_path: Path
) -> None:
    """They are the image's own, and no model's; the search finds both."""
    words = b"<d:subject><r:Bag><r:li>Grandmother</r:li></r:Bag></d:subject>"
    xmp = (
        b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        b' xmlns:d="http://purl.org/dc/elements/1.1/">'
        b'<r:Description d:title="At home">' + words + b"</r:Description></r:RDF>"
    )
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + xmp + b"</x:xmpmeta>"
    photo = tmp_path / "a.webp"
    photo.write_bytes(encoded(quadrants(), "WEBP", xmp=packet))
    assert imgai("classify", photo, "--backend", "local").exit_code == 0

    shown = imgai("show", photo)
    (held,) = imgai("show", photo, "--json").lines
    found = imgai("search", "--mode", "text", "grandmother", "--paths")

    assert "its own title: At home" in shown.out
    assert "its own keywords: Grandmother" in shown.out
    assert held["image"]["keywords"] == ["Grandmother"]
    assert held["image"]["title"] == "At home"
    assert "Grandmother" not in str(held["labels"])
    assert found.out.strip().endswith("a.webp")


def test_an_unknown_image_exits_66_with_what_to_do(imgai: Imgai) -> None:
    """Nothing is on stdout; the hint names the command that would look at it."""
    ran = imgai("show", "no such\x1b.jpg", "--json")

    assert (ran.exit_code, ran.out) == (66, "")
    assert ran.last_error["error"] == "SourceNotFound"
    assert "classify" in ran.last_error["hint"]
    assert "\x1b" not in imgai("show", "no such\x1b.jpg").err


def test_hostile_names_and_words_are_shown_and_not_obeyed(imgai: Imgai) -> None:
    """No control or bidi character reaches the terminal, no markup is read."""
    with changing(imgai.database) as connection:
        answers = cloud_answers("A \x1b[2Jcat.\u202e", "[bold]cat\x9b")
        classify(connection, HOSTILE, 9, answers)
    ran = imgai("show", HOSTILE)

    assert r"a\n\x1b[31m\u202e[/red].jpg" in ran.out
    assert r"[bold]cat\x9b" in ran.out
    assert not set(ran.out) & set("\x1b\x9b\u202e")
    assert json.loads(imgai("show", HOSTILE, "--json").out)


def test_a_database_that_is_not_there_exits_74(imgai: Imgai, tmp_path: Path) -> None:
    """Looking makes no database."""
    none = tmp_path / "none.db"

    assert imgai("show", "x.jpg", "--db", none).exit_code == 74
    assert not none.exists()


def test_a_gone_image_says_since_when(imgai: Imgai) -> None:
    """It is still known, until it is pruned."""
    assert (
        f"gone since {AT:%Y-%m-%d %H:%M} UTC" in imgai("show", "/photos/bird.jpg").out
    )
