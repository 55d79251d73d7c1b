"""Which of two databases saw an image last, told by the runs on their record."""

import json
import sqlite3
from dataclasses import dataclass

from imgai.domain.shards import Shard
from imgai.errors import ExitCode
from imgai.store.runs import LISTS_SOME

# A run that ended early may not have come as far as the image, and one that was to
# look at some images only may have passed over it.
_COMPLETE = f"""
SELECT source, started_at, options_json FROM {{schema}}.run
WHERE exit_code IN ({ExitCode.OK:d}, {ExitCode.SOME_FAILED:d})
    AND json_extract(options_json, '$.{LISTS_SOME}') IS NULL
ORDER BY started_at DESC
"""  # noqa: S608  built from constants


@dataclass(frozen=True, slots=True)
class _Listing:
    """A run that listed its sources to their ends."""

    sources: tuple[str, ...]
    shard: Shard | None
    started_at: str

    def showed(self, uri: str) -> bool:
        is_below = any(uri.startswith(source) for source in self.sources)
        return is_below and (self.shard is None or self.shard.has(uri))


class Sightings:
    """When a database last knew how an image is, or that it is gone."""

    def __init__(self, connection: sqlite3.Connection, schema: str) -> None:
        """Read the runs on record.

        Args:
            connection: to which the database is attached.
            schema: the name it is attached by.
        """
        rows = connection.execute(_COMPLETE.format(schema=schema))
        self._listings = [_listing(*row) for row in rows]

    def last(self, uri: str, first_seen_at: str, gone_at: str | None) -> str:
        """Return when the database last knew of an image, as it stores times.

        Args:
            uri: where the image is.
            first_seen_at: when it was seen there first.
            gone_at: when it was marked gone.
        """
        if gone_at is not None:
            return gone_at
        for listing in self._listings:
            if listing.started_at <= first_seen_at:
                break
            if listing.showed(uri):
                return listing.started_at
        return first_seen_at


def _listing(source: str, started_at: str, options_json: str) -> _Listing:
    # URIs are percent-encoded: the space between two of them is the only kind.
    shard = json.loads(options_json).get("shard")
    return _Listing(
        tuple(source.split(" ")), Shard.parse(shard) if shard else None, started_at
    )
