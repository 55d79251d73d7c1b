"""What `imgai export` writes: JSON Lines, or CSV that a spreadsheet only shows."""

import csv
import io
from collections.abc import Sequence

from imgai.domain.export_format import ExportFormat
from imgai.domain.exports import ExportedImage
from imgai.present.amounts import json_time
from imgai.present.console import Output
from imgai.present.errors import ended_line
from imgai.present.fields import colour_fields, label_fields
from imgai.present.text import json_line, piped_uri, safe, shown_uri

# A cell that begins so, or with the wide form of such a sign, is a formula to a
# spreadsheet, which may run programs.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)
_BETWEEN = "; "
_FIELDS = (
    "uri",
    "path",
    "picture_hash",
    "format",
    "size_bytes",
    "width_px",
    "height_px",
    "taken_at",
    "first_seen_at",
    "labels",
    "label_scores",
    "caption",
    "caption_source",
    "colours",
    "nsfw_score",
    "models",
    "analyzed_at",
    "keywords",  # of people, as title and description are
    "title",
    "description",
)
_ALT_FIELDS = ("path", "alt")

Cell = str | int | float | None


class ExportWriter:
    """Writes images to stdout, one row each."""

    def __init__(
        self, output: Output, form: ExportFormat, *, is_alt_text: bool = False
    ) -> None:
        """Prepare; nothing is written before `begin`.

        Args:
            output: where to write.
            form: JSON Lines, or CSV.
            is_alt_text: only path and caption, and only images that have one.
        """
        self._output = _in_utf8(output)
        self._form = form
        self._is_alt_text = is_alt_text

    def begin(self) -> None:
        """Write what comes before the first row: a CSV's names of columns.

        Raises:
            BrokenPipeError: the reader of stdout has gone.
        """
        if self._form is ExportFormat.CSV:
            fields = _ALT_FIELDS if self._is_alt_text else _FIELDS
            self._output.result(csv_line(fields))

    def write(self, image: ExportedImage) -> None:
        """Write an image.

        Raises:
            BrokenPipeError: the reader of stdout has gone.
        """
        if not self._is_alt_text:
            make = _json_row if self._form is ExportFormat.JSONL else _csv_row
            self._output.result(make(image))
        elif image.caption:
            cells = (export_path(image.uri), image.caption)
            if self._form is ExportFormat.JSONL:
                line = json_line(dict(zip(_ALT_FIELDS, cells, strict=True)))
            else:
                line = csv_line(cells)
            self._output.result(line)


def tell_lacking(
    uris: Sequence[str], output: Output, exit_code: int, *, as_json: bool = False
) -> None:
    """Say on stderr which images have no caption."""
    for uri in uris:
        output.say(f"no caption: {shown_uri(uri)}")
    have = "image has" if len(uris) == 1 else "images have"
    message = f"{len(uris):,} {have} no caption."
    hint = "`imgai classify` asks for what is missing."
    if as_json:
        output.say(ended_line(exit_code, "CaptionsMissing", message, hint=hint))
    else:
        output.say(f"imgai: {message} {hint}")


def export_path(uri: str) -> str:
    """Return where an image is, as the next program opens it; never a formula.

    A path below the working directory is relative to it; one that no line of text can
    hold is its URI.
    """
    path = piped_uri(uri)
    return f"./{path}" if path.startswith(_FORMULA) else path


def csv_line(cells: Sequence[Cell]) -> str:
    """Return a row of CSV: quoted where needed, texts that look like formulas too."""
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow([_shown(cell) for cell in cells])
    return row.getvalue()


def _shown(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    return safe(f"'{cell}" if cell.startswith(_FORMULA) else cell)


def _json_row(image: ExportedImage) -> str:
    return json_line(
        {
            "uri": image.uri,
            "path": export_path(image.uri),
            "picture_hash": image.picture_hash,
            "format": image.format,
            "size_bytes": image.size_bytes,
            "width_px": image.width_px,
            "height_px": image.height_px,
            "taken_at": image.taken_at,
            "first_seen_at": json_time(image.first_seen_at),
            "labels": label_fields(image.labels),
            "caption": image.caption,
            "caption_source": image.caption_source,
            "colours": colour_fields(image.colours),
            "nsfw_score": image.nsfw_score,
            "models": list(image.models),
            "analyzed_at": json_time(image.analyzed_at) if image.analyzed_at else None,
            "keywords": list(image.words.keywords),
            "title": image.words.title or None,
            "description": image.words.description or None,
        }
    )


def _csv_row(image: ExportedImage) -> str:
    return csv_line(
        (
            image.uri,
            export_path(image.uri),
            image.picture_hash,
            image.format,
            image.size_bytes,
            image.width_px,
            image.height_px,
            image.taken_at,
            json_time(image.first_seen_at),
            _BETWEEN.join(one.label for one in image.labels),
            _BETWEEN.join(f"{one.score:.4g}" for one in image.labels),
            image.caption,
            image.caption_source,
            _BETWEEN.join(one.name for one in image.colours),
            image.nsfw_score,
            _BETWEEN.join(image.models),
            json_time(image.analyzed_at) if image.analyzed_at else None,
            _BETWEEN.join(image.words.keywords),
            image.words.title or None,
            image.words.description or None,
        )
    )


def _in_utf8(output: Output) -> Output:
    """Write UTF-8 whatever the locale says: a file outlives the terminal's settings."""
    if isinstance(output.out, io.TextIOWrapper):
        output.out.reconfigure(encoding="utf-8", errors="replace")
    return output
