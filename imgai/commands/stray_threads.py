"""Threads that nobody waits for: see `imgai.commands.leaving`."""

from concurrent.futures import ThreadPoolExecutor


class StrayThreads(ThreadPoolExecutor):
    """The threads of `to_thread`. None is waited for; what matters was awaited."""

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001  the signature of ThreadPoolExecutor
        *,
        cancel_futures: bool = False,
    ) -> None:
        """Let the threads go."""
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)
