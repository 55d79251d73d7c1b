"""Which optional parts of imgai are installed, where two layers need to agree on it."""

from functools import cache
from importlib.util import find_spec


@cache
def reads_camera_raw() -> bool:
    """Return whether `imgai[raw]` is there, without loading it."""
    return find_spec("rawpy") is not None
