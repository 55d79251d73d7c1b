"""The machine: free space, and the versions of what imgai stands on."""

import platform
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from imgai import __version__
from imgai.domain.checks import Check, Family, Health
from imgai.errors import ExitCode
from imgai.prepare.codecs import pillow_version, readable_formats
from imgai.present.amounts import shown_bytes
from imgai.store.health import nearest_folder

# An answered picture takes about 10 KB: room for 50,000, and for a thousand.
_ROOMY_BYTES = 500 * 2**20
_LEAST_BYTES = 10 * 2**20
_OLDEST_SQLITE = (3, 37, 0)  # has STRICT tables
_MORE_ROOM = "Make room, or put the database elsewhere with --db or IMGAI_DB."


def check_disk(database: Path) -> list[Check]:
    """Return how much room there is for the database and for temporary files."""
    place = nearest_folder(database)
    checks = [_check_room("disk", place, _MORE_ROOM, is_fatal=True)]
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        found = "there is no folder for temporary files"
        remedy = "Set TMPDIR to a folder that may be written."
        return [*checks, Check.doubtful(Family.MACHINE, "temporary", found, remedy)]
    remedy = "Make room, or set TMPDIR to a folder that has more."
    return [*checks, _check_room("temporary", temporary, remedy, is_fatal=False)]


def check_versions() -> list[Check]:
    """Return the versions, and what is missing or too old among them."""
    system = f"{platform.system()} {platform.machine()}"
    programs = f"imgai {__version__}, Python {platform.python_version()}, {system}"
    return [
        Check.well(Family.MACHINE, "versions", programs),
        check_sqlite(sqlite3.sqlite_version_info, has_fts5=_has_fts5()),
        _check_formats(),
    ]


def check_sqlite(version: tuple[int, ...], *, has_fts5: bool) -> Check:
    """Return whether this SQLite can hold the database."""
    numbers = ".".join(map(str, version))
    remedy = "Use a Python that is built with a newer SQLite, such as python.org's."
    if version < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        return _fatal("sqlite", f"SQLite {numbers} is older than {oldest}", remedy)
    if not has_fts5:
        return _fatal("sqlite", f"SQLite {numbers} is built without FTS5", remedy)
    return Check.well(Family.MACHINE, "sqlite", f"SQLite {numbers} with FTS5")


def _check_room(name: str, folder: Path, remedy: str, *, is_fatal: bool) -> Check:
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        found = f"{folder} cannot be looked at: {error.strerror}"
        return Check.doubtful(Family.MACHINE, name, found, remedy)
    found = f"{shown_bytes(free_bytes)} free in {folder}"
    if free_bytes < _LEAST_BYTES and is_fatal:
        return _fatal(name, found, remedy)
    if free_bytes < _ROOMY_BYTES:
        return Check.doubtful(Family.MACHINE, name, found, remedy)
    return Check.well(Family.MACHINE, name, found)


def _check_formats() -> Check:
    formats = readable_formats()
    lacking = [name for name, is_there in formats.items() if not is_there]
    if lacking:
        found = f"Pillow {pillow_version()} cannot read {', '.join(lacking)}"
        remedy = "pip install --force-reinstall pillow pillow-heif"
        return Check.doubtful(Family.MACHINE, "formats", found, remedy)
    found = f"Pillow {pillow_version()} reads {', '.join(formats)}"
    return Check.well(Family.MACHINE, "formats", found)


def _has_fts5() -> bool:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE found USING fts5(words)")
        except sqlite3.OperationalError:
            return False
    return True


def _fatal(name: str, found: str, remedy: str) -> Check:
    return Check(Family.MACHINE, name, Health.FAIL, found, remedy, ExitCode.IO_ERROR)
