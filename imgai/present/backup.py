"""What `imgai backup` says."""

from pathlib import Path

from imgai.present.amounts import shown_bytes
from imgai.present.console import Output
from imgai.present.text import json_line, safe


def show_copied(
    place: str,
    size_bytes: int,
    output: Output,
    *,
    restored_from: str | None = None,
    replaced: Path | None = None,
    as_json: bool = False,
) -> None:
    """Show on stdout what was copied where.

    Args:
        place: of the copy, a file or a URI; when a backup was put back, the database.
        size_bytes: of the copy.
        output: where to show it.
        restored_from: the backup that was put back; None: one was made.
        replaced: where the database is that was there before.
        as_json: as one object.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        held: dict[str, object] = {
            "path": place,
            "size_bytes": size_bytes,
            "restored_from": restored_from,
            "replaced": str(replaced) if replaced else None,
        }
        output.result(json_line(held))
        return
    size = shown_bytes(size_bytes)
    if restored_from is None:
        output.result(safe(f"Copied the database to {place}: {size}, intact."))
        return
    output.result(safe(f"Restored {place} from {restored_from}: {size}, intact."))
    if replaced is not None:
        output.result(safe(f"What was there before is kept as {replaced}."))
