"""Text that comes from outside (names, labels, captions), made fit to be shown."""

import json
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

_FILE = "file://"

# What a terminal would obey rather than show: control characters (C0, DEL, C1),
# line and paragraph separators, whatever turns the direction of writing (Unicode's
# Bidi_Control, and the deprecated controls beside it), annotations, halves of
# surrogate pairs.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff]"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_WINDOWS_DRIVE = re.compile(r"/[A-Za-z]:(/|$)")


def safe(text: str) -> str:
    r"""Return text that is only shown by a terminal, never obeyed.

    Control characters, line ends and marks of direction among them, become visible
    as Python would write them: ``\n``, ``\x1b``, ``\u202e``. Nothing is left out.
    """
    return _UNSAFE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def starred(text: str, secrets: Iterable[str]) -> str:
    """Return a text with stars in place of every secret."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def shown_uri(uri: str) -> str:
    """Return a URI as people read it: a path where it is a file's, decoded, safe.

    A path below the working directory is relative to it.
    """
    return safe(_place(uri))


def piped_uri(uri: str) -> str:
    """Return a URI as the next program reads it, on one line.

    A path, if it can be written in one line of text; else the URI itself, which is
    plain ASCII. Never an option: "-x.jpg" is "./-x.jpg".
    """
    if not uri.startswith(_FILE):
        return safe(uri)
    place = _place(uri)
    if safe(place) != place:
        return safe(uri)
    return f"./{place}" if place.startswith("-") else place


def _place(uri: str) -> str:
    if not uri.startswith(_FILE):
        return unquote(uri, errors="surrogateescape")
    host, _, rest = uri.removeprefix(_FILE).partition("/")
    path = os.fsdecode(unquote_to_bytes(os.fsencode(f"/{rest}")))
    if _WINDOWS_DRIVE.match(path):
        path = path[1:]
    elif host and host != "localhost":
        path = f"//{host}{path}"
    return _below_here(path)


def _below_here(path: str) -> str:
    try:
        here = str(Path.cwd())
    except OSError:  # it has been removed
        return path
    below = here if here.endswith(os.sep) else here + os.sep
    return path.removeprefix(below) or path


def json_line(value: object) -> str:
    """Return a value as one line of JSON that every parser takes.

    ASCII alone, so that no terminal or locale stumbles. What JSON has no word for
    (infinity, no number at all) is null; half a surrogate pair is U+FFFD.
    """
    line = json.dumps(_speakable(value), allow_nan=False)
    return line.replace(
        "\x7f", "\\u007f"
    )  # DEL: ASCII, so left as it is, yet a control


def _speakable(value: object) -> object:
    match value:
        case str():
            return _SURROGATES.sub("\ufffd", value)
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {_speakable(key): _speakable(held) for key, held in value.items()}
        case list() | tuple():
            return [_speakable(one) for one in value]
        case _:
            return value
