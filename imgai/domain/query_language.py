"""The query language: words, and filters among them.

Plain words just work. What begins like a filter is one: ``"exact phrase"``,
``-word``, ``label:cat``, ``colour:teal>20%`` and the others of `KEYS`. Whatever else
people type is words, so that no text is refused but a filter that is malformed.
"""

import re
from dataclasses import dataclass

from imgai.domain.filter_values import KEYS, Broken, condition_of, refusal
from imgai.domain.filters import Condition, Filter, Mentions, Query
from imgai.domain.query import clean_query, has_sound

_ALIASES = {"color": "colour"}
_SPACES = re.compile(r"\s*")
_KEYED = re.compile(rf"(-?)({'|'.join([*KEYS, *_ALIASES])}):", re.IGNORECASE)
_QUOTED = re.compile(r'(-?)"([^"]*)"')
_WORD = re.compile(r"\S+")
_VALUE_END = re.compile(r"[^\s\"]*")


@dataclass(frozen=True, slots=True)
class _Token:
    end: int
    words: str = ""  # what is searched for
    filter: Filter | None = None


def parse_query(text: str) -> Query:
    """Take a query apart.

    A phrase is a filter, and what it says is searched for as well. A word behind a
    minus is not.

    Args:
        text: any text.

    Raises:
        QueryError: a filter is malformed; says which, and at which character,
            counted from 1.
    """
    words: list[str] = []
    filters: list[Filter] = []
    at = _skip_spaces(text, 0)
    while at < len(text):
        token = _keyed(text, at) or _quoted(text, at) or _word(text, at)
        if token.words:
            words.append(token.words)
        if token.filter and token.filter not in filters:
            filters.append(token.filter)
        at = _skip_spaces(text, token.end)
    return Query(clean_query(" ".join(words)), tuple(filters))


def _skip_spaces(text: str, at: int) -> int:
    found = _SPACES.match(text, at)
    return found.end() if found else at


def _keyed(text: str, at: int) -> _Token | None:
    found = _KEYED.match(text, at)
    if found is None:
        return None
    key = _ALIASES.get(found[2].lower(), found[2].lower())
    value, start, end = _value(text, at, found.end())
    condition = _condition(text[at:end], key, value, start - at, at)
    return _Token(end, filter=Filter(condition, is_negated=bool(found[1])))


def _value(text: str, filter_at: int, at: int) -> tuple[str, int, int]:
    """Return a filter's value without quotes, where it begins, and where it ends."""
    if not text.startswith('"', at):
        found = _WORD.match(text, at)
        return (found[0], at, found.end()) if found else ("", at, at)
    closing = text.find('"', at + 1)
    if closing < 0:
        raise refusal(
            text[filter_at:],
            at - filter_at,
            Broken(0, "this quote is never closed"),
            filter_at,
        )
    rest = _VALUE_END.match(text, closing + 1)  # colour:"dark red">20%
    more = rest[0] if rest else ""
    return text[at + 1 : closing] + more, at + 1, closing + 1 + len(more)


def _condition(shown: str, key: str, value: str, start: int, offset: int) -> Condition:
    try:
        return condition_of(key, value)
    except Broken as broken:
        raise refusal(shown, start, broken, offset) from broken


def _quoted(text: str, at: int) -> _Token | None:
    found = _QUOTED.match(text, at)
    if found is None:
        return None
    phrase = clean_query(found[2])
    if not has_sound(phrase):
        return _Token(found.end())
    if found[1]:
        return _Token(found.end(), filter=Filter(Mentions(phrase), is_negated=True))
    return _Token(found.end(), words=phrase, filter=Filter(Mentions(phrase)))


def _word(text: str, at: int) -> _Token:
    found = _WORD.match(text, at)
    assert found is not None  # noqa: S101  spaces were skipped
    word = clean_query(found[0])
    if word.startswith("-") and not word.startswith("--") and has_sound(word):
        return _Token(found.end(), filter=Filter(Mentions(word[1:]), is_negated=True))
    return _Token(found.end(), words=word)
