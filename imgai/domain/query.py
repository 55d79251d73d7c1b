"""The words of a search query."""

import re
from string import punctuation

# The most words a query is searched for; SQLite's parser gives up at some hundreds.
MOST_WORDS = 32

# Words that nearly every caption has, or that people put around what they look for
# ("a photo of …"): they find everything, and searching for them takes longest.
_EVERYWHERE = """
a an and are as at be but by for from had has have he her his i in into is it its me
my no not of on or our she some that the their them then there these they this those
to us was we were what when where which who will with you your
image images photo photos photograph photographs picture pictures
"""
_STOP_WORDS = frozenset(_EVERYWHERE.split())

_SOUND = re.compile(r"[^\W_]")  # a letter or digit: what the index knows of a word


def clean_query(text: str) -> str:
    """Return a query without what SQLite cannot hold, its words one space apart.

    Two queries that come out the same are the same: one embedding serves both.
    """
    # SQLite ends a text at NUL and refuses half a surrogate pair.
    whole = text.replace("\0", " ").encode("utf-8", "ignore").decode()
    return " ".join(whole.split())


def has_sound(text: str) -> bool:
    """Return whether a text has a letter or digit: without one, nothing has it."""
    return _SOUND.search(text) is not None


def query_words(text: str) -> tuple[str, ...]:
    """Return the words worth searching for, in order, each once.

    Any text will do. Words are what stands between spaces, without the punctuation
    around it; what has neither letter nor digit is none. Stop words are dropped,
    unless nothing else is left: "the who" is worth a try.
    """
    words: dict[str, str] = {}
    for word in clean_query(text).split():
        bare = word.strip(punctuation)
        if has_sound(bare):
            words.setdefault(bare.casefold(), bare)
    telling = [word for key, word in words.items() if key not in _STOP_WORDS]
    return tuple((telling or list(words.values()))[:MOST_WORDS])
