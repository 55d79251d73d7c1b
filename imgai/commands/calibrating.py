"""The floor of a hosted model: measured by the first search that asks it, on record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgai.domain.clock import utc_now
from imgai.domain.predictions import VectorSpace
from imgai.domain.relevance import NO_FLOOR, Calibration
from imgai.domain.report import Spent
from imgai.errors import ImgaiError
from imgai.limits.budget import Budget
from imgai.limits.retry import RetryPolicy
from imgai.models.base import Host
from imgai.models.guarded import JournalledHost, RetryingHost
from imgai.models.profiles import Profile, neurons_at_most
from imgai.models.workers_ai import HostedTextEmbedder
from imgai.present.amounts import shown_neurons
from imgai.search.calibration import ask_calibration, judged_texts
from imgai.store.connection import reading
from imgai.store.floors import keep_calibration, known_calibration
from imgai.store.holding import changing
from imgai.store.lone_calls import LoneCalls
from imgai.store.vectors import known_spaces


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Measures what nobody has measured in a database yet."""

    database: Path
    host: Host  # that is paid, without guards
    policy: RetryPolicy
    profiles: Sequence[Profile]  # of the models that may be asked
    budgets: Sequence[Budget] = ()

    async def calibrate(self, space: VectorSpace) -> str | None:
        """Measure from which similarity on a match is one, unless that is known.

        Args:
            space: of a model that has just answered; it holds a vector.

        Returns:
            What people should know of it; None if nothing was done.
        """
        for profile in self.profiles:
            embedder = HostedTextEmbedder(self.host, profile)
            if embedder.space == space:
                return await self._calibrate(embedder)
        return None

    async def _calibrate(self, embedder: HostedTextEmbedder) -> str | None:
        model = embedder.profile.model
        spent = Spent()
        journalled = JournalledHost(self.host, LoneCalls(self.database), spent)
        try:
            with reading(self.database) as connection:
                space_id = known_spaces(connection).get(embedder.space)
                if space_id is None or known_calibration(connection, space_id):
                    return None
            self._reserve(embedder.profile)
            calibration = await ask_calibration(
                replace(embedder, host=RetryingHost(journalled, self.policy))
            )
            with changing(self.database) as connection:
                keep_calibration(connection, space_id, calibration, utc_now())
        except ImgaiError as error:
            return (
                f"How similar {model} makes what belongs together could not be"
                f" measured, so what it finds may be too little or too much: {error}"
            )
        return _told(model, calibration, spent)

    def _reserve(self, profile: Profile) -> None:
        """Set the whole aside at once: half a measurement is none."""
        judged = judged_texts()
        at_most = neurons_at_most(profile, (*judged.pictures, *judged.searches))
        for budget in self.budgets:
            budget.reserve(at_most or 0.0)


def _told(model: str, calibration: Calibration, spent: Spent) -> str:
    searches = len(judged_texts().searches)
    measured = (
        f"{model} was tried once on {searches} searches whose right answers are known,"
        f" for {shown_neurons(spent.neurons)}"
    )
    if calibration.floor == NO_FLOOR:
        return f"{measured}: it tells too little apart, so every search finds the best."
    return (
        f"{measured}: from a similarity of {calibration.floor.least:.2f} on a picture"
        f" counts as found (precision {calibration.precision:.2f}, recall"
        f" {calibration.recall:.2f})."
    )
