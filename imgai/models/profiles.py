"""What imgai knows of each hosted model: how to ask, limits, price, retirement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from imgai.domain.predictions import Caption, Labels, Task, Vector


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, by the host's dated price list."""

    as_of: date
    source: str  # the page it stands on
    dollars_per_request: float = 0.0
    dollars_per_million_input_tokens: float = 0.0
    dollars_per_million_output_tokens: float = 0.0


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent to a model."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One hosted model: how it is asked, how its answer is read, limits and price."""

    model: str  # "@cf/facebook/detr-resnet-50"
    task: Task
    requests_per_minute: int  # the documented limit of an account
    price: Price | None  # None: its host publishes none; its cost is unknown
    retired_on: date | None = None
    params: Mapping[str, str | int | float] = field(default_factory=dict)
