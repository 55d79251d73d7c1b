"""Numbers as people read them: counts, times, sizes, money."""

from datetime import UTC, datetime

_MINUTE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
_KIB = 1_024
_SMALL_DOLLARS = 0.01  # below it two decimals would say nothing
_TINY_DOLLARS = 0.0001  # below it Python would write an exponent


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 image", "1,204 images"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shown_duration(seconds: float) -> str:
    """Return a duration: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min", "3 d 4 h"."""
    if seconds < 10:  # noqa: PLR2004  tenths matter only of few seconds
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _DAY_S:,} d {whole % _DAY_S // _HOUR_S} h"


def shown_neurons(neurons: float) -> str:
    """Return neurons: "0 neurons", "0.42 neurons", "12.3 neurons", "8,120 neurons"."""
    if neurons == 0 or neurons >= 100:  # noqa: PLR2004  three digits say enough
        return f"{neurons:,.0f} neurons"
    return f"{neurons:.3g} neurons"


def shown_dollars(dollars: float) -> str:
    """Return dollars: "$0", "under $0.0001", "$0.0042", "$3.50"."""
    if dollars == 0:
        return "$0"
    if dollars < _TINY_DOLLARS:
        return f"under ${_TINY_DOLLARS:.4f}"
    if dollars < _SMALL_DOLLARS:
        return f"${dollars:.2g}"
    return f"${dollars:,.2f}"


def shown_bytes(size_bytes: int) -> str:
    """Return a size: "820 bytes", "1.4 MB"; powers of 1,024."""
    if size_bytes < _KIB:
        return counted(size_bytes, "byte")
    size = float(size_bytes)
    for unit in ("KB", "MB", "GB"):
        size /= _KIB
        if size < _KIB:
            return f"{size:.1f} {unit}"
    return f"{size / _KIB:.1f} TB"


def shown_time(moment: datetime) -> str:
    """Return a moment in UTC: "2026-11-23 00:00 UTC"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def json_time(moment: datetime) -> str:
    """Return a moment as JSON and the database write it: "2026-11-23T00:00:00Z"."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
