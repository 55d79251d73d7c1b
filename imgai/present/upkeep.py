"""What `prune` and `reindex` say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imgai.domain.records import Forgotten
from imgai.present.amounts import counted
from imgai.present.console import Output, is_terminal, rich_console
from imgai.present.text import json_line


def show_forgotten(
    forgotten: Forgotten, output: Output, *, as_json: bool = False, is_trial: bool
) -> None:
    """Show on stdout what was forgotten, or would be.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        held: dict[str, object] = {"dry_run": is_trial}
        held |= {
            "images": forgotten.images,
            "pictures": forgotten.pictures,
            "answers": forgotten.answers,
            "failures": forgotten.failures,
        }
        output.result(json_line(held))
        return
    if not (forgotten.images or forgotten.pictures):
        output.result("Nothing is gone: nothing to forget.")
        return
    verb = "Would forget" if is_trial else "Forgot"
    output.result(
        f"{verb} {counted(forgotten.images, 'image')} that"
        f" {'is' if forgotten.images == 1 else 'are'} gone, and"
        f" {counted(forgotten.pictures, 'picture')} that no image shows any more, with"
        f" {counted(forgotten.answers, 'answer')}. What they cost stays on record."
    )


@contextmanager
def told_progress(
    output: Output, what: str, *, is_quiet: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr, if it is a terminal, while the block works.

    Args:
        output: where to show it.
        what: is being worked on: "pictures".
        is_quiet: shows nothing.

    Yields:
        A function to be told how much is done, and of how much.
    """
    if is_quiet or not is_terminal(output.err):
        yield _unseen
        return
    from rich.progress import Progress  # noqa: PLC0415  40 ms, only to be looked at

    with Progress(console=rich_console(output.err), transient=True) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _unseen(done: int, total: int) -> None:
    """Show nothing."""


def show_derived(pictures: int, output: Output, *, as_json: bool = False) -> None:
    """Say of how many pictures everything was derived anew."""
    if as_json:
        output.result(json_line({"pictures": pictures}))
    else:
        output.result(f"Derived {counted(pictures, 'picture')} anew; no call was made.")
