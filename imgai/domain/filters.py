"""What a search may ask of pictures beside words: each filter holds or does not."""

from dataclasses import dataclass
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Literal, TypeAlias

from imgai.domain.colours import RGB

Sign: TypeAlias = Literal[">", ">=", "<", "<="]
_SIGNS = {">": gt, ">=": ge, "<": lt, "<=": le}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number to hold others against."""

    sign: Sign
    value: float

    def holds_for(self, number: float) -> bool:
        """Return whether a number lies on the wanted side."""
        return bool(_SIGNS[self.sign](number, self.value))


@dataclass(frozen=True, slots=True)
class Mentions:
    """Words that stand one behind the other in labels, caption, colours or name."""

    phrase: str


@dataclass(frozen=True, slots=True)
class LabelIs:
    """A label of that name, capitals aside."""

    label: str


@dataclass(frozen=True, slots=True)
class ScoreIs:
    """The best score among the labels the query names; among all if it names none."""

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ColourIs:
    """A dominant colour: by name, or near a value in Lab.

    A name also stands for the colours whose names hold it: "orange" for "dark
    orange". With a comparison, what is compared is the share of the picture, 0 to 1,
    that all such colours have together.
    """

    colour: str | RGB
    share: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """Taken then or later. See `imgai.store.filtering` for what has no such date."""

    moment: str  # local time, the beginning of ISO 8601: "2024", "2024-05-31T18:00"


@dataclass(frozen=True, slots=True)
class Before:
    """Taken earlier than that."""

    moment: str


@dataclass(frozen=True, slots=True)
class Under:
    """In a folder, or below it.

    A folder that begins at a root (``/photos``, ``~/photos``, ``./photos``, a URI)
    is that one; any other is looked for anywhere in the path: ``holiday/2024``.
    """

    folder: str


@dataclass(frozen=True, slots=True)
class FormatIs:
    """A file format, in the word that the database keeps: "jpeg", "heic"."""

    format: str


class State(StrEnum):
    """What `is:` may ask."""

    FAILED = "failed"
    """A task about it failed, and no later run has mended that."""

    TRUNCATED = "truncated"
    """Part of its file is missing; what is there was used."""


class Part(StrEnum):
    """What `has:` may ask for."""

    CAPTION = "caption"
    LABELS = "labels"
    EMBEDDING = "embedding"
    DATE = "date"
    """The camera said when it was taken."""


Condition: TypeAlias = (
    Mentions
    | LabelIs
    | ScoreIs
    | ColourIs
    | Since
    | Before
    | Under
    | FormatIs
    | State
    | Part
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that pictures have to meet, or must not."""

    condition: Condition
    is_negated: bool = False  # "-label:cat"


@dataclass(frozen=True, slots=True)
class Query:
    """A query, taken apart."""

    text: str  # what is searched for by words and meaning; may be empty
    filters: tuple[Filter, ...] = ()
