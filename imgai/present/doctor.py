"""What `imgai doctor` found: a page for people, one object for programs."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING

from imgai.domain.checks import Check, Examination, Family, Health, ShownSetting
from imgai.domain.predictions import Backend
from imgai.present.amounts import counted
from imgai.present.console import Output, show_page
from imgai.present.errors import ended_line
from imgai.present.text import json_line, safe

if TYPE_CHECKING:
    from rich.text import Text


class Extent(Enum):
    """How much is shown."""

    NOT_OK = auto()
    NORMAL = auto()
    EVERYTHING = auto()  # settings at their defaults too


_TITLES = {
    Family.SETTINGS: "Settings",
    Family.DATABASE: "Database",
    Family.WORKERS_AI: "Workers AI",
    Family.R2: "R2",
    Family.LOCAL_MODELS: "Local models",
    Family.MACHINE: "Machine",
}
# Words, not signs: they can be searched for, read aloud, and written anywhere.
_STYLES = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "bold red"}
_NAMES = {Backend.WORKERS_AI: "Workers AI", Backend.LOCAL: "the local models"}
_MARK_WIDTH = 6
_REMEDY_INDENT = " " * (_MARK_WIDTH + 4)


def show_examination(
    found: Examination, output: Output, extent: Extent, *, as_json: bool = False
) -> None:
    """Show on stdout what was found; what `classify` would end with comes last.

    Args:
        found: every check.
        output: where to show it.
        extent: how much of it people see; programs get all.
        as_json: as one object, and a failure as a line on stderr too.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if not as_json:
        show_page(output, list(_page(found, extent)))
        return
    output.result(json_line(_as_object(found)))
    if failure := found.first_failure:
        code, message = int(failure.exit_code), f"{failure.name}: {failure.found}"
        output.say(ended_line(code, "DoctorFailed", message, hint=failure.remedy))


def _page(found: Examination, extent: Extent) -> Iterator["Text"]:
    from rich.text import Text  # noqa: PLC0415  only to be looked at

    checks = [
        one
        for one in found.checks
        if extent is not Extent.NOT_OK or one.status is not Health.OK
    ]
    for family in Family:
        of_family = [one for one in checks if one.family is family]
        listed = _settings(found, extent) if family is Family.SETTINGS else []
        if not (of_family or listed):
            continue
        yield Text(_TITLES[family], style="bold")
        for line in listed:
            yield Text(f"  {'':<{_MARK_WIDTH}}{line}")
        for check in of_family:
            yield from _lines(check)
    yield Text(_verdict(found))


def _lines(check: Check) -> Iterator["Text"]:
    from rich.text import Text  # noqa: PLC0415  only to be looked at

    mark = (f"{check.status:<{_MARK_WIDTH}}", _STYLES[check.status])
    yield Text.assemble("  ", mark, safe(f"{check.name}: {check.found}"))
    if check.remedy and check.status is not Health.OK:
        yield Text(f"{_REMEDY_INDENT}{safe(check.remedy)}")


def _settings(found: Examination, extent: Extent) -> list[str]:
    if extent is Extent.NOT_OK:
        return []
    return [
        safe(f"{one.name} = {one.value}, from {one.origin}")
        for one in found.settings
        if extent is Extent.EVERYTHING or one.origin != "default"
    ]


def _verdict(found: Examination) -> str:
    if failure := found.first_failure:
        what = f"{_TITLES[failure.family]}, {failure.name}"
        return safe(f"classify would end with exit code {failure.exit_code:d}: {what}.")
    warnings = sum(one.status is Health.WARN for one in found.checks)
    doubts = f"; {counted(warnings, 'warning')}" if warnings else ""
    assert found.backend is not None  # noqa: S101  without one something failed
    return f"classify would work, with {_NAMES[found.backend]}{doubts}."


def _as_object(found: Examination) -> dict[str, object]:
    return {
        "ok": found.first_failure is None,
        "exit_code": int(found.exit_code),
        "backend": found.backend,
        "checks": [_check_object(one) for one in found.checks],
        "settings": [_setting_object(one) for one in found.settings],
    }


def _check_object(check: Check) -> dict[str, object]:
    return {
        "family": check.family,
        "name": check.name,
        "status": check.status,
        "found": check.found,
        "remedy": check.remedy,
        "exit_code": int(check.exit_code),
    }


def _setting_object(setting: ShownSetting) -> dict[str, object]:
    return {"name": setting.name, "value": setting.value, "origin": setting.origin}
