"""Something that is loaded when it is first needed, and once."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Holds what `load` returns. May be asked from many threads at once."""

    def __init__(self, load: Callable[[], T]) -> None:
        """Remember how to load it; nothing is loaded yet."""
        self._load = load
        self._lock = threading.Lock()
        self._loaded: list[T] = []

    def get(self) -> T:
        """Return it, loading it if this is the first time it is asked for.

        Whatever `load` raises comes through, and the next call tries again.
        """
        with self._lock:
            if not self._loaded:
                self._loaded.append(self._load())
            return self._loaded[0]
