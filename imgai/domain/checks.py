"""What `imgai doctor` finds: one value for each thing it looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from imgai.domain.predictions import Backend
from imgai.errors import ExitCode, ImgaiError


class Health(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"  # `classify` works, and perhaps not as meant, or not for long
    FAIL = "fail"  # `classify` would end with an error


class Family(StrEnum):
    """What a check is about."""

    SETTINGS = "settings"
    DATABASE = "database"
    WORKERS_AI = "workers-ai"
    R2 = "r2"
    LOCAL_MODELS = "local-models"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        family: what it is about.
        name: of the thing, unique within its family.
        status: how it is.
        found: what was found, in a few words.
        remedy: what to do about it; empty when all is well.
        exit_code: what `classify` would end with for it; `OK` unless it fails.
    """

    family: Family
    name: str
    status: Health
    found: str
    remedy: str = ""
    exit_code: ExitCode = ExitCode.OK

    def __post_init__(self) -> None:
        if (self.status is Health.FAIL) != (self.exit_code is not ExitCode.OK):
            raise ValueError("a check has an exit code if it fails, and only then")

    @classmethod
    def well(cls, family: Family, name: str, found: str) -> Self:
        """Return a check that found nothing wrong."""
        return cls(family, name, Health.OK, found)

    @classmethod
    def doubtful(cls, family: Family, name: str, found: str, remedy: str = "") -> Self:
        """Return a check that found what `classify` can live with."""
        return cls(family, name, Health.WARN, found, remedy)

    @classmethod
    def failed(cls, family: Family, name: str, error: ImgaiError) -> Self:
        """Return a check that found what `classify` would end with."""
        return cls(family, name, Health.FAIL, str(error), error.hint, error.exit_code)


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as it may be shown: secrets shortened.

    Attributes:
        name: the variable's.
        value: what is in force.
        origin: "flag (--db)", "environment (NAME)", ".env (NAME)" or "default".
    """

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was found.

    Attributes:
        checks: in the order in which `classify` would come upon them.
        settings: everything that can be set; empty when they could not be read.
        backend: what `classify` would use; None when it would not get that far.
    """

    checks: Sequence[Check]
    settings: Sequence[ShownSetting] = ()
    backend: Backend | None = None

    @property
    def first_failure(self) -> Check | None:
        """What `classify` would end with; None if it would work."""
        return next((one for one in self.checks if one.status is Health.FAIL), None)

    @property
    def exit_code(self) -> ExitCode:
        """What `classify` would end with."""
        failure = self.first_failure
        return failure.exit_code if failure else ExitCode.OK
