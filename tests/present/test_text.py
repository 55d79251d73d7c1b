"""Text from outside, as terminals, pipes and programs get it."""

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.present.text import json_line, piped_uri, safe, shown_uri

# Any character at all, lone surrogates among them, and the dangerous ones often.
DANGEROUS = "\x00\n\r\t\x1b\x7f\x85\x9b\u061c\u200e\u202e\u2028\u2066\ufeff\ud800\udcff"
ANY_TEXT = st.text(st.characters() | st.sampled_from(DANGEROUS))
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(ANY_TEXT)
def test_what_a_terminal_would_obey_never_reaches_it(text: str) -> None:
    """No control, bidi or half character comes through, whatever comes in."""
    shown = safe(text)

    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(one) for one in shown} & BIDI
    assert not set(shown) & {"\u061c", "\u200e", "\u200f"}
    shown.encode()


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_nothing_printable_is_lost(text: str) -> None:
    """A name in any script is shown as it is."""
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines", r"two\nlines"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("evil\u202egpj.exe", r"evil\u202egpj.exe"),
        ("byte \udcff", r"byte \udcff"),
        ("[/bold] 家族👩‍👧", "[/bold] 家族👩‍👧"),
    ],
)
def test_what_is_unsafe_becomes_visible(text: str, shown: str) -> None:
    """The person sees that something odd is in a name, and what."""
    assert safe(text) == shown


@given(st.recursive(ANY_TEXT | st.floats() | st.none(), st.lists, max_leaves=8))
def test_a_json_line_is_one_ascii_line_that_parses(value: object) -> None:
    """Programs of any locale can read it, and a terminal shows it unharmed."""
    line = json_line({"held": value})

    assert all(" " <= one <= "~" for one in line)
    held = json.loads(line)["held"]
    json.dumps(held, allow_nan=False, ensure_ascii=False).encode()


def test_a_json_line_keeps_text_apart_from_halves_of_pairs() -> None:
    """A lone surrogate parses in Python and breaks other parsers."""
    assert json.loads(json_line(["a\ud800b", "é"])) == ["a\ufffdb", "é"]


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("file:///photos/a%20b.jpg", "/photos/a b.jpg"),
        ("r2://bucket/a%20%C3%A9.jpg", "r2://bucket/a é.jpg"),
        ("file:///photos/a%0Ab%1B.jpg", r"/photos/a\nb\x1b.jpg"),
        ("file://server/share/a.jpg", "//server/share/a.jpg"),
        ("file:///C:/photos/a.jpg", "C:/photos/a.jpg"),
    ],
)
def test_uris_are_shown_as_people_write_them(uri: str, shown: str) -> None:
    """Percent signs are for programs."""
    assert shown_uri(uri) == shown


def test_paths_below_the_working_directory_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the person typed them, and as short; a neighbour of like name is not."""
    monkeypatch.chdir(tmp_path)

    assert shown_uri(f"file://{tmp_path}/in/a.jpg") == "in/a.jpg"
    assert shown_uri(f"file://{tmp_path}x/a.jpg") == f"{tmp_path}x/a.jpg"


def test_a_removed_working_directory_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job may outlive the folder it was started in."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()

    assert shown_uri("file:///photos/a.jpg") == "/photos/a.jpg"


@pytest.mark.parametrize("name", [b"line\nbreak.jpg", b"latin\xe9.jpg", b"esc\x1b.jpg"])
def test_a_name_that_is_no_line_of_text_is_piped_as_its_uri(name: bytes) -> None:
    """One line a match holds whatever files are called; imgai reads both forms."""
    quoted = "".join(f"%{byte:02X}" for byte in name)

    assert piped_uri(f"file:///photos/{quoted}") == f"file:///photos/{quoted}"


def test_a_piped_path_is_never_taken_for_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`imgai search cat --paths | xargs rm` must not run `rm -rf.jpg`."""
    monkeypatch.chdir(tmp_path)

    assert piped_uri(f"file://{tmp_path}/-rf.jpg") == f".{os.sep}-rf.jpg"
    assert piped_uri("r2://bucket/a%20b.jpg") == "r2://bucket/a%20b.jpg"
