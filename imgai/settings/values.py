"""The settings as the program uses them: checked, typed, secrets wrapped."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

DEFAULT_API_URL = "https://api.cloudflare.com/client/v4"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that never shows itself: not in a log, a traceback or an f-string."""

    _value: str

    def reveal(self) -> str:
        """Return the value, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __str__(self) -> str:
        """Return the beginning and the end, as people tell tokens apart."""
        if len(self._value) < 12:  # noqa: PLR2004  too short to show any of it
            return "…"
        head, mark, _ = self._value.partition("_")
        prefix = f"{head}_" if mark and len(head) <= 4 else ""  # noqa: PLR2004  "cfut"
        return f"{prefix}…{self._value[-2:]}"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model each task asks; "auto" is the first living one."""

    labels: str = "auto"
    caption: str = "auto"
    embedding: str = "auto"


@dataclass(frozen=True, slots=True)
class Cloudflare:
    """How to reach Workers AI."""

    account_id: str = field(default="", repr=False)
    api_token: Secret | None = None
    api_url: str = DEFAULT_API_URL
    gateway: str | None = None
    gateway_keeps_images: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether both credentials are set."""
        return bool(self.account_id and self.api_token)


@dataclass(frozen=True, slots=True)
class R2:
    """How to reach R2, or another S3-compatible store."""

    access_key_id: str = field(default="", repr=False)
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    endpoint_url: str | None = None
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True)
class RateSettings:
    """The limits where they differ from the documented ones, a minute.

    Those are the account's. Of `shards` at work, each keeps to its share of a
    documented limit; one that is set is what this shard may ask.
    """

    every_model: float | None = None
    by_model: Mapping[str, float] = field(default_factory=dict)
    shards: int = 1

    def of(self, model: str, documented: float) -> float:
        """Return a model's limit: the one set, else the share of the documented one.

        A model may be set by its whole name, or by the part behind the last slash.
        """
        short = model.rpartition("/")[2]
        own = self.by_model.get(model) or self.by_model.get(short)
        return own or self.every_model or documented / self.shards


@dataclass(frozen=True, slots=True)
class Allowance:
    """A budget as the user wrote it: dollars, or neurons."""

    dollars: float | None = None
    neurons: float | None = None

    def in_neurons(self, dollars_per_neuron: float) -> float:
        """Return it in neurons."""
        if self.neurons is not None:
            return self.neurons
        return (self.dollars or 0.0) / dollars_per_neuron

    def share(self, shards: int) -> "Allowance":
        """Return what each of so many shards may spend of it."""
        return Allowance(
            self.dollars and self.dollars / shards,
            self.neurons and self.neurons / shards,
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, checked."""

    database: Path
    is_enabled: bool = True
    wants_captions: bool = True
    wants_embeddings: bool = True
    wants_nsfw: bool = False
    width_px: int = 384
    max_labels: int = 10
    min_score: float = 0.1
    deadline_s: float = 30.0
    workers: int = 16
    cooldown_days: float = 28.0
    models: ModelChoice = field(default_factory=ModelChoice)
    rates: RateSettings = field(default_factory=RateSettings)
    cloudflare: Cloudflare = field(default_factory=Cloudflare)
    r2: R2 = field(default_factory=R2)
    daily_budget: Allowance | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    def of_shard(self, shards: int) -> "Settings":
        """Return the settings of one of so many shards of an account.

        They have databases of their own and do not know of each other: each keeps to
        an equal share of the documented rates, where none are set, and of the daily
        budget.
        """
        budget = self.daily_budget and self.daily_budget.share(shards)
        rates = replace(self.rates, shards=shards)
        return replace(self, rates=rates, daily_budget=budget)
