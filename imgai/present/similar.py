"""What is like an image: a table for people, paths for pipes, JSON for programs."""

from typing import TYPE_CHECKING

from imgai.domain.similar import Kinship, Relative, Relatives
from imgai.present.console import Output, show, width_of
from imgai.present.fields import label_fields
from imgai.present.search import MatchForm
from imgai.present.text import json_line, piped_uri, safe, shown_uri

if TYPE_CHECKING:
    from rich.table import Table

_WORDS = {
    Kinship.COPY: "copy",
    Kinship.NEAR_DUPLICATE: "near-duplicate",
    Kinship.SAME_SUBJECT: "same subject",
}

_WIDTH_OF_COLUMNS = 72  # kind, distance and similarity take 41 characters


def show_relatives(
    relatives: Relatives, output: Output, form: MatchForm, *, is_quiet: bool = False
) -> None:
    """Show the pictures on stdout, nearest first, and on stderr what to know.

    Args:
        relatives: by `imgai.search.similar`.
        output: where to show them.
        form: JSON, paths, or else a table.
        is_quiet: leaves out the notes.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if not is_quiet:
        nothing = () if relatives.found else ("Nothing like it was found.",)
        for note in (*relatives.notes, *nothing):
            output.say(safe(note))
    match form:
        case MatchForm.JSON:
            output.results(map(relative_json, relatives.found))
        case MatchForm.PATHS:
            output.results(piped_uri(one.match.uri) for one in relatives.found)
        case MatchForm.TABLE | MatchForm.EXPLAINED:
            if relatives.found:
                is_wide = width_of(output) >= _WIDTH_OF_COLUMNS
                show(output, _table(relatives, is_wide=is_wide))


def relative_json(one: Relative) -> str:
    """Return a picture as a line of JSON, in the fields that README documents."""
    return json_line(
        {
            "uri": one.match.uri,
            "kind": one.kinship,
            "distance": one.distance,
            "similarity": one.similarity,
            "labels": label_fields(one.match.labels),
            "caption": one.match.caption,
            "caption_source": one.match.caption_source,
            "picture_hash": one.match.picture_hash,
            "other_images": one.match.other_images,
        }
    )


def _table(relatives: Relatives, *, is_wide: bool) -> "Table":
    from rich.table import Table  # noqa: PLC0415  40 ms; JSON and paths do without
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    if is_wide:
        table.add_column("Kind", no_wrap=True)
        table.add_column("Distance", justify="right", no_wrap=True)
        table.add_column("Similarity", justify="right", no_wrap=True)
    table.add_column("Picture", ratio=3)
    table.add_column("Where", ratio=2, overflow="fold")
    for one in relatives.found:
        picture = Text(safe(one.match.caption or ""))
        if not is_wide:
            kinship = _kinship_line(one)
            picture.append(f"\n{kinship}" if picture else kinship, style="dim")
        where = Text(shown_uri(one.match.uri), style="cyan")
        table.add_row(*(_kinship(one) if is_wide else ()), picture, where)
    return table


def _kinship(one: Relative) -> tuple[str, str, str]:
    distance = "" if one.distance is None else str(one.distance)
    similarity = "" if one.similarity is None else f"{one.similarity:.3f}"
    return _WORDS[one.kinship], distance, similarity


def _kinship_line(one: Relative) -> str:
    kind, distance, similarity = _kinship(one)
    measures = {"distance": distance, "similarity": similarity}
    return ", ".join([kind, *(f"{k} {v}" for k, v in measures.items() if v)])
