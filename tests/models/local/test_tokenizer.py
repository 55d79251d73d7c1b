"""The laws of WordPiece, and what BERT's own tokenizer is known to answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.models.local.tokenizer import WordPiece, read_vocabulary, split_words
from imgai.models.local.weights import VOCABULARY

IDS = read_vocabulary(VOCABULARY.read())
TOKENS = {number: token for token, number in IDS.items()}
TOKENIZER = WordPiece(IDS)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Hello, World!", ["hello", ",", "world", "!"]),
        ("a ginger cat", ["a", "ginger", "cat"]),
        ("unaffable", ["una", "##ffa", "##ble"]),
        ("Café  Ångström", ["cafe", "ang", "##strom"]),
        ("don't $5^2", ["don", "'", "t", "$", "5", "^", "2"]),
        ("日本", ["日", "本"]),
        ("tab\tnew\nline\u00a0blank", ["tab", "new", "line", "blank"]),
        ("zero\u200bwidth \x00\ufffd!", ["zero", "##wi", "##dt", "##h", "!"]),
        ("🐈", ["[UNK]"]),
        ("x" * 101, ["[UNK]"]),
    ],
)
def test_text_is_split_as_bert_splits_it(text: str, pieces: list[str]) -> None:
    """The model knows the pieces it was trained on, and no others."""
    start, *ids, end = TOKENIZER.encode(text)

    assert [TOKENS[number] for number in ids] == pieces
    assert (TOKENS[start], TOKENS[end]) == ("[CLS]", "[SEP]")


@given(text=st.text(max_size=300), longest=st.integers(2, 40))
def test_any_text_becomes_known_ids_within_the_limit(text: str, longest: int) -> None:
    """No query can break the encoder: it takes 256 ids of its vocabulary."""
    ids = TOKENIZER.encode(text, longest)

    assert 2 <= len(ids) <= longest
    assert all(number in TOKENS for number in ids)


@given(text=st.text(max_size=100))
def test_pieces_put_together_are_the_words(text: str) -> None:
    """Nothing is lost or made up: what is known spells the word again."""
    for word in split_words(text):
        pieces = [TOKENS[number] for number in TOKENIZER.encode(word)[1:-1]]
        if "[UNK]" not in pieces:
            assert "".join(piece.removeprefix("##") for piece in pieces) == word


@given(text=st.text(alphabet=st.characters(codec="ascii"), max_size=100))
def test_case_and_blanks_make_no_difference(text: str) -> None:
    """A query means the same however it is typed."""
    assert TOKENIZER.encode(f"  {text.upper()} ") == TOKENIZER.encode(text.lower())
