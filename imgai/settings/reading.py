"""Reading variables: which layer has them, what they may hold."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from imgai.errors import SettingsError
from imgai.settings.values import Allowance, RateSettings
from imgai.settings.variables import VARIABLES

T = TypeVar("T")

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class Reader:
    """Reads variables from the environment and a `.env` file, and names the bad one."""

    def __init__(
        self, environment: Mapping[str, str], dotenv: Mapping[str, str]
    ) -> None:
        self._layers = (("environment", environment), (".env", dotenv))
        self.origins: dict[str, str] = {}

    def text(self, name: str) -> str | None:
        """Return a variable's value, or that of its older name; None if not set."""
        variable = next(one for one in VARIABLES if one.name == name)
        for origin, layer in self._layers:
            for alias in (name, *variable.aliases):
                value = layer.get(alias, "").strip()
                if value:
                    self.origins[name] = f"{origin} ({alias})"
                    return value
        self.origins[name] = "default"
        return None

    def parsed(self, name: str, default: T, parse: Callable[[str], T], may: str) -> T:
        """Return a variable's parsed value, or the default.

        Raises:
            SettingsError: it cannot be parsed; names it, what it holds and may hold.
        """
        value = self.text(name)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            raise SettingsError(
                f"{name} is {value[:80]!r} ({self.origins[name]}), and may be {may}."
            ) from error

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a variable that is true or false."""
        return self.parsed(name, default, parse_flag, "true or false")

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """Return a variable that is a number within bounds."""
        return self.parsed(
            name, default, within(least, most), f"a number from {least:g} to {most:g}"
        )

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a variable that is a whole number within bounds."""

        def parse(value: str) -> int:
            return int(within(least, most)(str(int(value))))

        may = f"a whole number from {least} to {most}"
        return self.parsed(name, default, parse, may)


def parse_flag(value: str) -> bool:
    """Return what a word such as "true", "0" or "off" means; else ValueError."""
    word = value.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(value)


def within(least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers that refuses what is out of bounds, and NaN."""

    def parse(value: str) -> float:
        number = float(value)
        if not least <= number <= most:
            raise ValueError(value)
        return number

    return parse


def parse_allowance(value: str) -> Allowance:
    """Return a budget: "0.50" and "$0.50" are dollars, "8000n" neurons.

    Raises:
        ValueError: it is neither.
    """
    amount = within(0.0, 1e12)
    if value.lower().endswith("n"):
        return Allowance(neurons=amount(value[:-1]))
    return Allowance(dollars=amount(value.removeprefix("$")))


def parse_rates(value: str) -> RateSettings:
    """Return requests a minute: "720" for every model, or "MODEL=720,MODEL=300".

    Raises:
        ValueError: it is neither.
    """
    positive = within(0.01, 1e6)
    every_model = None
    by_model = {}
    for part in value.split(","):
        model, mark, number = part.rpartition("=")
        if model.strip():
            by_model[model.strip()] = positive(number)
        elif not mark and every_model is None:
            every_model = positive(part)
        else:
            raise ValueError(part)
    return RateSettings(every_model, by_model)
