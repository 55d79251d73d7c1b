"""Which engine the command line names; opening it is for `imgai.commands.engines`."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec

from imgai.errors import SettingsError


class EngineKind(StrEnum):
    """Where a run does its heavy work."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine that the command line names."""

    kind: EngineKind = EngineKind.LOCAL
    ray_address: str | None = None

    def require(self) -> None:
        """Return if the engine is to be had.

        Raises:
            SettingsError: it is in no package that is installed.
        """
        if self.kind is EngineKind.RAY and find_spec("ray") is None:
            raise SettingsError(
                "--engine ray needs Ray, which is not installed.",
                hint="Install imgai[ray], or leave --engine out.",
            )


IN_PROCESS = EngineChoice()
