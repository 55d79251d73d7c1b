"""What people said of a picture in its XMP: keywords, title, description."""

from imgai.domain.images import OwnWords
from imgai.xmp.document import (
    DESCRIBED,
    HIERARCHY,
    IMGAI,
    SUBJECT,
    TITLE,
    Document,
    Name,
)

# What imgai itself put there, which is no person's word. See `imgai.xmp.tagging`.
KEYWORDS: Name = (IMGAI, "keywords")
CAPTION: Name = (IMGAI, "caption")
WROTE_DESCRIPTION: Name = (IMGAI, "wroteDescription")
BRANCH = "imgai|"


def own_words(document: Document) -> OwnWords:
    """Return a person's words; those that imgai once wrote there are left out."""
    ours = {keyword.casefold() for keyword in document.texts(KEYWORDS)}
    keywords = [one for one in document.texts(SUBJECT) if one.casefold() not in ours]
    for path in document.texts(HIERARCHY):
        if not path.startswith(BRANCH):
            keywords += path.split("|")
    description = next(iter(document.texts(DESCRIBED)), "")
    if is_our_description(document):
        description = ""
    return OwnWords(
        keywords=tuple(dict.fromkeys(keywords)),
        title=next(iter(document.texts(TITLE)), ""),
        description=description,
    )


def is_our_description(document: Document) -> bool:
    """Return whether the description is the caption that imgai wrote, unchanged."""
    wrote = document.texts(WROTE_DESCRIPTION) == ("True",)
    return wrote and document.texts(DESCRIBED) == document.texts(CAPTION)
