"""What a run would ask, what that may cost at most, and how long it takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from imgai.domain.predictions import Backend, Task


@dataclass(slots=True)
class Survey:
    """What a look at the sources found, with nothing asked and nothing written."""

    seen: int = 0
    known: int = 0  # nothing to ask
    new: int = 0  # something to ask
    skipped: int = 0  # not images, excluded, or known to be broken
    unreadable: int = 0  # so far: nothing is decoded
    uncounted: list[str] = field(default_factory=list)  # sources not looked at
    to_ask: dict[Task, int] = field(default_factory=dict)  # pictures, by task


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one model's calls cost, and how many a minute the account may make."""

    task: Task
    model: str
    neurons_a_call: float | None  # at most; None: its host publishes no price
    requests_per_minute: float
    price_as_of: date | None
    price_source: str | None


@dataclass(frozen=True, slots=True)
class ModelEstimate:
    """One model's part of a run."""

    tariff: Tariff
    calls: int  # at most: texts are gathered, failures are repeated

    @property
    def neurons(self) -> float | None:
        """What its calls cost at most; None if its price is unknown."""
        each = self.tariff.neurons_a_call
        if self.calls == 0:
            return 0.0
        return None if each is None else each * self.calls

    @property
    def minutes(self) -> float:
        """How long its calls take at the account's limit."""
        return self.calls / self.tariff.requests_per_minute


@dataclass(frozen=True, slots=True)
class Estimate:
    """A run before it begins: an upper bound, retries aside."""

    survey: Survey
    backend: Backend
    models: tuple[ModelEstimate, ...]  # none for the local backend
    free_neurons_left: float  # today, of the account's allowance, as imgai knows it
    free_neurons_a_day: float

    @property
    def neurons(self) -> float | None:
        """What the run costs at most; None if a model's price is unknown."""
        each = [one.neurons for one in self.models]
        return None if None in each else sum(one or 0.0 for one in each)

    @property
    def minutes(self) -> float:
        """How long it takes at the account's limits; models are asked side by side."""
        return max((one.minutes for one in self.models), default=0.0)

    @property
    def free_days(self) -> int | None:
        """How many days it takes on the free plan, today included; None if unknown."""
        if self.neurons is None:
            return None
        beyond_today = max(0.0, self.neurons - self.free_neurons_left)
        return 1 + math.ceil(beyond_today / self.free_neurons_a_day)


def estimate(
    survey: Survey,
    backend: Backend,
    tariffs: Sequence[Tariff],
    free_neurons_left: float,
    free_neurons_a_day: float,
) -> Estimate:
    """Return what a run would ask of each model, and its price."""
    models = tuple(
        ModelEstimate(tariff, survey.to_ask.get(tariff.task, 0)) for tariff in tariffs
    )
    return Estimate(survey, backend, models, free_neurons_left, free_neurons_a_day)
