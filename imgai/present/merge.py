"""What `imgai merge` says."""

from dataclasses import asdict
from pathlib import Path

from imgai.domain.merging import Merged
from imgai.present.amounts import counted, shown_neurons
from imgai.present.console import Output
from imgai.present.text import json_line, safe


def show_merged(
    merged: Merged, target: Path, output: Output, *, as_json: bool = False
) -> None:
    """Show on stdout what a merge has brought.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        output.result(json_line({"path": str(target), **asdict(merged)}))
        return
    databases = counted(merged.databases, "database")
    brought = [
        counted(merged.images, "image"),
        counted(merged.pictures, "picture"),
        counted(merged.answers, "answer"),
        counted(merged.calls, "call"),
    ]
    is_news = merged.renewed or any(
        (merged.images, merged.pictures, merged.answers, merged.calls)
    )
    if not is_news:
        output.result(safe(f"Merged {databases} into {target}: nothing was new."))
        return
    renewed = f"; {counted(merged.renewed, 'answer')} renewed" if merged.renewed else ""
    output.result(
        safe(
            f"Merged {databases} into {target}: {', '.join(brought)} new{renewed};"
            f" {shown_neurons(merged.neurons)} added to what is on record as spent."
        )
    )


def warn_of_idle_moves(output: Output) -> None:
    """Say that no image was where --map says."""
    output.say("imgai: no image lies where --map says: nothing was moved.")
