"""How `imgai export` writes its rows. Apart, since every command line loads it."""

from enum import StrEnum


class ExportFormat(StrEnum):
    """How rows are written."""

    JSONL = "jsonl"
    CSV = "csv"
