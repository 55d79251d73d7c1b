"""Changes of an XMP document: cuts and insertions in its bytes, made all at once."""

import re
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from imgai.xmp.document import (
    CONTAINERS,
    DC,
    IMGAI,
    ITEM,
    LIGHTROOM,
    RDF,
    Document,
    Element,
    Name,
)

EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="imgai">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n'
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>\n'
).encode()
"""A document without any property."""

_INDENT = "  "
_SPACE = b" \t\r\n"
# What XML 1.0 cannot hold, escaped or not.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_TAG_NAME = re.compile(rb"<([^\s/>]+)")


def plain(text: str) -> str:
    """Return a text on one line, of characters that XML can hold."""
    return " ".join(_NOT_XML.sub(" ", text).split())


def _escaped(text: str) -> str:
    return escape(plain(text), {'"': "&quot;"})


class Block:
    """An `rdf:Description` in the making: what imgai adds to a document."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add_text(self, name: str, text: str) -> None:
        """Add a property of one text."""
        self._lines.append(f"{_INDENT} <{name}>{_escaped(text)}</{name}>")

    def add_items(self, name: str, kind: str, words: Sequence[str]) -> None:
        """Add a bag (`Bag`) or sequence (`Seq`) of words; nothing if there are none."""
        if words:
            self._add(
                name, kind, [f"<rdf:li>{_escaped(one)}</rdf:li>" for one in words]
            )

    def add_translated(self, name: str, text: str) -> None:
        """Add a text as XMP wants one that may have translations."""
        item = f'<rdf:li xml:lang="x-default">{_escaped(text)}</rdf:li>'
        self._add(name, "Alt", [item])

    def _add(self, name: str, kind: str, items: Sequence[str]) -> None:
        self._lines += [
            f"{_INDENT} <{name}>",
            f"{_INDENT}  <rdf:{kind}>",
            *(f"{_INDENT}   {item}" for item in items),
            f"{_INDENT}  </rdf:{kind}>",
            f"{_INDENT} </{name}>",
        ]

    def written(self, about: str) -> bytes:
        """Return the block as bytes, with the namespaces it uses.

        Args:
            about: the document's `rdf:about`, which must be the same on all blocks.
        """
        head = (
            f'{_INDENT}<rdf:Description rdf:about="{_escaped(about)}"\n'
            f'{_INDENT}  xmlns:rdf="{RDF}"\n{_INDENT}  xmlns:dc="{DC}"\n'
            f'{_INDENT}  xmlns:lr="{LIGHTROOM}"\n{_INDENT}  xmlns:imgai="{IMGAI}">'
        )
        foot = f"{_INDENT}</rdf:Description>"
        return "\n".join(["", head, *self._lines, foot]).encode()


class Edits:
    """Changes of one document, by the places where it stands now."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._cuts: list[tuple[int, int, bytes]] = []  # start, end, what goes there

    def applied(self) -> bytes:
        """Return the document with all changes made."""
        parts, at = [], 0
        for start, end, new in sorted(self._cuts, key=lambda cut: cut[:2]):
            parts += [self._content[at:start], new]
            at = end
        return b"".join([*parts, self._content[at:]])

    def remove(self, element: Element) -> None:
        """Take an element out, with the white space in front of it."""
        before = self._content[: element.start]
        self._cuts.append((len(before.rstrip(_SPACE)), element.end, b""))

    def remove_attributes(
        self, element: Element, is_wanted: Callable[[Name], bool]
    ) -> None:
        """Take those attributes out whose names are wanted."""
        written = {
            text.encode() for name, text in element.written.items() if is_wanted(name)
        }
        for found in _ATTRIBUTE.finditer(self._content, element.start, element.body):
            if found[1] in written:
                self._cuts.append((*found.span(), b""))

    def remove_items(
        self, document: Document, name: Name, is_wanted: Callable[[str], bool]
    ) -> None:
        """Take wanted items out of a property; all of it if none is left."""
        for one in document.properties(name):
            items = [
                item
                for container in one.children
                if container.name in CONTAINERS
                for item in container.named(ITEM)
            ]
            wanted = [item for item in items if is_wanted(item.text)]
            if wanted and len(wanted) == len(items):
                self.remove(one)
                continue
            for item in wanted:
                self.remove(item)

    def append_items(self, container: Element, words: Sequence[str]) -> None:
        """Add items behind those of a container, indented like the last of them."""
        gap, end = b"", container.body
        if container.children:
            last = container.children[-1]
            before = self._content[: last.start]
            gap, end = before[len(before.rstrip(_SPACE)) :], last.end
        name = self._tag_name(container)
        prefix = name[: name.rfind(b":") + 1]
        items = [
            b"%s<%sli>%s</%sli>" % (gap, prefix, _escaped(word).encode(), prefix)
            for word in words
        ]
        self._insert(container, end, b"".join(items))

    def insert_block(self, document: Document, block: Block) -> None:
        """Add a block behind those that are there."""
        rdf, blocks = document.rdf, document.descriptions
        abouts = [one.attributes.get((RDF, "about")) for one in blocks]
        about = next(filter(None, abouts), "")
        end = rdf.children[-1].end if rdf.children else rdf.body
        self._insert(rdf, end, block.written(about))

    def _insert(self, parent: Element, at: int, new: bytes) -> None:
        if parent.body != parent.end:
            self._cuts.append((at, at, new))
            return
        # `<a/>` becomes `<a>…</a>`.
        opened = b">%s</%s>" % (new, self._tag_name(parent))
        self._cuts.append((parent.body - len(b"/>"), parent.end, opened))

    def _tag_name(self, element: Element) -> bytes:
        found = _TAG_NAME.match(self._content, element.start)
        assert found is not None  # noqa: S101  the parser has read it
        return found[1]
