"""Calls that no run makes: what a search asks, each written down by itself."""

from dataclasses import dataclass, replace
from pathlib import Path

from imgai.domain.journal import Call, CallEnd
from imgai.store.calls import begin_call, end_call
from imgai.store.holding import changing


@dataclass(frozen=True, slots=True)
class LoneCalls:
    """Writes calls of no run down; it is a `CallJournal`.

    Not which pictures they were about: a picture that somebody only holds up as an
    example is not to be found in the database afterwards.
    """

    database: Path

    async def begin_call(self, call: Call) -> None:
        """See `CallJournal.begin_call`."""
        with changing(self.database) as connection:
            begin_call(connection, None, replace(call, picture_hashes=()))

    async def end_call(self, end: CallEnd) -> None:
        """See `CallJournal.end_call`."""
        with changing(self.database) as connection:
            end_call(connection, end)
