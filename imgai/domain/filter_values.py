"""The values of filters, read from what people type."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NoReturn, cast

from imgai.domain.colours import COLOURS, RGB
from imgai.domain.filters import (
    Before,
    ColourIs,
    Comparison,
    Condition,
    FormatIs,
    LabelIs,
    Part,
    ScoreIs,
    Sign,
    Since,
    State,
    Under,
)
from imgai.errors import QueryError

# As `imgai.prepare` names them; and what people call them.
FORMATS = ("avif", "bmp", "gif", "heic", "jpeg", "png", "raw", "tiff", "webp")
_OTHER_FORMATS = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff", "heif": "heic"}

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_COMPARED = re.compile(r"(.*?)(>=|<=|>|<)(.*)", re.DOTALL)
_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(%?)")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}))?)?)?")
_MONTHS, _HOURS, _MINUTES = 12, 24, 60
_FOLDER = "under"


class Broken(Exception):
    """A value is malformed.

    Attributes:
        at: the index in the value of the first character that does not fit.
        why: a sentence.
        hint: what would fit.
    """

    def __init__(self, at: int, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.at, self.why, self.hint = at, why, hint


def condition_of(key: str, value: str) -> Condition:
    """Return the condition that a filter's value stands for.

    Args:
        key: one of `KEYS`.
        value: as typed, quotes removed.

    Raises:
        Broken: the value is malformed.
    """
    if not value.strip():
        raise Broken(0, "a value is missing", _HINTS[key])
    # A folder's name may be any bytes: it is looked for percent-encoded.
    return _READ[key](value if key == _FOLDER else _clean_text(value))


def _clean_text(value: str) -> str:
    """Return a value without what SQLite cannot hold; as long as it was."""
    return value.replace("\0", " ").encode("utf-8", "replace").decode()


def option_condition(option: str, value: str) -> Condition:
    """Return the condition of a command line's option, "--label" for one.

    Raises:
        QueryError: the value is malformed; says at which character.
    """
    try:
        return condition_of(option.removeprefix("--"), value)
    except Broken as broken:
        raise refusal(f"{option} {value}", len(option) + 1, broken) from broken


def refusal(shown: str, start: int, broken: Broken, offset: int = 0) -> QueryError:
    """Return the error that names a malformed filter.

    Args:
        shown: the filter as typed.
        start: where its value begins in it.
        broken: what is wrong with the value.
        offset: where the filter begins in the query.
    """
    at = start + broken.at
    character = repr(shown[at]) if at < len(shown) else "its end"
    return QueryError(
        f"The filter {shown} breaks at character {offset + at + 1} ({character}): "
        f"{broken.why}.",
        hint=broken.hint,
    )


def rgb_of(text: str) -> RGB:
    """Return the colour of "#rrggbb" or "#rgb".

    Raises:
        Broken: it is none.
    """
    found = _HEX.fullmatch(text)
    if found is None:
        digits = re.match(r"#[0-9a-fA-F]*", text)
        at = digits.end() if digits else 0
        # Too many or too few digits break where one more, or the end, should come.
        raise Broken(min(at, 7), "a colour has three or six hexadecimal digits")
    digits_ = found[1] if len(found[1]) > 3 else "".join(c * 2 for c in found[1])  # noqa: PLR2004  "#rgb"
    red, green, blue = bytes.fromhex(digits_)
    return red, green, blue


def _colour(value: str) -> ColourIs:
    name, sign, bound = _split(value)
    share = None
    if sign is not None:
        at = len(name) + len(sign)
        share = Comparison(sign, _number(bound, at, has_percent=True))
    if name.startswith("#"):
        return ColourIs(rgb_of(name), share)
    plain = re.sub(r"[\s_-]+", " ", name.strip().lower()).replace("gray", "grey")
    if not any(_holds_words(known, plain) for known in COLOURS):
        raise Broken(
            0, f"no colour is called {name.strip() or 'nothing'}", _COLOUR_HINT
        )
    return ColourIs(plain, share)


def _holds_words(name: str, words: str) -> bool:
    return bool(words) and f" {words} " in f" {name} "


def names_holding(colour: str) -> list[str]:
    """Return the names of colours that hold another: "orange" and "dark orange"."""
    return [name for name in COLOURS if _holds_words(name, colour)]


def _score(value: str) -> ScoreIs:
    before, sign, bound = _split(value)
    if sign is None or before.strip():
        raise Broken(0, "a score is compared with > or <", "score:>0.5")
    return ScoreIs(Comparison(sign, _number(bound, len(before) + len(sign))))


def _split(value: str) -> tuple[str, Sign | None, str]:
    found = _COMPARED.fullmatch(value)
    if found is None:
        return value, None, ""
    return found[1], cast("Sign", found[2]), found[3]


def _number(text: str, at: int, *, has_percent: bool = False) -> float:
    found = _NUMBER.match(text)
    what = "a share is a number such as 20%" if has_percent else "0 to 1 is meant"
    if found is None:
        raise Broken(at, what)
    if found.end() < len(text) or (found[2] and not has_percent):
        raise Broken(at + (found.end() if not found[2] else found.end(1)), what)
    number = float(found[1]) / (100 if found[2] else 1)
    if number > 1:
        raise Broken(at, what)
    return number


def _moment(value: str) -> str:
    found = _DATE.match(value)
    if found is None:
        raise Broken(_first_unlike(value, "dddd-dd-ddTdd:dd"), _DATE_MEANT, _DATE_HINT)
    if found.end() < len(value):
        raise Broken(found.end(), _DATE_MEANT, _DATE_HINT)
    year, month, day, hour, minute = (
        int(one) if one else None for one in found.groups()
    )
    if not year:
        raise Broken(0, "there is no year 0", _DATE_HINT)
    if month is not None and not 1 <= month <= _MONTHS:
        raise Broken(found.start(2), f"there is no month {found[2]}", _DATE_HINT)
    if month is not None and day is not None and not _is_day(year, month, day):
        raise Broken(
            found.start(3), f"{found[0][:7]} has no day {found[3]}", _DATE_HINT
        )
    if hour is not None and hour >= _HOURS:
        raise Broken(found.start(4), f"there is no hour {found[4]}", _DATE_HINT)
    if minute is not None and minute >= _MINUTES:
        raise Broken(found.start(5), f"there is no minute {found[5]}", _DATE_HINT)
    return value


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _first_unlike(value: str, pattern: str) -> int:
    """Return where a value stops looking like a pattern of digits (d) and signs."""
    for at, (letter, wanted) in enumerate(zip(value, pattern, strict=False)):
        if not (letter.isdigit() if wanted == "d" else letter == wanted):
            return at
    return min(len(value), len(pattern))


def _format(value: str) -> FormatIs:
    name = value.lower().lstrip(".")
    name = _OTHER_FORMATS.get(name, name)
    if name not in FORMATS:
        _refuse_word(value, FORMATS)
    return FormatIs(name)


def _state(value: str) -> State:
    if value.lower() not in list(State):
        _refuse_word(value, State)
    return State(value.lower())


def _part(value: str) -> Part:
    word = {"label": "labels"}.get(value.lower(), value.lower())
    if word not in list(Part):
        _refuse_word(value, Part)
    return Part(word)


def _refuse_word(value: str, known: Iterable[str]) -> NoReturn:
    raise Broken(0, f"{value} is none of {', '.join(known)}")


_DATE_MEANT = "a date is meant"
_DATE_HINT = "2024, 2024-05, 2024-05-31 or 2024-05-31T18:00"
_COLOUR_HINT = "A name such as teal, or #rrggbb; `imgai help query` lists the names."
_HINTS = {
    "label": 'label:cat, label:"wine glass"',
    "colour": "colour:teal, colour:#0a7c7c, colour:teal>20%",
    "after": _DATE_HINT,
    "before": _DATE_HINT,
    _FOLDER: "under:holiday/",
    "format": ", ".join(FORMATS),
    "score": "score:>0.5",
    "is": ", ".join(State),
    "has": ", ".join(Part),
}
_READ: Mapping[str, Callable[[str], Condition]] = {
    "label": lambda value: LabelIs(" ".join(value.split())),
    "colour": _colour,
    "after": lambda value: Since(_moment(value)),
    "before": lambda value: Before(_moment(value)),
    _FOLDER: Under,
    "format": _format,
    "score": _score,
    "is": _state,
    "has": _part,
}
KEYS = tuple(_READ)
