"""What may be spent: reserved before a call, settled after it."""

import asyncio
from datetime import datetime

from imgai.errors import BudgetExhausted


class Budget:
    """A number of neurons that a run, or all runs of a UTC day, may spend.

    Every call reserves the most it can cost before it is sent, so calls in flight
    together cannot pass the budget.
    """

    def __init__(
        self,
        limit_neurons: float,
        name: str,
        spent_neurons: float = 0.0,
        renews_at: datetime | None = None,
    ) -> None:
        """Begin a budget.

        Args:
            limit_neurons: what may be spent in all.
            name: as the user knows it: "--budget", "IMGAI_DAILY_BUDGET".
            spent_neurons: what of it is spent already.
            renews_at: when it may be spent again, UTC; None if never by itself.
        """
        self.limit_neurons = limit_neurons
        self._name = name
        self._held = spent_neurons
        self._in_flight = 0  # reservations
        self._waiting: list[asyncio.Future[None]] = []
        self._renews_at = renews_at

    @property
    def left_neurons(self) -> float:
        """What is neither spent nor reserved."""
        return max(0.0, self.limit_neurons - self._held)

    async def room(self, neurons: float) -> None:
        """Return when so much may be reserved, or when it never will.

        Calls mostly cost a fraction of the most they can: while some are in flight,
        what they leave over may yet be enough.
        """
        while self._held + neurons > self.limit_neurons and self._in_flight:
            settled = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled

    def reserve(self, neurons: float) -> None:
        """Set aside what a call may cost at most.

        Raises:
            BudgetExhausted: it is more than is left; nothing was set aside.
        """
        if self._held + neurons > self.limit_neurons:
            raise BudgetExhausted(
                f"{self._name} is spent: of {self.limit_neurons:,.0f} neurons"
                f" {self.left_neurons:,.1f} are left, the next call may cost"
                f" {neurons:,.1f}.",
                hint="The next run goes on from here; raise the budget to go on now.",
                retry_at=self._renews_at,
            )
        self._held += neurons
        self._in_flight += 1

    def settle(self, reserved_neurons: float, spent_neurons: float) -> None:
        """Replace what a call had reserved by what it cost."""
        self._held += spent_neurons - reserved_neurons
        self._in_flight -= 1
        waiting, self._waiting = self._waiting, []
        for settled in waiting:
            if not settled.done():
                settled.set_result(None)
