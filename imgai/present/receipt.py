"""What a run came to: the receipt at its end."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from imgai.domain.events import ImageFailed
from imgai.domain.report import RunReport
from imgai.errors import ExitCode, Reason
from imgai.present.amounts import (
    counted,
    shown_dollars,
    shown_duration,
    shown_neurons,
    shown_time,
)
from imgai.present.text import safe, shown_uri

# Passed over without being an image that imgai could have looked at.
_NO_IMAGES = frozenset(
    {
        Reason.NOT_AN_IMAGE,
        Reason.NOT_REGULAR,
        Reason.UNSUPPORTED_FORMAT,
        Reason.CAMERA_RAW,
        Reason.HIDDEN,
        Reason.EXCLUDED,
    }
)
NOTHING_TO_RETRY = "Nothing is waiting to be retried."
_MARKDOWN = r"\`*_{}[]()#+-.!|<>~&"
_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in _MARKDOWN})


def found_no_images(report: RunReport) -> bool:
    """Return whether the source held nothing to look at, which is often a slip."""
    passed = sum(report.skipped[reason] for reason in _NO_IMAGES)
    is_whole = not report.is_cut_short and not report.only_failed
    return is_whole and report.seen == passed


def receipt_lines(report: RunReport, dollars_per_neuron: float) -> list[str]:
    """Return the receipt as safe lines: images, failures, money, what is left."""
    if report.only_failed and not report.seen and not report.is_cut_short:
        return [NOTHING_TO_RETRY]
    lines = [f"{_images(report)} in {shown_duration(report.elapsed_s)}."]
    if spent := spent_line(report, dollars_per_neuron):
        lines.append(spent)
    if slow := slow_line(report):
        lines.append(slow)
    lines += failure_lines(report)
    if left := left_line(report):
        lines.append(left)
    return lines


def _images(report: RunReport) -> str:
    if found_no_images(report):
        return "No images found" + _parted(report.skipped)
    parts = [f"{counted(report.analysed, 'image')} analysed"]
    if report.known:
        parts.append(f"{report.known:,} known")
    if report.skipped:
        parts.append(f"{report.skipped.total():,} skipped{_parted(report.skipped)}")
    if report.failed:
        parts.append(f"{report.failed:,} failed{_parted(report.failed_reasons)}")
    if report.marked_gone:
        parts.append(f"{report.marked_gone:,} gone")
    return ", ".join(parts)


def _parted(reasons: Counter[str]) -> str:
    parts = [f"{count:,} {reason}" for reason, count in reasons.most_common()]
    return f" ({', '.join(parts)})" if parts else ""


def spent_line(report: RunReport, dollars_per_neuron: float) -> str:
    """Return what the paid calls came to; empty if there was none."""
    spent = report.spent
    if not spent.calls:
        return ""
    line = counted(spent.calls, "call")
    if spent.retries:
        line += f", {spent.retries:,} of them retries"
    if spent.perhaps_billed:
        line += f", {spent.perhaps_billed:,} perhaps billed without an answer"
    measured = spent.neurons - spent.neurons_estimated
    if spent.neurons_estimated <= 0:
        how = "measured"
    elif measured <= 0:
        how = "estimated"
    else:
        how = f"{measured:,.3g} measured, {spent.neurons_estimated:,.3g} estimated"
    dollars = shown_dollars(spent.neurons * dollars_per_neuron)
    line += f"; {shown_neurons(spent.neurons)} ({how}), {dollars}"
    if spent.unpriced_calls:
        calls = counted(spent.unpriced_calls, "call")
        line += f"; what {calls} cost is unknown"
    return f"{line}."


def slow_line(report: RunReport) -> str:
    """Return how many workers would have reached the account's limit.

    Empty where these did, or where more would be of no use.
    """
    run = report.throughput
    if run.enough_workers is None or run.limit_per_minute is None:
        return ""
    return (
        f"{counted(run.workers, 'worker')} asked about {run.per_minute:,.0f} pictures a"
        f" minute, and the account allows {run.limit_per_minute:,.0f}:"
        f" --workers {run.enough_workers} would reach that."
    )


def failure_lines(report: RunReport) -> list[str]:
    """Return the failed images by name, and where to find those not named."""
    lines = [f"  {shown_uri(one.uri)}: {_why(one)}" for one in report.failures]
    if unnamed := report.failed - len(report.failures):
        lines.append(f"  and {unnamed:,} more: imgai status --failed")
    return ["Failed:", *lines] if lines else []


def _why(failure: ImageFailed) -> str:
    task = f"{failure.task}: " if failure.task else ""
    return safe(f"{task}{failure.reason}: {failure.message}")


def left_line(report: RunReport) -> str:
    """Return what the next run has to do, and when; empty if nothing is left."""
    if not report.is_cut_short:
        return ""
    # The listing was not read to its end, so nobody knows how many more there are.
    left = (
        f"{counted(report.pending, 'image')} begun and left" if report.pending else ""
    )
    when = report.stopped_by.retry_at if report.stopped_by else None
    after = f" after {shown_time(when)}" if when else ""
    again = f"The next run goes on where this one stopped{after}."
    return f"{left}. {again}" if left else again


def ending(report: RunReport) -> tuple[str, str]:
    """Return the name and message of a run that did not end well, for programs."""
    match report.exit_code:
        case ExitCode.INTERRUPTED:
            return "Interrupted", "The run was interrupted."
        case ExitCode.TERMINATED:
            return "Terminated", "The run was told to end."
        case ExitCode.UNREACHABLE:
            return "HostUnreachable", "No call of the run was answered."
        case _:
            failed = counted(report.failed, "image")
            return "SomeFailed", f"{failed} failed{_parted(report.failed_reasons)}."


def receipt_markdown(report: RunReport, dollars_per_neuron: float) -> str:
    """Return the receipt as Markdown, with foreign text escaped."""
    images, *rest = receipt_lines(report, dollars_per_neuron)
    lines = ["### imgai", "", f"**{_escape(images)}**", ""]
    for line in rest:
        is_item = line.startswith("  ")
        lines += [f"- {_escape(line.strip())}"] if is_item else ["", _escape(line), ""]
    return "\n".join(lines) + "\n\n"


def _escape(text: str) -> str:
    return text.translate(_ESCAPED)


def append_summary(
    report: RunReport, dollars_per_neuron: float, environment: Mapping[str, str]
) -> None:
    """Append the receipt to the job's summary, where a CI has a file for it.

    Source: docs.github.com, "Workflow commands", GITHUB_STEP_SUMMARY.
    """
    path = environment.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    text = receipt_markdown(report, dollars_per_neuron)
    try:
        with Path(path).open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError:
        return  # a summary that cannot be written is no reason to fail a paid run
