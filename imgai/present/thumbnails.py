"""What `thumbnails` says."""

from imgai.errors import ImageError
from imgai.present.amounts import counted, shown_bytes
from imgai.present.console import Output
from imgai.present.text import json_line, safe, shown_uri


def show_thumbnail(
    uri: str,
    size_bytes: int,
    error: ImageError | None,
    output: Output,
    *,
    as_json: bool,
) -> None:
    """Tell of one thumbnail: with JSON a line of results, else only why there is none.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        held = {
            "uri": uri,
            "size_bytes": size_bytes,
            "reason": error.reason if error else None,
        }
        output.result(json_line(held))
    elif error is not None:
        output.say(f"{shown_uri(uri)}: {safe(str(error))}")


def show_thumbnail_sum(made: int, size_bytes: int, output: Output) -> None:
    """Say how many thumbnails were made, and how much they take."""
    if made:
        size = shown_bytes(size_bytes)
        output.result(f"Kept {counted(made, 'thumbnail')} in the database, {size}.")
    else:
        output.result("No thumbnail was missing.")


def show_dropped(dropped: int, output: Output, *, as_json: bool) -> None:
    """Say how many thumbnails were forgotten."""
    if as_json:
        output.result(json_line({"dropped": dropped}))
    else:
        output.result(f"Forgot {counted(dropped, 'thumbnail')}.")
