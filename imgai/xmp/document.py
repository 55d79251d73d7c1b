"""Reads an XMP document into elements that know where they stand in the bytes.

Whoever changes the document cuts and inserts at those places, so that every byte that
is not imgai's stays as it is: other programs' properties, prefixes, order, white
space. A library that reads a tree and writes it anew keeps none of that.

The parser is Python's own expat. A document type, without which XML has no entities
to multiply, is refused; so is what is larger or deeper than any XMP.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat

Name: TypeAlias = tuple[str, str]  # namespace, local name

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
IMGAI = "urn:imgai:xmp:1.0/"

RDF_ROOT: Name = (RDF, "RDF")
DESCRIPTION: Name = (RDF, "Description")
ITEM: Name = (RDF, "li")
CONTAINERS: frozenset[Name] = frozenset({(RDF, "Bag"), (RDF, "Seq"), (RDF, "Alt")})
SUBJECT: Name = (DC, "subject")
DESCRIBED: Name = (DC, "description")
TITLE: Name = (DC, "title")
HIERARCHY: Name = (LIGHTROOM, "hierarchicalSubject")

LARGEST_BYTES = (
    16_000_000  # darktable's, with every stroke of every mask, has some 2 MB
)
_DEEPEST = 64

# A start tag up to its end, past any ">" within its attributes.
_START_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class XmpError(Exception):
    """The document is not XMP, or not as imgai can change it safely."""


@dataclass(slots=True)
class Element:
    """One element, and where it is: offsets in bytes from the document's beginning."""

    name: Name
    attributes: Mapping[Name, str]
    written: Mapping[Name, str]  # the attributes' names with their prefixes
    start: int  # of its start tag
    body: int  # just behind the start tag
    parts: list[str] = field(default_factory=list)
    children: "list[Element]" = field(default_factory=list)
    body_end: int = 0  # of what stands between the tags
    end: int = 0  # just behind the end tag

    @property
    def text(self) -> str:
        """Its own text, without white space around it."""
        return "".join(self.parts).strip()

    def named(self, name: Name) -> "Iterator[Element]":
        """Yield its children of a name."""
        return (child for child in self.children if child.name == name)


@dataclass(frozen=True, slots=True)
class Document:
    """An XMP document: its bytes, and the RDF in it."""

    content: bytes
    rdf: Element

    @property
    def descriptions(self) -> list[Element]:
        """The blocks that hold the picture's properties."""
        return list(self.rdf.named(DESCRIPTION))

    def properties(self, name: Name) -> list[Element]:
        """Return the elements of one property; more than one is unusual."""
        return [one for block in self.descriptions for one in block.named(name)]

    def attribute(self, name: Name) -> str | None:
        """Return a simple property that is written as an attribute; None if none."""
        for block in self.descriptions:
            if name in block.attributes:
                return block.attributes[name]
        return None

    def items(self, name: Name) -> list[Element]:
        """Return the items of a property that is a bag, a sequence or alternatives."""
        return [
            item
            for one in self.properties(name)
            for container in one.children
            if container.name in CONTAINERS
            for item in container.named(ITEM)
        ]

    def texts(self, name: Name) -> tuple[str, ...]:
        """Return what a property says, in any of the forms in which it may be said."""
        said = [item.text for item in self.items(name)]
        said += [one.text for one in self.properties(name) if not one.children]
        said.append(self.attribute(name) or "")
        return tuple(text for text in said if text.strip())


def parse(content: bytes) -> Document:
    """Read an XMP document.

    Raises:
        XmpError: it is no XML, or no XMP, or larger, deeper or stranger than XMP is.
    """
    if len(content) > LARGEST_BYTES:
        raise XmpError(f"it has {len(content):,} bytes, which is no XMP")
    if content.startswith(_UTF16):
        raise XmpError("it is in UTF-16; imgai changes only UTF-8")
    reading = _Reading(content)
    try:
        reading.parser.Parse(content, True)  # noqa: FBT003  expat takes no keywords
    except expat.ExpatError as error:
        raise XmpError(f"it is no well-formed XML: {error}") from error
    if reading.rdf is None:
        raise XmpError("it holds no rdf:RDF")
    return Document(content, reading.rdf)


class _Reading:
    """What expat tells, put together."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.rdf: Element | None = None
        self._open: list[Element] = []
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.namespace_prefixes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) == _DEEPEST:
            raise XmpError("its elements are nested deeper than XMP's are")
        start = self.parser.CurrentByteIndex
        tag = _START_TAG.match(self.content, start)
        if tag is None:
            raise XmpError("a tag does not end")
        element = Element(
            _name(name),
            {_name(key): value for key, value in attributes.items()},
            {_name(key): _written(key) for key in attributes},
            start,
            tag.end(),
        )
        if self._open:
            self._open[-1].children.append(element)
        if element.name == RDF_ROOT and self.rdf is None:
            self.rdf = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if self.content.startswith(b"/>", element.body - 2):
            element.body_end = element.end = element.body
            return
        element.body_end = self.parser.CurrentByteIndex
        element.end = self.content.index(b">", element.body_end) + 1

    def _text(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def _refuse_doctype(self, *_: object) -> None:
        raise XmpError("it declares a document type, which XMP never does")


def _name(text: str) -> Name:
    """Read expat's "namespace local prefix", of which the outer two may be missing."""
    namespace, _, rest = text.partition(" ")
    return (namespace, rest.partition(" ")[0]) if rest else ("", namespace)


def _written(text: str) -> str:
    parts = text.split(" ")
    return f"{parts[2]}:{parts[1]}" if len(parts) > 2 else parts[-1]  # noqa: PLR2004
