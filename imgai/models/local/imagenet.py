"""ImageNet's thousand classes in words that people use and look for.

A class has a name and belongs to groups, if any ("jacamar" is a "bird"). The
classifier is often unsure which of twenty terriers it sees, and sure that it is a
dog: so the groups are labels too.

`imagenet_labels.json` holds the classes as WordNet spells them; `imagenet_words.json`
what reads better ("polar bear" for "ice bear"), and the groups.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from imgai.models.local.weights import IMAGENET_LABELS, IMAGENET_WORDS

# Classes that are people. They are never given a colour.
PEOPLE = frozenset({981, 982, 983})

# Apes, monkeys, pigs, hippopotamus. A classifier this small may take a person for
# one of these, and no photograph is worth that insult: beside anything like a person
# they are not said at all.
UNSPEAKABLE_OF_PEOPLE = frozenset({*range(365, 383), 341, 342, 343, 344})


@dataclass(frozen=True, slots=True)
class Classes:
    """What the classifier's outputs are called, in the order of the outputs.

    Attributes:
        names: of each class, in plain English.
        descriptions: of each class, what is embedded for it: name, synonym, groups.
        groups: group → the numbers of its classes, from 0.
    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    groups: Mapping[str, frozenset[int]]


def read_classes() -> Classes:
    """Return the names and groups of the thousand classes.

    Raises:
        SettingsError: a file they are read from is not what was shipped.
    """
    synonyms_of: dict[str, str] = json.loads(IMAGENET_LABELS.read())
    words = json.loads(IMAGENET_WORDS.read())
    renamed: dict[str, str] = words["renamed"]
    groups = {group: _expand(parts) for group, parts in words["groups"].items()}
    names: list[str] = []
    descriptions: list[str] = []
    for number in range(len(synonyms_of)):
        synonyms = synonyms_of[str(number)].split(", ")
        name = renamed.get(str(number), synonyms[0])
        names.append(name)
        said = [name, *synonyms[:2], *_groups_of(number, groups)]
        descriptions.append(", ".join(dict.fromkeys(said)))
    return Classes(tuple(names), tuple(descriptions), groups)


def _expand(parts: list[int | list[int]]) -> frozenset[int]:
    """Return single numbers and [first, last] ranges as one set."""
    numbers: set[int] = set()
    for part in parts:
        first, last = part if isinstance(part, list) else (part, part)
        numbers.update(range(first, last + 1))
    return frozenset(numbers)


def _groups_of(number: int, groups: Mapping[str, frozenset[int]]) -> list[str]:
    """Return the groups that a class belongs to, the widest last."""
    mine = [group for group, numbers in groups.items() if number in numbers]
    return sorted(mine, key=lambda group: len(groups[group]))
