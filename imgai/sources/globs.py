"""Globs over paths, as regular expressions."""

import re
from collections.abc import Iterable

_SET_MEMBER = re.compile(r"(.)-(.)|(.)", re.DOTALL)
_GLOB_TOKEN = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<set>!?\]?[^\]]*)\]|.", re.DOTALL
)


def compile_globs(globs: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern whose `fullmatch` says whether any glob names a path.

    Args:
        globs: see `imgai.sources.selection.Selection`; none names nothing.

    Raises:
        ValueError: a glob is empty, or has a bad range of characters: ``[z-a]``.
    """
    globs = tuple(globs)
    if "" in globs:  # most often a variable that is not set
        raise ValueError("an empty text is no glob")
    alternatives = "|".join(map(_translate, globs))
    try:  # an empty alternative would match the empty path; (?!) matches nothing
        return re.compile(alternatives or "(?!)", re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise ValueError(f"that is no glob: {error}") from error


def _translate(glob: str) -> str:
    if "/" not in glob:
        return f"(?:.*/)?{_translate_part(glob)}(?:/.*)?"
    if glob.endswith("/"):
        glob += "**"
    pattern = ""
    for part in re.split(r"(/?\*\*/|/?\*\*$)", glob.lstrip("/")):
        match part:
            case "**/":
                pattern += "(?:.*/)?"
            case "/**/":
                pattern += "/(?:.*/)?"
            case "/**":
                pattern += "/.*"
            case "**":
                pattern += ".*"
            case _:
                pattern += _translate_part(part)
    return pattern


def _translate_part(glob: str) -> str:
    pattern = ""
    for token in _GLOB_TOKEN.finditer(glob):
        match token.lastgroup:
            case "stars":
                pattern += "[^/]*"
            case "any":
                pattern += "[^/]"
            case "set":
                pattern += _translate_set(token["set"])
            case _:
                pattern += re.escape(token[0])
    return pattern


def _translate_set(members: str) -> str:
    negation = "^" if members.startswith("!") else ""
    kept = members.removeprefix("!")
    # Escaped one by one: "--", "&&" and "[" have a meaning to `re` that they lack here.
    escaped = _SET_MEMBER.sub(_escape_member, kept)
    return f"(?!/)[{negation}{escaped}]"


def _escape_member(member: re.Match[str]) -> str:
    first, last, single = member.groups()
    if single is not None:
        return re.escape(single)
    return f"{re.escape(first)}-{re.escape(last)}"
