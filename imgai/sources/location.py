"""What a SOURCE argument names, and how places are written as URIs and read back.

A URI percent-encodes a name's *bytes*, all but letters, digits and ``- . _ ~ /``. So
any name a disk or bucket can hold survives the way there and back, be it no UTF-8 or
have a newline in it, and a URI is plain ASCII: safe to store, print and sort.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_from_bytes, unquote, unquote_to_bytes

from imgai.errors import SourceNotFound

_FILE = "file://"
_R2 = "r2://"
_IS_WINDOWS = os.name == "nt"
_MUST_BE_QUOTED = re.compile(r"[^A-Za-z0-9_.~/-]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_WINDOWS_DRIVE = re.compile(r"/[A-Za-z](:|%3A|%3a)(/|$)")


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A file or folder of this machine; whether it exists is not yet known."""

    path: Path  # absolute


@dataclass(frozen=True, slots=True)
class BucketLocation:
    """The objects of a bucket whose keys begin with a prefix.

    A prefix is what S3 calls one: "2024" also takes "2024-old/a.jpg" in. End it
    with "/" to mean a folder.
    """

    bucket: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class AllBuckets:
    """``r2://`` alone: every bucket of the account."""


@dataclass(frozen=True, slots=True)
class ListOnStdin:
    """``-``: paths or URIs, one a line, or separated by NUL."""


Location = FileLocation | BucketLocation | AllBuckets | ListOnStdin


def parse_location(text: str, cwd: Path) -> Location:
    """Return what a SOURCE argument names.

    A path is made absolute but its links are kept, so that its URI is the one the
    user would write; only ``..`` is resolved by the file system, since behind a link
    it means the parent of what the link points to. In URIs ``%41`` is decoded and
    everything else, spaces, ``#`` and ``?`` included, is taken as it stands.

    Args:
        text: as typed; bytes that are no UTF-8 come as surrogates, as in sys.argv.
        cwd: what relative paths are relative to; absolute.

    Raises:
        SourceNotFound: a URI of another kind, or one that lacks its bucket.
    """
    if text == "-":
        return ListOnStdin()
    if not text:  # an unset variable in a script must not mean "all that is here"
        raise SourceNotFound("The source is an empty text.")
    if "\0" in text:
        raise SourceNotFound("No file's name holds a NUL.")
    scheme = _SCHEME.match(text)
    match scheme and scheme[1].lower():
        case None:
            return FileLocation(absolute_path(text, cwd))
        case "file":
            return FileLocation(Path(uri_to_path(_FILE + text[len(_FILE) :])))
        case "r2" if len(text) == len(_R2):
            return AllBuckets()
        case "r2":
            bucket, prefix = parse_r2_uri(_R2 + text[len(_R2) :])
            return BucketLocation(bucket, prefix)
        case other:
            raise SourceNotFound(
                f"{other}:// cannot be listed.",
                hint="A source is a file, a folder, r2://bucket/prefix, or - for a"
                " list on stdin. For another S3-compatible store, set"
                " R2_ENDPOINT_URL and write r2://.",
            )


def absolute_path(text: str, cwd: Path) -> Path:
    """Return a path as an absolute one; see `parse_location` about links."""
    path = cwd / text
    # Not by `Path.resolve`, which raises over a link to itself.
    return Path(os.path.realpath(path)) if ".." in path.parts else path


def path_to_uri(
    path: str | bytes | os.PathLike[str], *, is_windows: bool = _IS_WINDOWS
) -> str:
    r"""Return the ``file:///…`` URI of an absolute path.

    ``C:\a b`` becomes ``file:///C:/a%20b``, and ``\\host\share`` ``file://host/share``.
    """
    text = os.fsdecode(path)
    if not is_windows:
        return _FILE + quote_name(text)
    text = text.replace("\\", "/")
    if text.startswith("//"):
        return "file:" + quote_name(text)
    drive, colon, rest = text.partition(":")
    return f"{_FILE}/{drive}{colon}{quote_name(rest)}"


def uri_to_path(uri: str, *, is_windows: bool = _IS_WINDOWS) -> str:
    """Return the path a ``file:`` URI stands for, as the functions of `os` take it.

    Bytes that are no text of the file system's come back as surrogates.

    Raises:
        SourceNotFound: it is no file URI, or names another machine.
    """
    if not uri.startswith(_FILE):
        raise SourceNotFound(f"{uri} is no file URI.")
    host, slash, rest = uri[len(_FILE) :].partition("/")
    path = os.fsdecode(unquote_to_bytes(os.fsencode(slash + rest)))
    if is_windows:
        if host:
            return f"//{host}{path}".replace("/", "\\")
        has_drive = _WINDOWS_DRIVE.match(slash + rest)
        return (path[1:] if has_drive else path).replace("/", "\\")
    if host not in {"", "localhost"} or not slash or "\0" in path:
        raise SourceNotFound(
            f"{uri} names no file of this machine.",
            hint="A file URI begins with three slashes: file:///photos/a.jpg",
        )
    return path


def folder_uri(path: str | os.PathLike[str]) -> str:
    """Return a folder's URI: it ends with a slash, and its files' begin with it."""
    uri = path_to_uri(path)
    return uri if uri.endswith("/") else uri + "/"


def r2_uri(bucket: str, key: str = "") -> str:
    """Return the ``r2://bucket/key`` URI of an object, or of all keys with a prefix."""
    return f"{_R2}{quote_key(bucket)}/{quote_key(key)}"


def parse_r2_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key, or prefix, of an ``r2:`` URI.

    Raises:
        SourceNotFound: it is no such URI, or names no bucket.
    """
    if not uri.startswith(_R2):
        raise SourceNotFound(f"{uri} is no r2:// URI.")
    bucket, _, key = uri[len(_R2) :].partition("/")
    if not bucket:
        raise SourceNotFound(
            f"{uri} names no bucket.",
            hint="Write r2://bucket/prefix, or r2:// alone for all buckets.",
        )
    return unquote(bucket), unquote(key, errors="surrogateescape")


def quote_name(name: str) -> str:
    """Return a file's name, or path, percent-encoded; slashes stay.

    Surrogates stand for the bytes they came from (see `os.fsencode`).
    """
    if _MUST_BE_QUOTED.search(name) is None:
        return name  # most names of a million: ten times as fast as quoting
    return quote_from_bytes(os.fsencode(name))


def quote_key(key: str) -> str:
    """Return an object's key percent-encoded; slashes stay. Keys are always UTF-8."""
    if _MUST_BE_QUOTED.search(key) is None:
        return key
    return quote(key, errors="surrogateescape")
