"""English for captions: articles, plurals, numbers and lists."""

from collections.abc import Sequence
from dataclasses import dataclass

# Words for people. No colour is ever put before one of them, whoever asks.
_PEOPLE = frozenset(
    (
        "person",
        "people",
        "man",
        "men",
        "woman",
        "women",
        "child",
        "children",
        "boy",
        "girl",
        "baby",
        "player",
        "groom",
        "bridegroom",
        "bride",
        "diver",
        "pirate",
        "astronaut",
        "musician",
        "skier",
        "rider",
        "crowd",
        "family",
        "face",
    )
)
_PLURALS = {
    "person": "people",
    "sheep": "sheep",
    "mouse": "mice",
    "knife": "knives",
    "skis": "pairs of skis",
    "scissors": "pairs of scissors",
    "hair drier": "hair driers",
}
_SINGULARS = {"skis": "pair of skis", "scissors": "pair of scissors", "tv": "TV"}
_UNCOUNTED = frozenset(
    (
        "broccoli",
        "sunglasses",
        "binoculars",
        "jeans",
        "pyjamas",
        "swimming trunks",
        "parallel bars",
        "sunscreen",
        "lotion",
        "hair spray",
        "face powder",
        "perfume",
        "chain mail",
        "velvet",
        "wool",
        "toilet paper",
        "corn",
        "hay",
        "rapeseed",
        "guacamole",
        "consommé",
        "ice cream",
        "mashed potato",
        "carbonara",
        "dough",
        "chocolate sauce",
        "meatloaf",
        "red wine",
        "eggnog",
        "hen-of-the-woods",
        "coral fungus",
        "swimwear",
        "food",
        "bread",
        "coffee",
        "headgear",
    )
)
_NUMBERS = ("no", "one", "two", "three", "four", "five")
_MANY = 10
_SIBILANTS = ("s", "x", "z", "ch", "sh")
# Vowels that sound like consonants, and the other way round.
_SOUNDS_LIKE_CONSONANT = ("uni", "use", "uti", "eu", "ewe", "one", "ukulele")
_SOUNDS_LIKE_VOWEL = ("hour", "honest", "heir", "honour")


@dataclass(frozen=True, slots=True)
class Noun:
    """Something to be named in a caption."""

    name: str  # singular: "person", "tabby cat"; empty if only `perhaps` is known
    count: int = 1
    colours: tuple[str, ...] = ()  # left out where the name is a person's
    perhaps: str = ""  # what it may be, less surely


def is_person(name: str) -> bool:
    """Return whether a name is a word for people, or ends with one."""
    return name.lower().split(" ")[-1] in _PEOPLE


def article(phrase: str) -> str:
    """Return "a" or "an", whichever goes before the phrase."""
    word = phrase.lower()
    if word.startswith(_SOUNDS_LIKE_CONSONANT):
        return "a"
    return "an" if word.startswith((*"aeiou", *_SOUNDS_LIKE_VOWEL)) else "a"


def plural(name: str) -> str:
    """Return the plural of a singular noun, "people" of "person"."""
    if name in _PLURALS:
        return _PLURALS[name]
    if name.endswith(_SIBILANTS):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in (*"aeiou", ""):
        return f"{name[:-1]}ies"
    name = _SINGULARS.get(name, name)
    return f"{name}s"


def phrase(noun: Noun) -> str:
    """Return a noun as it stands in a sentence: "two brown dogs".

    What it may be follows: "an orange bird, perhaps a jacamar".
    """
    if not noun.perhaps:
        return _described(noun)
    guess = f"perhaps {_described(Noun(noun.perhaps))}"
    return f"{_described(noun)}, {guess}" if noun.name else guess


def _described(noun: Noun) -> str:
    """Return a noun with its number or article and its colours."""
    colours = () if is_person(noun.name) else noun.colours
    # "An orange orange" says nothing, nor does "a brown brown bear".
    said = [colour for colour in colours if colour not in noun.name.split(" ")]
    adjective = " and ".join(said) + " " if said else ""
    if noun.name in _UNCOUNTED:
        return adjective + noun.name
    if noun.count > 1:
        return f"{_quantity(noun.count)} {adjective}{plural(noun.name)}"
    described = adjective + _SINGULARS.get(noun.name, noun.name)
    return f"{article(described)} {described}"


def listing(phrases: Sequence[str]) -> str:
    """Return phrases as a list in a sentence: "a, b and c"."""
    *first, last = phrases
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """Return the text with a capital letter at its start and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def _quantity(count: int) -> str:
    """Small numbers are exact; who counts ten has missed some."""
    if count < len(_NUMBERS):
        return _NUMBERS[count]
    return "several" if count < _MANY else "many"
