"""Writes imgai's words into an XMP document, and takes them out again.

Whatever is not imgai's keeps its bytes. What is imgai's can be told by its own
properties, so that it is found again after other programs have written the file anew:

    imgai:keywords           the keywords that imgai added to dc:subject
    imgai:declined           those that a person has since taken out: not added again
    imgai:caption            what imgai says of the picture
    imgai:wroteDescription   whether dc:description is that caption
    imgai:labels, :scores    what the models said, best first
    imgai:models, :analyzedAt, :captionSource   from whom, and when

A keyword or description that is a person's is never changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from imgai.domain.tags import Tags
from imgai.xmp.document import (
    CONTAINERS,
    DESCRIBED,
    HIERARCHY,
    IMGAI,
    RDF,
    SUBJECT,
    Document,
    Name,
    XmpError,
    parse,
)
from imgai.xmp.edits import EMPTY, Block, Edits, plain
from imgai.xmp.words import BRANCH, KEYWORDS, is_our_description

_DECLINED: Name = (IMGAI, "declined")
_ABOUT: Name = (RDF, "about")


@dataclass(frozen=True, slots=True)
class Tagged:
    """An XMP document with imgai's words in it."""

    content: bytes
    added: tuple[str, ...]  # keywords that are there because of imgai
    keeps_description: bool  # a person's


def tag(content: bytes | None, tags: Tags) -> Tagged:
    """Return an XMP document with imgai's words in it, and nothing else changed.

    Args:
        content: the document as it is; None: make one.
        tags: what to write. What imgai wrote before is replaced by it.

    Raises:
        XmpError: it cannot be changed without harm.
    """
    labels = [word for one in tags.labels if (word := plain(one.label))]
    before = parse(content or EMPTY)
    present = _folded(before.texts(SUBJECT))
    declined = [
        *before.texts(_DECLINED),
        *(one for one in before.texts(KEYWORDS) if one.casefold() not in present),
    ]
    clean = parse(untag(before.content))
    has = _folded([*clean.texts(SUBJECT), *declined])
    added = tuple(one for one in dict.fromkeys(labels) if one.casefold() not in has)
    keeps = bool(clean.texts(DESCRIBED))
    edits, block = Edits(clean.content), Block()
    if not keeps and tags.caption:
        _remove_blank_description(clean, edits)
        block.add_translated("dc:description", tags.caption)
    for name, written, words in (
        (SUBJECT, "dc:subject", added),
        (HIERARCHY, "lr:hierarchicalSubject", _branches(labels, declined)),
    ):
        if not _append(clean, edits, name, words):
            block.add_items(written, "Bag", words)
    _describe(block, tags, added, declined)
    block.add_text("imgai:wroteDescription", str(not keeps and bool(tags.caption)))
    edits.insert_block(clean, block)
    return Tagged(edits.applied(), added, keeps)


def untag(content: bytes) -> bytes:
    """Return an XMP document without imgai's words, and nothing else changed.

    Raises:
        XmpError: it cannot be read.
    """
    document = parse(content)
    ours = _folded(document.texts(KEYWORDS))
    edits = Edits(content)
    for block in document.descriptions:
        edits.remove_attributes(block, lambda name: name[0] == IMGAI)
        for one in block.children:
            if one.name[0] == IMGAI:
                edits.remove(one)
    edits.remove_items(document, SUBJECT, lambda text: text.casefold() in ours)
    edits.remove_items(document, HIERARCHY, lambda text: text.startswith(BRANCH))
    if is_our_description(document):
        for one in document.properties(DESCRIBED):
            edits.remove(one)
    return _without_empty_blocks(edits.applied())


def _without_empty_blocks(content: bytes) -> bytes:
    """Take out blocks that were imgai's alone: it left its namespace on them."""
    document = parse(content)
    edits = Edits(content)
    for block in document.descriptions:
        is_empty = not block.children and set(block.attributes) <= {_ABOUT}
        if is_empty and IMGAI.encode() in content[block.start : block.body]:
            edits.remove(block)
    return edits.applied()


def _branches(labels: Sequence[str], declined: Sequence[str]) -> list[str]:
    """Return all labels as keywords below imgai's own, whoever else gave them."""
    unwanted = _folded(declined)
    return [f"{BRANCH}{one}" for one in labels if one.casefold() not in unwanted]


def _remove_blank_description(document: Document, edits: Edits) -> None:
    """Make room for the caption: a property may be there once."""
    for blank in document.properties(DESCRIBED):
        edits.remove(blank)
    for block in document.descriptions:
        edits.remove_attributes(block, lambda name: name == DESCRIBED)


def _folded(texts: Sequence[str]) -> set[str]:
    return {text.casefold() for text in texts}


def _describe(
    block: Block, tags: Tags, added: Sequence[str], declined: Sequence[str]
) -> None:
    """Add what is imgai's own: where each word comes from."""
    block.add_items("imgai:labels", "Seq", [one.label for one in tags.labels])
    block.add_items("imgai:scores", "Seq", [f"{one.score:.4f}" for one in tags.labels])
    block.add_items("imgai:keywords", "Bag", added)
    block.add_items("imgai:declined", "Bag", list(dict.fromkeys(declined)))
    for name, text in (
        ("imgai:caption", tags.caption),
        ("imgai:captionSource", tags.caption_source),
        ("imgai:models", tags.models),
        ("imgai:analyzedAt", tags.analyzed_at),
    ):
        if text:
            block.add_text(name, text)


def _append(document: Document, edits: Edits, name: Name, words: Sequence[str]) -> bool:
    """Add items to a property that is there; return whether it was there.

    Raises:
        XmpError: it is there in a form that cannot take items.
    """
    if not words:
        return True
    properties = document.properties(name)
    if document.attribute(name) is not None or len(properties) > 1:
        raise XmpError(f"its {name[1]} is not written as XMP asks for")
    if not properties:
        return False
    (one,) = properties
    containers = [child for child in one.children if child.name in CONTAINERS]
    if len(containers) == 1:
        edits.append_items(containers[0], words)
        return True
    if one.text or one.children:
        raise XmpError(f"its {name[1]} is not written as XMP asks for")
    edits.remove(one)  # empty: written anew in imgai's block
    return False
