"""BERT's uncased WordPiece tokenizer: text in, token ids out.

Written out here, in one page, because the library that does the same (tokenizers)
is a 10 MB compiled wheel for which not every platform has a build.

Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for
Language Understanding", 2018, and the rules of its `FullTokenizer`.
"""

import unicodedata
from collections.abc import Iterator, Mapping

_LONGEST_WORD = 100  # characters; BERT takes a longer one for unknown
_BLANKS = "\t\n\r"
_CJK = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B820, 0x2CEB0),
    range(0xF900, 0xFB00),
    range(0x2F800, 0x2FA20),
)


def read_vocabulary(content: bytes) -> dict[str, int]:
    """Return token → id of a vocabulary file: UTF-8, one token a line, ids from 0."""
    tokens = content.decode("utf-8").split("\n")
    return {token: number for number, token in enumerate(tokens) if token}


class WordPiece:
    """Splits text into the pieces of a vocabulary, longest first."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """Take a vocabulary that holds [UNK], [CLS] and [SEP]."""
        self._ids = vocabulary
        self._unknown = vocabulary["[UNK]"]
        self._start = vocabulary["[CLS]"]
        self._end = vocabulary["[SEP]"]

    def encode(self, text: str, longest: int = 256) -> list[int]:
        """Return the ids of a text, between those of [CLS] and [SEP].

        Args:
            text: any text, also an empty one.
            longest: at most this many ids, 2 or more; what is over is cut off.
        """
        pieces: list[int] = []
        for word in split_words(text):
            pieces += self._pieces(word)
            if len(pieces) >= longest - 2:
                break
        return [self._start, *pieces[: longest - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        """Return the ids of one word; [UNK] alone if any part of it is unknown."""
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return [self._unknown]
        return pieces


def split_words(text: str) -> list[str]:
    """Return the words of a text: lower case, no accents, punctuation on its own."""
    cleaned = "".join(_clean(text))
    decomposed = unicodedata.normalize("NFD", cleaned)
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").lower()
    return [part for word in bare.split() for part in _split_punctuation(word)]


def _clean(text: str) -> Iterator[str]:
    """Drop control characters, make every blank a space, set CJK characters apart."""
    for character in text:
        category = unicodedata.category(character)
        if character in _BLANKS or category == "Zs":
            yield " "
        elif character == "\ufffd" or category.startswith("C"):
            continue
        elif any(ord(character) in block for block in _CJK):
            yield f" {character} "
        else:
            yield character


def _split_punctuation(word: str) -> Iterator[str]:
    """Yield the word's parts between punctuation, and each punctuation mark."""
    part = ""
    for character in word:
        if _is_punctuation(character):
            if part:
                yield part
            yield character
            part = ""
        else:
            part += character
    if part:
        yield part


def _is_punctuation(character: str) -> bool:
    """BERT counts all ASCII symbols as punctuation, also "$" and "^"."""
    is_ascii_symbol = character.isascii() and not character.isalnum()
    return is_ascii_symbol or unicodedata.category(character).startswith("P")
