"""Leaving without waiting for threads that may never come back.

A thread that reads from a pipe nobody writes to, or from a disk that went away, cannot
be ended. Both asyncio and the interpreter would wait for it, after a Ctrl-C as well.
"""

import os
import sys
import threading
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from imgai.commands import garbage
from imgai.present.streams import let_go_of_streams

T = TypeVar("T")

# Enough for an idle thread to notice that it is no longer needed.
_PATIENCE_S = 0.2


def run_without_waiting(main: Coroutine[Any, Any, T]) -> T:
    """Run like `asyncio.run`, but leave threads behind that are still at work."""
    # Half of what an instant search takes to start, and it needs none of this.
    import asyncio  # noqa: PLC0415

    from imgai.commands.stray_threads import (  # noqa: PLC0415
        StrayThreads,
        tell_of_error,
    )

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(StrayThreads())
        loop.set_exception_handler(tell_of_error)
        return runner.run(main)


def leave(code: int) -> NoReturn:
    """End the process; at once, if a thread is stuck.

    Everything that matters has been written: the database is closed.
    """
    others = [
        one for one in threading.enumerate() if one is not threading.main_thread()
    ]
    for thread in others:
        if not thread.daemon:
            thread.join(_PATIENCE_S)
    let_go_of_streams()
    if any(thread.is_alive() and not thread.daemon for thread in others):
        os._exit(code)
    garbage.look_no_more()
    sys.exit(code)
