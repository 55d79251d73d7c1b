"""What `tag` did, or would do: a line a sidecar, and a sum."""

from collections import Counter
from collections.abc import Iterable, Sequence

from imgai.domain.tags import SidecarOutcome, SidecarStatus
from imgai.present.amounts import counted
from imgai.present.console import Output
from imgai.present.text import json_line, safe, shown_uri

_TRIED = {
    SidecarStatus.CREATED: "would be created",
    SidecarStatus.UPDATED: "would be updated",
    SidecarStatus.RESTORED: "would be restored",
    SidecarStatus.CLEANED: "would be cleaned",
    SidecarStatus.REMOVED: "would be removed",
}


def show_sidecars(
    outcomes: Iterable[SidecarOutcome],
    output: Output,
    *,
    as_json: bool = False,
    is_trial: bool = False,
    is_verbose: bool = False,
    is_quiet: bool = False,
) -> int:
    """Show what became of sidecars, as it becomes; return how many failed.

    Args:
        outcomes: one a sidecar.
        output: where to show it.
        as_json: as one object a line.
        is_trial: nothing is changed: a line for each sidecar says what would be.
        is_verbose: a line for each sidecar.
        is_quiet: only what failed, on stderr.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    counts: Counter[SidecarStatus] = Counter()
    kept = 0
    for one in outcomes:
        counts[one.status] += 1
        kept += one.keeps_description
        if as_json:
            output.result(_as_json(one, is_trial=is_trial))
        elif one.status is SidecarStatus.FAILED:
            output.say(_line(one, is_trial=is_trial))
        elif is_quiet:
            continue
        elif one.status is SidecarStatus.SKIPPED:
            output.say(_line(one, is_trial=is_trial))
        elif is_verbose or (is_trial and one.status is not SidecarStatus.UNCHANGED):
            output.result(_line(one, is_trial=is_trial))
    if not (as_json or is_quiet):
        output.result(_sum(counts, kept, is_trial=is_trial))
    return counts[SidecarStatus.FAILED]


def _as_json(one: SidecarOutcome, *, is_trial: bool) -> str:
    return json_line(
        {
            "uri": one.image_uri,
            "sidecar": one.sidecar_uri or None,
            "status": one.status,
            "reason": one.reason or None,
            "added": list(one.added),
            "keeps_description": one.keeps_description,
            "dry_run": is_trial,
        }
    )


def _line(one: SidecarOutcome, *, is_trial: bool) -> str:
    done = _TRIED.get(one.status, one.status) if is_trial else one.status
    return f"{shown_uri(one.sidecar_uri or one.image_uri)}: {done}{safe(_details(one))}"


def _details(one: SidecarOutcome) -> str:
    if one.reason:
        return f". {one.reason}"
    words: Sequence[str] = one.added
    added = f", keywords {', '.join(words)}" if words else ""
    return added + (", description kept" if one.keeps_description else "")


def _sum(counts: Counter[SidecarStatus], kept: int, *, is_trial: bool) -> str:
    if not counts:
        return "No sidecar to write or to take back: the database knows none there."
    told = [
        f"{counts[status]:,} {_TRIED.get(status, status) if is_trial else status}"
        for status in SidecarStatus
        if counts[status]
    ]
    keeps = f"; {counted(kept, 'description')} of people kept" if kept else ""
    return f"Sidecars: {', '.join(told)}{keeps}."
