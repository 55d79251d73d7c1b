"""What a search found: a table for people, paths for pipes, JSON for programs."""

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from imgai.domain.matches import Found, Match
from imgai.present.amounts import counted
from imgai.present.console import Output, can_write, show, width_of
from imgai.present.fields import label_fields
from imgai.present.text import json_line, piped_uri, safe, shown_uri

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_BAR_WIDTH = 5
_SIGNS = "■·"  # of the bar: full, empty
_ASCII_SIGNS = "#."
# Columns of their own for what a match rests on leave a picture 25 characters here.
_WIDTH_TO_EXPLAIN = 110


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
        output.results(map(match_json, found.matches))
    elif form is MatchForm.PATHS:
        output.results(piped_uri(one.uri) for one in found.matches)
    elif found.matches:
        show(
            output, _table(found.matches, output, explains=form is MatchForm.EXPLAINED)
        )


def match_json(match: Match) -> str:
    """Return a match as a line of JSON, in the fields that README documents."""
    return json_line(
        {
            "uri": match.uri,
            "score": match.score,
            "similarity": match.similarity,
            "text_rank": match.text_rank,
            "semantic_rank": match.semantic_rank,
            "labels": label_fields(match.labels),
            "caption": match.caption,
            "caption_source": match.caption_source,
            "picture_hash": match.picture_hash,
            "other_images": match.other_images,
            "matched_words": list(match.matched_words),
        }
    )


def _table(matches: Sequence[Match], output: Output, *, explains: bool) -> "Table":
    from rich.table import Table  # noqa: PLC0415  40 ms; JSON and paths do without

    signs = _SIGNS if can_write(output.out, _SIGNS) else _ASCII_SIGNS
    in_columns = explains and width_of(output) >= _WIDTH_TO_EXPLAIN
    shares = _relevances(matches)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    if shares:
        table.add_column("Relevance", no_wrap=True)
    if in_columns:
        for heading in ("Score", "Words", "Meaning", "Similarity"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("Matched")
    table.add_column("Picture", ratio=3)
    table.add_column("Where", ratio=2, overflow="fold")
    for position, one in enumerate(matches):
        bar = [_plain(_bar(shares[position], signs), "green")] if shares else []
        basis = [_plain(text) for text in _basis(one)] if in_columns else []
        picture = _picture(one, explains=explains and not in_columns)
        table.add_row(*bar, *basis, picture, _where(one))
    return table


def _relevances(matches: Sequence[Match]) -> list[float]:
    """Return how much of the best each match is, 0 to 1; [] if none was ranked.

    Ranks alone make scores that hardly differ: where meaning is all there is, the
    similarities tell more.
    """
    if all(one.text_rank is None and one.semantic_rank is None for one in matches):
        return []
    measures = [one.score for one in matches]
    alike = [one.similarity for one in matches if one.text_rank is None]
    similarities = [max(0.0, one) for one in alike if one is not None]
    # Those of two spaces cannot be compared, and need not fall; --unlike has none.
    is_falling = similarities == sorted(similarities, reverse=True)
    if len(similarities) == len(matches) and is_falling and similarities[0] > 0:
        measures = similarities
    best = max(measures)
    return [measure / best if best > 0 else 0.0 for measure in measures]


def _bar(share: float, signs: str) -> str:
    full_sign, empty_sign = signs[0], signs[1]
    full = min(_BAR_WIDTH, max(1, round(share * _BAR_WIDTH)))
    return full_sign * full + empty_sign * (_BAR_WIDTH - full)


def _basis(match: Match) -> list[str]:
    similarity = "" if match.similarity is None else f"{match.similarity:.3f}"
    words = "" if match.text_rank is None else f"#{match.text_rank}"
    meaning = "" if match.semantic_rank is None else f"#{match.semantic_rank}"
    matched = safe(", ".join(match.matched_words))
    return [f"{match.score:.4f}", words, meaning, similarity, matched]


def _basis_line(match: Match) -> str:
    score, words, meaning, similarity, matched = _basis(match)
    told = [
        f"words {words} ({matched})" if words else "",
        f"meaning {meaning} ({similarity})" if meaning else "",
        f"score {score}",
    ]
    return ", ".join(part for part in told if part)


def _picture(match: Match, *, explains: bool) -> "Text":
    text = _plain(safe(match.caption or ""))
    labels = safe(", ".join(one.label for one in match.labels))
    for line in (labels, _basis_line(match) if explains else ""):
        if line:
            text.append(f"\n{line}" if text else line, style="dim")
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
