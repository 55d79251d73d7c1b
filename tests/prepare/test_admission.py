"""Decodes are let in by memory, in order."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgai.prepare.admission import MemoryGate


async def _peak(limit: int, needs: list[int]) -> int:
    """Send work of these sizes through a gate; return the most that was in at once."""
    gate = MemoryGate(limit)
    inside = peak = 0

    async def work(need: int) -> None:
        nonlocal inside, peak
        async with gate.admitted(need):
            inside += min(need, limit)
            peak = max(peak, inside)
            await asyncio.sleep(0)
            inside -= min(need, limit)

    async with asyncio.timeout(10):
        await asyncio.gather(*map(work, needs))
    assert gate.in_use_bytes == 0
    return peak


@settings(max_examples=30)
@given(limit=st.integers(1, 100), needs=st.lists(st.integers(0, 150), max_size=20))
def test_the_limit_is_never_passed_and_everything_gets_in(
    limit: int, needs: list[int]
) -> None:
    """Also work larger than the limit, which goes in alone."""
    assert asyncio.run(_peak(limit, needs)) <= limit


@pytest.mark.anyio
async def test_a_cancelled_wait_gives_its_turn_away() -> None:
    """Ctrl-C while a large picture waits must not block the others."""
    gate = MemoryGate(10)
    async with gate.admitted(8):
        waiting = asyncio.create_task(gate.admitted(5).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(5), gate.admitted(2):
            assert gate.in_use_bytes == 10
    assert gate.in_use_bytes == 0
