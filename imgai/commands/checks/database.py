"""The database: whether it is ours, whole, and writable."""

from pathlib import Path

from imgai.domain.checks import Check, Family, Health
from imgai.errors import ExitCode
from imgai.present.amounts import shown_bytes
from imgai.store.health import Condition, DatabaseHealth, Depth

_WRITABLE = (
    "Make the file and its folder writable for this user, or name another with --db or"
    " IMGAI_DB."
)
_REFUSED = (
    "Name another with --db or IMGAI_DB; if it was made by a newer imgai, upgrade."
)
_DAMAGED = (
    "Copy the file away first. Then put a backup in its place, or save what can be"
    " read: sqlite3 OLD .recover | sqlite3 NEW"
)
_MISINDEXED = "`imgai reindex` makes the index anew from the stored answers."
_LOOKED_AT = {
    Depth.WHOLE: "intact",
    Depth.PAGES: "its pages are intact (too large to compare its indexes in time)",
    Depth.PART: "no damage in what could be looked at in time",
}


def check_database(path: Path, health: DatabaseHealth) -> Check:
    """Return how the database is, in words."""
    if health.condition is Condition.REFUSED:
        return _broken(f"{path} cannot be used: {health.complaint}", _REFUSED)
    if health.condition is Condition.MISINDEXED:
        return _broken(f"{path} needs mending: {health.complaint}", _MISINDEXED)
    if health.condition is Condition.DAMAGED:
        return _broken(f"{path} is damaged: {health.complaint}", _DAMAGED)
    if not health.is_writable:
        is_absent = health.condition is Condition.ABSENT
        what = "is not there, and cannot be made" if is_absent else "can only be read"
        return _broken(f"{path} {what}", _WRITABLE)
    return Check.well(Family.DATABASE, "file", _described(path, health))


def _described(path: Path, health: DatabaseHealth) -> str:
    if health.condition is Condition.ABSENT:
        return f"{path} is not there yet: the first classify makes it"
    size = shown_bytes(health.size_bytes)
    line = f"{path}, schema {health.schema}, {size}: {_LOOKED_AT[health.depth]}"
    is_older = health.condition is Condition.OLDER
    return f"{line}; classify brings it up to date" if is_older else line


def _broken(found: str, remedy: str) -> Check:
    return Check(Family.DATABASE, "file", Health.FAIL, found, remedy, ExitCode.IO_ERROR)
