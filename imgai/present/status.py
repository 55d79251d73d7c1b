"""How the database stands: a page for people, one object for programs."""

from collections.abc import Mapping, Sequence

from imgai.domain.predictions import Backend, Task
from imgai.domain.records import (
    DatabaseStatus,
    FailureRecord,
    Ledger,
    RunRecord,
    SpaceRecord,
)
from imgai.domain.relevance import NO_FLOOR, Calibration
from imgai.present.amounts import (
    counted,
    json_time,
    shown_bytes,
    shown_dollars,
    shown_neurons,
    shown_time,
)
from imgai.present.console import Output
from imgai.present.text import json_line, safe, shown_uri

_HEADING_WIDTH = 11


def show_status(
    status: DatabaseStatus,
    output: Output,
    dollars_per_neuron: float,
    free_neurons_a_day: float,
    *,
    as_json: bool = False,
) -> None:
    """Show on stdout how the database stands.

    Args:
        status: as the store counted it.
        output: where to show it.
        dollars_per_neuron: what a neuron costs.
        free_neurons_a_day: how many cost nothing, from 00:00 UTC on.
        as_json: as one object.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        held = _as_object(status, dollars_per_neuron, free_neurons_a_day)
        output.result(json_line(held))
        return
    for line in _page(status, dollars_per_neuron, free_neurons_a_day):
        output.result(line)


def show_failures(
    failures: tuple[FailureRecord, ...], output: Output, *, as_json: bool = False
) -> None:
    """Show on stdout every failure that still stands, one a line.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    for one in failures:
        line = json_line(failure_object(one)) if as_json else failure_line(one)
        output.result(line)


def failure_line(failure: FailureRecord) -> str:
    """Return a failure as one safe line, with what will come of it."""
    task = f"{failure.task}: " if failure.task else ""
    if failure.is_permanent:
        again = "not tried again unless it changes"
    else:
        again = f"tried {counted(failure.attempts, 'time')}"
    why = safe(f"{task}{failure.reason}: {failure.message}")
    return f"{shown_uri(failure.uri)}: {why} ({again}, {shown_time(failure.failed_at)})"


def failure_object(failure: FailureRecord) -> dict[str, object]:
    """Return a failure as JSON holds it."""
    resolved_at = failure.resolved_at
    return {
        "uri": failure.uri,
        "task": failure.task,
        "model": failure.model,
        "reason": failure.reason,
        "message": failure.message,
        "permanent": failure.is_permanent,
        "skipped": failure.is_skip,
        "attempts": failure.attempts,
        "failed_at": json_time(failure.failed_at),
        "resolved_at": json_time(resolved_at) if resolved_at else None,
    }


def _page(
    status: DatabaseStatus, dollars_per_neuron: float, free_neurons: float
) -> list[str]:
    lines = [
        _line("Database", f"{status.path}, {shown_bytes(status.size_bytes)}"),
        _line("Images", _images(status)),
        *_under("Answers", [_task(status, one) for one in status.tasks]),
    ]
    if status.failed:
        listed = f"{_reasons(status.failed)}; imgai status --failed lists them"
        lines.append(_line("Failed", listed))
    if status.skipped:
        lines.append(_line("Skipped", _reasons(status.skipped)))
    if status.ever.calls:
        lines += _under("Spent", _spent(status, dollars_per_neuron, free_neurons))
    models = [
        f"{one.task}: {one.model} ({one.backend}), {counted(one.pictures, 'picture')}"
        for one in status.models
    ]
    lines += _under("Models", models)
    lines += _under("Spaces", _spaces(status.spaces))
    if status.last_run:
        lines.append(_line("Last run", _run(status.last_run)))
    return lines


def _spaces(spaces: Sequence[SpaceRecord]) -> list[str]:
    """Return what is worth telling: more than one, or one that was measured."""
    told = []
    for one in spaces:
        line = f"{one.space.key}: {counted(one.pictures, 'picture')}"
        told.append(f"{line}{_measured(one.calibration)}")
    if len(spaces) > 1:
        return [*told, "compared each within itself; searches fuse their rankings"]
    return told if any(one.calibration for one in spaces) else []


def _measured(calibration: Calibration | None) -> str:
    if calibration is None:
        return ""
    if calibration.floor == NO_FLOOR:
        return "; tells too little apart, so every search finds the best"
    return (
        f"; found from a similarity of {calibration.floor.least:.2f} on (precision"
        f" {calibration.precision:.2f}, recall {calibration.recall:.2f})"
    )


def _line(heading: str, text: str) -> str:
    return f"{heading:<{_HEADING_WIDTH}}{safe(text)}"


