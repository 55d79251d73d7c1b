"""What a run does with pictures that want work, wired when the first one turns up.

Models, decoders, the HTTP client and its certificates take longer to load than a
nightly run over an unchanged library takes in all, and it needs none of them.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imgai.commands import garbage
from imgai.commands.classify_run import ClassifyOptions
from imgai.commands.engines import open_engine
from imgai.commands.wiring import (
    Guards,
    RunModels,
    daily_budget,
    gathering,
    local_run_models,
    workers_ai_models,
)
from imgai.domain.clock import day_began
from imgai.domain.estimate import Estimate
from imgai.domain.events import Event, PlanMade, WorkBegan
from imgai.domain.plan import Wanted
from imgai.domain.predictions import Backend
from imgai.domain.report import Spent
from imgai.domain.throughput import Throughput
from imgai.limits.budget import Budget
from imgai.limits.rate import MINUTE_S
from imgai.limits.stop import Stop
from imgai.models.neurons import DOLLARS_PER_NEURON
from imgai.pipeline.answer import Answering
from imgai.pipeline.process import Processing
from imgai.settings.values import Settings
from imgai.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that the work of one run is made of."""

    journal: Journal
    options: ClassifyOptions
    settings: Settings  # with credentials for the backend of the options
    wanted: Wanted
    stop: Stop
    spent: Spent
    throughput: Throughput  # is told the models' limit
    began_at: datetime
    emit: Callable[[Event], None]
    look_ahead: Callable[[], Awaitable[Estimate]] | None

    async def open(self, stack: AsyncExitStack) -> Processing:
        """Wire the engine, the models and their guards; the stack closes them.

        Raises:
            HostUnreachable: there is no Ray cluster at the address.
        """
        garbage.look_as_usual()
        guards = await self._guards()
        tasks, backend = self.wanted.tasks, self.options.backend
        engine = await stack.enter_async_context(
            open_engine(self.options.engine, self.settings, tasks, backend)
        )
        models = (
            workers_ai_models(self.settings, tasks, guards, engine)
            if backend is Backend.WORKERS_AI
            else local_run_models(tasks, engine)
        )
        self.throughput.limit_per_minute = models.pictures_per_minute
        text = gathering(models, self.stop)
        if text is not None:
            stack.push_async_callback(text.close)
        return Processing(
            journal=self.journal,
            engine=engine,
            answering=Answering(
                self.journal, models.images, text, lambda: datetime.now(UTC)
            ),
            wanted=self.wanted,
            emit=self.emit,
            begin=lambda: self._begin(models),
        )

    async def _begin(self, models: RunModels) -> None:
        self.emit(WorkBegan(self.options.backend, models.names))
        if self.look_ahead is not None:
            self.emit(PlanMade(await self.look_ahead()))

    async def _guards(self) -> Guards:
        now = datetime.now(UTC)
        return Guards(
            journal=self.journal,
            stop=self.stop,
            spent=self.spent,
            budgets=await self._budgets(),
            emit=self.emit,
            recent_starts=await self.journal.recent_starts(
                now - timedelta(seconds=MINUTE_S)
            ),
            retired=self.journal.retire_space,
        )

    async def _budgets(self) -> list[Budget]:
        budgets = []
        if (own := self.options.budget) is not None:
            budgets.append(Budget(own.in_neurons(DOLLARS_PER_NEURON), "--budget"))
        if (daily := self.settings.daily_budget) is not None:
            today = day_began(self.began_at)
            spent = await self.journal.neurons_since(today)
            budgets.append(daily_budget(daily, today, spent))
        return budgets
