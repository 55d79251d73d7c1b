"""Ctrl-C and SIGTERM: stop kindly, then at once."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from imgai.errors import ExitCode
from imgai.limits.stop import Stop

# The program is to be gone 5 s after a signal. So long may calls in flight still take;
# the rest is for writing down how they ended, and for the receipt.
_GRACE_S = 4.0

_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}


@contextmanager
def stopping_on_signals(
    stop: Stop, run: "asyncio.Task[None]", told: Callable[[ExitCode], None]
) -> Iterator[None]:
    """Stop a run on a signal while the block runs.

    The first signal asks for a stop: no new image, calls in flight finish, for at
    most 4 s. A second one, or the end of that time, cancels the run; what is queued
    for the database is written all the same.

    Args:
        stop: asked on the first signal.
        run: cancelled when patience is over.
        told: told once, with the exit code that the signal leads to.
    """
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def on_signal(number: signal.Signals) -> None:
        if timers:
            run.cancel()
            return
        told(_EXIT_CODES[number])
        stop.ask()
        timers.append(loop.call_later(_GRACE_S, run.cancel))

    restore = [_listen(loop, number, on_signal) for number in _EXIT_CODES]
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        for undo in restore:
            undo()


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block like Ctrl-C, so that what was begun is undone.

    Raises:
        Exit: the block was ended so.
    """
    heard = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        heard = True
        on_ctrl_c = signal.getsignal(signal.SIGINT)  # asyncio's while it runs
        if not callable(on_ctrl_c):  # ignored, as by a shell for what runs behind it
            raise KeyboardInterrupt
        on_ctrl_c(number, frame)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if not heard:
            raise
        raise typer.Exit(ExitCode.TERMINATED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _listen(
    loop: asyncio.AbstractEventLoop,
    number: signal.Signals,
    on_signal: Callable[[signal.Signals], None],
) -> Callable[[], object]:
    try:
        loop.add_signal_handler(number, on_signal, number)
    except NotImplementedError:  # Windows: only the main thread hears of signals
        before = signal.signal(
            number, lambda *_: loop.call_soon_threadsafe(on_signal, number)
        )
        return lambda: signal.signal(number, before)
    return lambda: loop.remove_signal_handler(number)
