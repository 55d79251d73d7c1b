"""Words in an XMP document: a person's stay, imgai's come and go."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgai.domain.derive import Label
from imgai.domain.images import OwnWords
from imgai.domain.tags import Tags
from imgai.xmp.document import (
    DESCRIBED,
    HIERARCHY,
    IMGAI,
    SUBJECT,
    XmpError,
    parse,
)
from imgai.xmp.tagging import tag, untag
from imgai.xmp.words import own_words
from tests.xmp.documents import (
    DARKTABLE,
    DESCRIBED_BRIEFLY,
    LIGHTROOM,
    NOTHING,
    ODD,
)

TAGS = Tags(
    labels=(Label("cat", 0.9), Label("sofa", 0.5)),
    caption='A "cat" & a dog <asleep>.',
    caption_source="model",
    models="@cf/a, @cf/b",
    analyzed_at="2026-11-22T12:00:00.000Z",
)
FOREIGN = pytest.mark.parametrize(
    "foreign",
    [LIGHTROOM, DARKTABLE, DESCRIBED_BRIEFLY],
    ids=["lightroom", "darktable", "brief"],
)


@FOREIGN
def test_what_is_taken_out_again_leaves_every_byte(foreign: bytes) -> None:
    """Line ends, quotes, comments, prefixes: not one byte of others is changed."""
    assert untag(tag(foreign, TAGS).content) == foreign


@FOREIGN
def test_writing_the_same_twice_changes_nothing(foreign: bytes) -> None:
    """A nightly `tag` writes no file, and no backup program copies one."""
    once = tag(foreign, TAGS).content

    assert tag(once, TAGS).content == once


def test_a_persons_words_stay() -> None:
    """The description as it is; a keyword that is there is not written twice."""
    tagged = tag(LIGHTROOM, TAGS)
    document = parse(tagged.content)

    assert document.texts(SUBJECT) == ("Grandmother", "Cat", "sofa")
    assert document.texts(DESCRIBED) == ("Her 80th birthday, 5 > 4",)
    assert document.texts(HIERARCHY) == (
        *("People|Grandmother", "imgai|cat", "imgai|sofa"),
    )
    assert (tagged.added, tagged.keeps_description) == (("sofa",), True)
    assert own_words(document) == own_words(parse(LIGHTROOM))


def test_where_each_word_comes_from_is_written_beside_it() -> None:
    """Models, time and scores, in imgai's own namespace."""
    document = parse(tag(DARKTABLE, TAGS).content)

    told = {
        name: document.texts((IMGAI, name))
        for name in ("labels", "scores", "models", "analyzedAt", "captionSource")
    }
    assert told == {
        "labels": ("cat", "sofa"),
        "scores": ("0.9000", "0.5000"),
        "models": ("@cf/a, @cf/b",),
        "analyzedAt": ("2026-11-22T12:00:00.000Z",),
        "captionSource": ("model",),
    }
    assert document.texts(DESCRIBED) == (TAGS.caption,)


@pytest.mark.parametrize("bare", [ODD, NOTHING, None], ids=["odd", "nothing", "new"])
def test_documents_with_empty_properties_are_filled(bare: bytes | None) -> None:
    """Whatever way of writing nothing was chosen; no property is there twice."""
    content = tag(bare, TAGS).content
    document = parse(content)

    assert document.texts(SUBJECT) == ("cat", "sofa")
    assert document.texts(DESCRIBED) == (TAGS.caption,)
    assert len(document.properties(SUBJECT)) == len(document.properties(DESCRIBED)) == 1
    assert own_words(parse(untag(content))) == OwnWords()


def test_a_new_answer_replaces_the_old_one_alone() -> None:
    """Labels that are no longer said go, and the caption follows."""
    newer = replace(TAGS, labels=(Label("dog", 0.8),), caption="A dog.")

    document = parse(tag(tag(DARKTABLE, TAGS).content, newer).content)

    assert document.texts(SUBJECT) == ("dog",)
    assert document.texts(DESCRIBED) == ("A dog.",)
    assert document.texts(HIERARCHY) == ("imgai|dog",)


def test_a_keyword_that_a_person_took_out_does_not_come_back() -> None:
    """However often the picture is tagged."""
    content = tag(LIGHTROOM, TAGS).content
    without = content.replace(b"\n     <rdf:li>sofa</rdf:li>", b"", 1)

    for _ in range(3):
        without = tag(without, TAGS).content
        assert parse(without).texts(SUBJECT) == ("Grandmother", "Cat")
        assert parse(without).texts((IMGAI, "declined")) == ("sofa",)


def test_a_description_that_a_person_corrected_is_theirs() -> None:
    """From then on it is left as it is, and taken for a person's by the search."""
    content = tag(DARKTABLE, TAGS).content
    corrected = content.replace(b"&lt;asleep&gt;.</rdf:li>", b"on the sofa.</rdf:li>")

    again = tag(corrected, replace(TAGS, caption="Another."))

    assert again.keeps_description
    theirs = own_words(parse(again.content)).description
    assert theirs == 'A "cat" & a dog on the sofa.'


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]>' + NOTHING,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + NOTHING,
        NOTHING.replace(b"<rdf", b"&bomb;<rdf"),
        b"<a>" * 70 + b"</a>" * 70,
        b"<a/>",
        b"",
        b"\0" * 100,
        LIGHTROOM.decode().encode("utf-16"),
        LIGHTROOM[:-60],
        LIGHTROOM.replace(b"Grandmother", b"\xff"),
        ODD.replace(b'd:description=""', b'd:subject="Cat"'),
        ODD.replace(b"<title/>", b"<subject/>"),
        ODD.replace(b"<r:Bag/>", b"Cat"),
    ],
    ids=range(13),
)
def test_what_cannot_be_changed_safely_is_refused(hostile: bytes) -> None:
    """Entities that multiply, files of others, half files: all left as they are."""
    with pytest.raises(XmpError):
        tag(hostile or b" ", TAGS)


WORDS = st.text(st.characters(), max_size=12)


@settings(max_examples=40, deadline=None)
@given(labels=st.lists(WORDS, max_size=5), caption=WORDS)
def test_any_words_can_be_written_and_taken_out(
    labels: list[str], caption: str
) -> None:
    """Markup, control characters, half surrogates: the document stays XML."""
    tags = replace(TAGS, labels=tuple(Label(one, 0.5) for one in labels))
    for foreign in (LIGHTROOM, DARKTABLE):
        content = tag(foreign, replace(tags, caption=caption)).content
        assert own_words(parse(content)) == own_words(parse(foreign))
        assert tag(content, replace(tags, caption=caption)).content == content
        assert untag(content) == foreign


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_rewriting_everything_loses_nothing(tmp_path: Path) -> None:
    """Other programs write the file anew, in their own shape: words are told apart."""
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(tag(LIGHTROOM, TAGS).content)
    copy = tmp_path / "b.xmp"
    options = ["-XMP-dc:Subject+=garden", "-api", "Compact=Shorthand"]
    command = ["exiftool", "-q", *options, "-o", str(copy), str(sidecar)]
    subprocess.run(command, check=True, capture_output=True)

    document = parse(tag(copy.read_bytes(), TAGS).content)
    assert own_words(document).keywords == (
        *("Grandmother", "Cat", "garden", "People"),
    )
    assert parse(untag(copy.read_bytes())).texts(SUBJECT) == (
        *("Grandmother", "Cat", "garden"),
    )
    assert IMGAI not in {
        name[0]
        for block in parse(untag(copy.read_bytes())).descriptions
        for name in [*block.attributes, *(one.name for one in block.children)]
    }