def _under(heading: str, texts: list[str]) -> list[str]:
    headings = [heading, *[""] * (len(texts) - 1)]
    return [_line(*pair) for pair in zip(headings, texts, strict=False)]


def _images(status: DatabaseStatus) -> str:
    line = f"{counted(status.images, 'image')} of {counted(status.pictures, 'picture')}"
    if status.gone:
        line += f"; {status.gone:,} gone (imgai prune forgets them)"
    return line


def _task(status: DatabaseStatus, task: Task) -> str:
    answered = status.tasks[task]
    parts = [
        f"{count:,} from {backend}"
        for backend, count in answered.by_backend.items()
        if count
    ]
    # A local answer is not good enough once Workers AI is to be asked.
    is_counted_twice = sum(answered.by_backend.values()) > (
        status.pictures - answered.missing
    )
    of_backend = f" from {status.backend}" if is_counted_twice else ""
    missing = f"{answered.missing:,}" if answered.missing else "none"
    parts.append(f"{missing} missing{of_backend}")
    return f"{task}: {', '.join(parts)}"


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())


def _spent(
    status: DatabaseStatus, dollars_per_neuron: float, free_neurons: float
) -> list[str]:
    today, dollars = status.today.neurons, status.ever.neurons * dollars_per_neuron
    ever = f"{counted(status.ever.calls, 'call')}, {shown_neurons(status.ever.neurons)}"
    lines = [
        f"today (UTC) {shown_neurons(today)} of {free_neurons:,.0f} that are free",
        f"in all {ever}, {shown_dollars(dollars)} at list price",
    ]
    if status.ever.perhaps_billed:
        calls = counted(status.ever.perhaps_billed, "call")
        lines.append(f"{calls} perhaps billed without an answer")
    if status.ever.unpriced_calls:
        calls = counted(status.ever.unpriced_calls, "call")
        lines.append(f"what {calls} cost is unknown")
    return lines


def _run(run: RunRecord) -> str:
    if run.finished_at is None:
        how = "not finished: at work, or broken off"
    else:
        how = (
            f"exit {run.exit_code}, {run.analysed:,} analysed, {run.failed:,} failed,"
            f" {run.pending:,} left"
        )
    # Kept as URIs with spaces between, of which a URI has none.
    sources = " ".join(map(shown_uri, run.source.split()))
    return f"{shown_time(run.started_at)}, {sources}: {how}"


def _as_object(
    status: DatabaseStatus, dollars_per_neuron: float, free_neurons: float
) -> dict[str, object]:
    return {
        "database": str(status.path),
        "size_bytes": status.size_bytes,
        "images": status.images,
        "gone": status.gone,
        "pictures": status.pictures,
        "backend": status.backend,
        "tasks": {
            task: {
                "missing": answered.missing,
                **{one: answered.by_backend.get(one, 0) for one in Backend},
            }
            for task, answered in status.tasks.items()
        },
        "failed": dict(status.failed),
        "skipped": dict(status.skipped),
        "today": {
            **_ledger(status.today, dollars_per_neuron),
            "free_neurons": free_neurons,
        },
        "ever": _ledger(status.ever, dollars_per_neuron),
        "models": [
            {
                "task": one.task,
                "backend": one.backend,
                "model": one.model,
                "pictures": one.pictures,
            }
            for one in status.models
        ],
        "spaces": [
            {
                "model": one.space.model,
                "pooling": one.space.pooling,
                "dims": one.space.dims,
                "backend": one.backend,
                "pictures": one.pictures,
                "floor": _floor(one.calibration),
            }
            for one in status.spaces
        ],
        "last_run": _run_object(status.last_run) if status.last_run else None,
    }


def _floor(calibration: Calibration | None) -> dict[str, float] | None:
    if calibration is None:
        return None
    return {
        "similarity": calibration.floor.least,
        "precision": round(calibration.precision, 4),
        "recall": round(calibration.recall, 4),
    }


def _ledger(ledger: Ledger, dollars_per_neuron: float) -> dict[str, object]:
    return {
        "calls": ledger.calls,
        "neurons": ledger.neurons,
        "dollars": ledger.neurons * dollars_per_neuron,
        "perhaps_billed": ledger.perhaps_billed,
        "unpriced_calls": ledger.unpriced_calls,
    }


def _run_object(run: RunRecord) -> dict[str, object]:
    return {
        "source": run.source,
        "backend": run.backend,
        "started_at": json_time(run.started_at),
        "finished_at": json_time(run.finished_at) if run.finished_at else None,
        "exit_code": run.exit_code,
        "analysed": run.analysed,
        "failed": run.failed,
        "pending": run.pending,
        "neurons": run.neurons,
    }
