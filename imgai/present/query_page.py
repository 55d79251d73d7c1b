"""The page that `imgai help query` shows, in the manner of a manual."""

from textwrap import fill

from imgai.domain.colours import COLOURS
from imgai.domain.filter_values import FORMATS

_PAGE = """\
NAME
    query - what `imgai search` understands

SYNOPSIS
    imgai search 'WORDS "EXACT PHRASE" -WITHOUT FILTER:VALUE ...'

WORDS
    Plain words just work. They are looked for in labels, captions, colours and
    file names, by their stems ("cats" finds "cat"), and their meaning is
    compared with that of every picture. A picture has to pass all filters; only
    what passes is ranked. Filters alone find the newest pictures first.

    In a shell, put the whole query into single quotes: quotes, > and # have a
    meaning of their own there. Plain words need none: imgai search cat -dog

FILTERS
    "exact phrase"      these words, one behind the other
    -word               without the word; -"a phrase" without the phrase
    label:cat           a label of this name; label:"wine glass"
    colour:orange       a dominant colour whose name has this word (dark orange
                        too); also color:, and colour:dark-orange
    colour:#fa8e0c      a dominant colour near this one: within 20 in CIELAB, as
                        far as a name reaches
    colour:teal>20%     more than a fifth of the picture; also >=, < and <=
    after:2024-05       taken in May 2024 or later; 2024, 2024-05-31 and
                        2024-05-31T18:00 are dates as well
    before:2024-06      taken earlier than June 2024
    under:holiday/      in a folder of that name, or below it; under:/photos/24,
                        under:./24 and under:r2://bucket/24 are just that one
    format:heic         {formats}
    score:>0.5          the best score among the labels that the query names, or
                        among all; also >=, < and <=
    is:failed           a task about it failed, and still stands
    is:truncated        part of its file is missing
    has:caption         also has:labels, has:embedding, has:date

    A minus before any filter turns it round: -label:person. Capitals make no
    difference. The options --label, --colour, --after, --before and --under are
    the same filters.

DATES
    A picture is from when the camera says it was taken. Without that, from when
    its file was last written; in a bucket, from when it was first seen.

ERRORS
    A malformed filter is refused, with the character it broke at (exit code 2).
    What does not look like a filter is words: http://example.com, 5", a:b.

COLOURS
{colours}

EXAMPLES
    imgai search 'beach -people after:2024'
    imgai search '"red car" under:holiday/ format:jpeg'
    imgai search 'label:cat score:>0.8 colour:orange>20%'
    imgai search sunset --like 0.5:pool.jpg --unlike crowd.jpg
"""


def query_page() -> str:
    """Return the page, in lines of at most 80 characters."""
    indent = " " * 4
    names = fill(
        ", ".join(COLOURS), 80, initial_indent=indent, subsequent_indent=indent
    )
    formats = fill(", ".join(FORMATS), 56, subsequent_indent=" " * 24)
    return _PAGE.format(formats=formats, colours=names).rstrip("\n")
