"""What a complete listing no longer shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from imgai.domain.events import Event, Warned
from imgai.pipeline.candidates import Candidates
from imgai.sources.base import Source
from imgai.store.journal import Journal

# A source that has lost more than this share of its images is rather a disk that is
# not mounted than a person who tidied up.
_MOST_LOST = 0.5


@dataclass(frozen=True, slots=True)
class GoneImages:
    """Finds what a source has lost, and marks it unless the loss is suspicious."""

    journal: Journal
    emit: Callable[[Event], None]
    selects: Callable[[str], bool]  # whether the run would have looked at a URI
    began_at: datetime  # of the run: what it saw first is not lost
    trusts_losses: bool = False  # --mark-gone

    async def mark(self, source: Source, candidates: Candidates) -> int:
        """Mark what the ended listing of a source did not show; return how many.

        An incomplete listing marks nothing.
        """
        if candidates.was_cut or not source.is_complete:
            return 0
        had, lost = await self.journal.find_lost(
            source.uri, self.began_at, self.selects, candidates.seen.__contains__
        )
        if len(lost) > _MOST_LOST * had and not self.trusts_losses:
            self.emit(
                Warned(
                    f"{source.uri} shows {had - len(lost)} of the {had} "
                    "images it had. Is it mounted? Nothing was marked as gone; "
                    "--mark-gone says that it is meant."
                )
            )
            return 0
        vanished = [uri for uri in candidates.not_shown if self.selects(uri)]
        if lost or vanished:
            await self.journal.mark_gone(lost, vanished)
        return len(lost)
