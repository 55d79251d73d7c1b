"""Reads the words that people wrote into an image: its XMP and its IPTC.

They are looked for as Adobe's packet scanning does it, by what a packet begins with,
whatever the format around it. Nothing here raises over what is broken: words are a
gift, and never cost the picture.
"""

from collections.abc import Iterator
from dataclasses import replace

from imgai.domain.images import OwnWords
from imgai.prepare.anatomy import Anatomy
from imgai.xmp.document import XmpError, parse
from imgai.xmp.words import own_words

_PACKETS = {
    b"<x:xmpmeta": b"</x:xmpmeta>",
    b"<rdf:RDF": b"</rdf:RDF>",  # some writers leave the outer element out
}
_LARGEST_PACKET_BYTES = 1_000_000
_MOST_PACKETS = 4  # an embedded preview may have one, too

# IPTC-NAA records: an image resource of Photoshop's, in a JPEG's APP13.
_RESOURCES = b"Photoshop 3.0\0"
_RESOURCE_MARK = b"8BIM"
_RESOURCE_IPTC = 0x0404
_MOST_RESOURCES = 64
_RECORD_MARK = 0x1C
_MOST_RECORDS = 1_000
_CHARACTER_SET, _KEYWORD, _TITLE, _CAPTION = (1, 90), (2, 25), (2, 5), (2, 120)
_UTF8 = b"\x1b%G"
_EXTENDED = 0x8000  # a record longer than 32 KB: no honest keyword

_MOST_KEYWORDS = 200
_LONGEST_KEYWORD = 200  # characters
_LONGEST_TEXT = 2_000


def read_words(content: bytes, anatomy: Anatomy) -> OwnWords:
    """Return what people wrote about the picture into its file.

    XMP goes before IPTC, which holds the same in fewer letters where both are there;
    keywords of both are kept. Long texts are cut.
    """
    metadata = _metadata(content, anatomy)
    xmp, iptc = _from_xmp(metadata), _from_iptc(metadata)
    return _cut(
        replace(
            xmp,
            keywords=tuple(dict.fromkeys(xmp.keywords + iptc.keywords)),
            title=xmp.title or iptc.title,
            description=xmp.description or iptc.description,
        )
    )


def _metadata(content: bytes, anatomy: Anatomy) -> bytes:
    """Return what is not the picture; the whole file where it is not told apart.

    To look through ten megabytes of pixels takes five times as long as their hash.
    """
    if anatomy.picture == ((0, len(content)),):
        return content
    starts = [0, *(end for _, end in anatomy.picture)]
    ends = [*(start for start, _ in anatomy.picture), len(content)]
    return b"".join(map(content.__getitem__, map(slice, starts, ends)))


def _cut(words: OwnWords) -> OwnWords:
    keywords = (_plain(one, _LONGEST_KEYWORD) for one in words.keywords)
    return OwnWords(
        keywords=tuple(dict.fromkeys(filter(None, keywords)))[:_MOST_KEYWORDS],
        title=_plain(words.title, _LONGEST_TEXT),
        description=_plain(words.description, _LONGEST_TEXT),
    )


def _plain(text: str, longest: int) -> str:
    """Return a text on one line that SQLite can hold."""
    return " ".join(text[:longest].replace("\0", " ").split())


def _from_xmp(content: bytes) -> OwnWords:
    for packet in _packets(content):
        try:
            words = own_words(parse(packet))
        except XmpError:
            continue
        if words != OwnWords():
            return words
    return OwnWords()


def _packets(content: bytes) -> Iterator[bytes]:
    for begin, end in _PACKETS.items():
        at = -1
        for _ in range(_MOST_PACKETS):
            at = content.find(begin, at + 1)
            if at < 0:
                break
            stop = content.find(end, at, at + _LARGEST_PACKET_BYTES)
            if stop > 0:
                yield content[at : stop + len(end)]


def _from_iptc(content: bytes) -> OwnWords:
    is_utf8 = False
    keywords: list[str] = []
    texts: dict[tuple[int, int], str] = {}
    for name, value in _records(_iptc_block(content)):
        if name == _CHARACTER_SET:
            is_utf8 = value == _UTF8
            continue
        text = _decoded(value, is_utf8=is_utf8)
        if name == _KEYWORD:
            keywords.append(text)
        else:
            texts.setdefault(name, text)
    return OwnWords(
        tuple(dict.fromkeys(keywords)), texts.get(_TITLE, ""), texts.get(_CAPTION, "")
    )


def _decoded(value: bytes, *, is_utf8: bool) -> str:
    try:
        # Many write UTF-8 without saying so, and little else reads as such.
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8" if is_utf8 else "latin-1", "replace")


def _iptc_block(content: bytes) -> bytes:
    """Return the IPTC records among Photoshop's resources; empty if there are none."""
    found = content.find(_RESOURCES)
    at = found + len(_RESOURCES)
    for _ in range(_MOST_RESOURCES if found >= 0 else 0):
        if content[at : at + 4] != _RESOURCE_MARK:
            break
        kind = int.from_bytes(content[at + 4 : at + 6], "big")
        # A name, counted by its first byte and padded to an even length.
        at += 6 + _even(1 + int.from_bytes(content[at + 6 : at + 7], "big"))
        size = int.from_bytes(content[at : at + 4], "big")
        if kind == _RESOURCE_IPTC:
            return content[at + 4 : at + 4 + min(size, _LARGEST_PACKET_BYTES)]
        at += 4 + _even(size)
    return b""


def _even(size: int) -> int:
    return size + size % 2


def _records(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield (record and data set, value) of IPTC records, up to the first oddity."""
    at = 0
    for _ in range(_MOST_RECORDS):
        head = block[at : at + 5]
        size = int.from_bytes(head[3:], "big")
        if len(head) < 5 or head[0] != _RECORD_MARK or size >= _EXTENDED:  # noqa: PLR2004  a head has five bytes
            return
        at += 5 + size
        yield (head[1], head[2]), block[at - size : at]
