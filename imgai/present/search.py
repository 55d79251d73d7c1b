"""What a search found: a table for people, paths for pipes, JSON for programs."""

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from imgai.domain.matches import Found, Match
from imgai.present.amounts import counted
from imgai.present.console import Output, can_write, show
from imgai.present.text import json_line, piped_uri, safe, shown_uri

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_BAR_WIDTH = 5
_SIGNS = "■·"  # of the bar: full, empty
_ASCII_SIGNS = "#."


class MatchForm(Enum):
    """What a match looks like."""

    TABLE = "table"
    EXPLAINED = "explained"  # --explain: the table, with what each match rests on
    PATHS = "paths"  # --paths: one a line
    JSON = "json"  # --json: one object a line


def show_found(
    found: Found,
    output: Output,
    form: MatchForm = MatchForm.TABLE,
    *,
    is_quiet: bool = False,
) -> None:
    """Show the matches on stdout, best first, and on stderr what to know of how.

    Args:
        found: by `imgai.search`.
        output: where to show it.
        form: of the matches.
        is_quiet: leaves out the notes.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if not is_quiet:
        notes = found.notes if found.matches else (*found.notes, "Nothing found.")
        for note in notes:
            output.say(safe(note))
    if form is MatchForm.JSON:
        _show_lines([match_json(one) for one in found.matches], output)
    elif form is MatchForm.PATHS:
        _show_lines([piped_uri(one.uri) for one in found.matches], output)
    elif found.matches:
        explains = form is MatchForm.EXPLAINED
        signs = _SIGNS if can_write(output.out, _SIGNS) else _ASCII_SIGNS
        show(output, _table(found, signs, explains=explains))


def _show_lines(lines: Iterable[str], output: Output) -> None:
    for line in lines:
        output.result(line)


def match_json(match: Match) -> str:
    """Return a match as a line of JSON, in the fields that README documents."""
    return json_line(
        {
            "uri": match.uri,
            "score": match.score,
            "similarity": match.similarity,
            "text_rank": match.text_rank,
            "semantic_rank": match.semantic_rank,
            "labels": [
                {"label": one.label, "score": round(one.score, 4)}
                for one in match.labels
            ],
            "caption": match.caption,
            "caption_source": match.caption_source,
            "picture_hash": match.picture_hash,
            "other_images": match.other_images,
            "matched_words": list(match.matched_words),
        }
    )


def _table(found: Found, signs: str, *, explains: bool) -> "Table":
    from rich.table import Table  # noqa: PLC0415  40 ms; JSON and paths do without

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("Relevance", no_wrap=True)
    if explains:
        for heading in ("Score", "Words", "Meaning", "Similarity"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("Matched")
    table.add_column("Picture", ratio=3)
    table.add_column("Where", ratio=2, overflow="fold")
    best = max(one.score for one in found.matches)
    for one in found.matches:
        bar = _plain(_bar(one.score, best, signs), "green")
        basis = [_plain(text) for text in _basis(one)] if explains else []
        table.add_row(bar, *basis, _picture(one), _where(one))
    return table


def _bar(score: float, best: float, signs: str) -> str:
    full_sign, empty_sign = signs[0], signs[1]
    share = score / best if best > 0 else 0.0
    full = min(_BAR_WIDTH, max(1, round(share * _BAR_WIDTH)))
    return full_sign * full + empty_sign * (_BAR_WIDTH - full)


def _basis(match: Match) -> list[str]:
    similarity = "" if match.similarity is None else f"{match.similarity:.3f}"
    words = "" if match.text_rank is None else f"#{match.text_rank}"
    meaning = "" if match.semantic_rank is None else f"#{match.semantic_rank}"
    matched = safe(", ".join(match.matched_words))
    return [f"{match.score:.4f}", words, meaning, similarity, matched]


def _picture(match: Match) -> "Text":
    text = _plain(safe(match.caption or ""))
    labels = safe(", ".join(one.label for one in match.labels))
    if labels:
        text.append(f"\n{labels}" if text else labels, style="dim")
    return text


def _where(match: Match) -> "Text":
    text = _plain(shown_uri(match.uri), "cyan")
    if match.other_images:
        more = counted(match.other_images, "copy", "copies")
        text.append(f" and {more}", style="dim")
    return text


def _plain(text: str, style: str = "") -> "Text":
    from rich.text import Text  # noqa: PLC0415

    return Text(text, style=style)  # never read as markup
