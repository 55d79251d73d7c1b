"""What a search shows."""

import json
from dataclasses import replace

import pytest

from imgai.domain.derive import Label
from imgai.domain.matches import Found, Match
from imgai.domain.predictions import CaptionSource
from imgai.present.search import MatchForm, show_found
from tests.present.screens import Told, in_memory

CAT = Match(
    uri="file:///photos/cat%20one.jpg",
    other_images=2,
    picture_hash="p1-ca7",
    labels=(Label("cat", 0.91234), Label("[red]couch\x1b[31m", 0.5)),
    caption="A ginger cat.",
    caption_source=CaptionSource.MODEL,
    score=0.0328,
    similarity=0.7123,
    text_rank=1,
    semantic_rank=2,
    matched_words=("ginger", "cat"),
)
DOG = Match(
    uri="r2://bucket/%E2%80%AEdog.jpg",
    other_images=0,
    picture_hash="p1-d06",
    labels=(),
    caption=None,
    caption_source=None,
    score=0.0164,
)


@pytest.fixture(autouse=True)
def _no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(variable, raising=False)


def shown(form: MatchForm, *matches: Match, notes: tuple[str, ...] = ()) -> Told:
    """Show matches without a terminal; return what was written."""
    output, told = in_memory()
    show_found(Found(matches, notes), output, form)
    return told


def test_people_get_a_table_with_relevance_first() -> None:
    """Best first, a bar against the best; the copies are counted."""
    head, first, labels, second = shown(MatchForm.TABLE, CAT, DOG).results

    assert head.split() == ["Relevance", "Picture", "Where"]
    assert first.startswith("■■■■■ ")
    assert "A ginger cat." in first
    assert first.endswith("/photos/cat one.jpg and 2 copies")
    assert labels.strip() == r"cat, [red]couch\x1b[31m"
    assert second.startswith("■■··· ")
    assert second.endswith(r"r2://bucket/\u202edog.jpg")


def test_an_explanation_says_what_each_match_rests_on() -> None:
    """Both ranks, the similarity and the words that were found."""
    head, first, *_ = shown(MatchForm.EXPLAINED, CAT, DOG).results

    assert head.split()[:6] == [
        "Relevance",
        "Score",
        "Words",
        "Meaning",
        "Similarity",
        "Matched",
    ]
    for part in ("0.0328", "#1", "#2", "0.712", "ginger, cat"):
        assert part in first


def test_a_narrow_terminal_gets_the_explanation_below_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Columns of their own would leave no room for the picture and its place."""
    monkeypatch.setenv("COLUMNS", "80")

    head, *lines = shown(MatchForm.EXPLAINED, CAT, DOG).results

    assert head.split() == ["Relevance", "Picture", "Where"]
    assert lines[2].strip() == "words #1 (ginger, cat), meaning"
    assert lines[3].strip() == "#2 (0.712), score 0.0328"
    assert max(map(len, lines)) <= 80


def test_what_filters_alone_found_has_no_relevance() -> None:
    """Nothing was ranked: the newest come first."""
    head, *_ = shown(MatchForm.TABLE, DOG).results

    assert head.split() == ["Picture", "Where"]


def test_what_meaning_alone_found_is_measured_by_similarity() -> None:
    """Its scores go by the rank alone, and would call all much the same."""
    near = replace(CAT, text_rank=None, semantic_rank=1, similarity=0.9)
    far = replace(DOG, semantic_rank=2, similarity=0.2, score=0.0323)
    none = replace(far, semantic_rank=3, similarity=-0.5, score=0.0317)

    bars = [line[:5] for line in shown(MatchForm.TABLE, near, far, none).results]

    assert [bar for bar in bars if "·" in bar or "■" in bar] == [
        "■■■■■",
        "■····",
        "■····",
    ]


def test_pipes_get_one_path_a_line() -> None:
    """Nothing else stands on stdout, so xargs can have it."""
    told = shown(MatchForm.PATHS, CAT, DOG)

    assert told.results == ["/photos/cat one.jpg", "r2://bucket/%E2%80%AEdog.jpg"]


def test_programs_get_the_documented_fields() -> None:
    """Fields may be added and never renamed."""
    cat, dog = map(json.loads, shown(MatchForm.JSON, CAT, DOG).results)

    promised = [
        "uri",
        "score",
        "similarity",
        "text_rank",
        "semantic_rank",
        "labels",
        "caption",
    ]
    assert list(cat)[:7] == list(dog)[:7] == promised
    assert cat["labels"][0] == {"label": "cat", "score": 0.9123}
    assert (dog["similarity"], dog["caption"], dog["labels"]) == (None, None, [])


@pytest.mark.parametrize("form", MatchForm)
def test_finding_nothing_is_said_on_stderr_alone(form: MatchForm) -> None:
    """An empty stdout is the right answer for a program."""
    told = shown(form, notes=("It went by \x1bwords alone.",))

    assert told.results == []
    assert told.words == [r"It went by \x1bwords alone.", "Nothing found."]


def test_quiet_leaves_out_the_notes() -> None:
    """The matches are what was asked for."""
    output, told = in_memory()
    show_found(Found((CAT,), ("note",)), output, MatchForm.PATHS, is_quiet=True)

    assert (len(told.results), told.words) == (1, [])
