"""`imgai export`, as a web build or a spreadsheet's owner runs it."""

import csv
from pathlib import Path

import pytest

from imgai.domain.images import Identity, OwnWords, SourceImage
from imgai.store.images import see_image
from tests.commands.running import Imgai, Ran
from tests.store.library import (
    AT,
    add_image,
    changing,
    classify,
    local_answers,
    make_library,
)

DOG = "file:///photos/dog.jpg"
CATS = ["file:///photos/cat%20one.jpg", "r2://bucket/copy.jpg"]
FIELDS = [
    "uri",
    "path",
    "picture_hash",
    "format",
    "size_bytes",
    "width_px",
    "height_px",
    "taken_at",
    "first_seen_at",
    "labels",
    "caption",
    "caption_source",
    "colours",
    "nsfw_score",
    "models",
    "analyzed_at",
    "keywords",
    "title",
    "description",
]


@pytest.fixture
def library(imgai: Imgai) -> Imgai:
    """Return the program with three images: a cat's two and a dog; a bird is gone."""
    make_library(imgai.database)
    return imgai


def rows(ran: Ran) -> list[dict[str, str]]:
    """Return the rows of a CSV on stdout."""
    return list(csv.DictReader(ran.out.splitlines()))


def test_every_image_that_is_not_gone_is_one_json_line(library: Imgai) -> None:
    """The fields are documented and stay; the order is that of places."""
    ran = library("export")

    assert ran.exit_code == 0
    assert [line["uri"] for line in ran.lines] == [CATS[0], DOG, CATS[1]]
    assert all(list(line) == FIELDS for line in ran.lines)
    cat, dog, _ = ran.lines
    assert cat["path"] == "/photos/cat one.jpg"
    assert cat["caption"] == "A ginger cat asleep."
    assert cat["caption_source"] == "model"
    assert cat["labels"][0] == {"label": "cat", "score": 0.9}
    assert cat["colours"][0]["name"] == "orange"
    assert len(cat["models"]) > 1
    assert dog["caption_source"] == "composed"
    assert library("export", "--json").out == ran.out


def test_csv_has_the_same_in_cells(library: Imgai) -> None:
    """With the scores beside the labels, since a cell holds no list."""
    cat, dog, _ = rows(library("export", "--format", "csv"))

    assert cat["labels"] == "cat; couch"
    assert cat["label_scores"] == "0.9; 0.7"
    assert cat["colours"] == "orange; black"
    assert dog["caption"] == "A dog."
    assert [field for field in cat if field != "label_scores"] == FIELDS


def test_the_words_of_people_are_told_apart(library: Imgai) -> None:
    """A program may trust them more than a model's; most pictures have none."""
    words = OwnWords(("=ginger", "my; cat"), "Felix", "On the sofa.")
    with changing(library.database) as connection:
        known = add_image(connection, DOG, 7)
        identity = Identity("f" * 64, "p1-7", "jpeg", None, words)
        see_image(connection, SourceImage(DOG, 1, 1, None), identity, known.id, AT)

    lines = {line["uri"]: line for line in library("export").lines}
    cells = {row["uri"]: row for row in rows(library("export", "--format", "csv"))}

    fields = FIELDS[-3:]
    assert [lines[DOG][field] for field in fields] == [
        ["=ginger", "my; cat"],
        "Felix",
        "On the sofa.",
    ]
    assert [cells[DOG][field] for field in fields] == [
        "'=ginger; my; cat",
        "Felix",
        "On the sofa.",
    ]
    assert [lines[CATS[0]][field] for field in fields] == [[], None, None]
    assert [cells[CATS[0]][field] for field in fields] == ["", "", ""]


def test_since_leaves_out_what_is_older(library: Imgai) -> None:
    """For a build that keeps its own state: the library's images are of one noon."""
    assert len(library("export", "--since", "2026-11-22").lines) == 3
    assert len(library("export", "--since", "2026-11-22T13:00+01:00").lines) == 3
    assert len(library("export", "--since", "2026").lines) == 3
    assert len(library("export", "--since", "2026-11").lines) == 3
    assert library("export", "--since", "2026-12").lines == []
    assert library("export", "--since", "2026-11-22T12:00:01Z").lines == []
    assert library("export", "--since", "yesterday").exit_code == 2


def test_alt_text_is_path_and_caption(library: Imgai) -> None:
    """An image without one is left out: an empty text would mean "decoration"."""
    with changing(library.database) as connection:
        add_image(connection, "file:///photos/new.jpg", 7)

    ran = library("export", "--alt-text")

    assert ran.exit_code == 0
    assert ran.out.splitlines() == [
        "path,alt",
        "/photos/cat one.jpg,A ginger cat asleep.",
        "/photos/dog.jpg,A dog.",
        "r2://bucket/copy.jpg,A ginger cat asleep.",
    ]
    as_json = library("export", "--alt-text", "--format", "jsonl")
    assert as_json.lines[1] == {"path": "/photos/dog.jpg", "alt": "A dog."}


def test_check_is_a_guard_for_builds(library: Imgai) -> None:
    """3 when an image lacks its caption, with its name on stderr; else 0."""
    assert library("export", "--alt-text", "--check").exit_code == 0
    with changing(library.database) as connection:
        add_image(connection, "file:///photos/new.jpg", 7)

    ran = library("export", "--alt-text", "--check")

    assert ran.exit_code == 3
    assert "no caption: /photos/new.jpg" in ran.err
    assert len(ran.out.splitlines()) == 4
    as_json = library("export", "--check", "--json")
    assert as_json.last_error["exit_code"] == 3
    assert len(as_json.lines) == 4


def test_it_is_utf8_and_safe_whatever_the_locale(library: Imgai) -> None:
    """Written by cron with LANG=C, opened in a spreadsheet by somebody else."""
    with changing(library.database) as connection:
        evil = local_answers('=HYPERLINK("http://evil.example","Käse")', "@cat")
        classify(connection, "file:///photos/k%C3%A4se.jpg", 8, evil)

    ran = library("export", "--format", "csv", LANG="C", PYTHONUTF8="0")

    (row,) = [row for row in rows(ran) if row["labels"].endswith("@cat")]
    assert row["path"] == "/photos/käse.jpg"
    assert row["caption"].startswith("'=HYPERLINK")
    assert row["caption"].endswith('"Käse")')
    assert row["labels"] == "'@cat"


def test_an_empty_library_has_names_of_columns_only(imgai: Imgai) -> None:
    """And no database at all is 74."""
    assert imgai("export").exit_code == 74
    with changing(imgai.database):
        pass

    ran = imgai("export", "--format", "csv")

    assert (ran.exit_code, len(ran.out.splitlines())) == (0, 1)


def test_wrong_flags_are_named(library: Imgai, tmp_path: Path) -> None:
    """Two formats at once, and one there is not."""
    assert library("export", "--json", "--format", "csv").exit_code == 2
    assert library("export", "--format", "xml").exit_code == 2
    assert library("export", "--db", tmp_path / "none.db").exit_code == 74
