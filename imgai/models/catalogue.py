"""The host's own list of models: which live, and which are to be retired when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from imgai.errors import BadAnswer
from imgai.transport.cloudflare import ApiAnswer

_PER_PAGE = 100
# The catalogue had about 130 models, retired ones included, in 2026.
_MOST_PAGES = 10


class Api(Protocol):
    """What the catalogue is read through: `CloudflareApi`."""

    def account_path(self, path: str) -> str:
        """See `CloudflareApi.account_path`."""
        ...

    async def get(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> ApiAnswer:
        """See `CloudflareApi.get`."""
        ...


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model, as the catalogue lists it.

    Attributes:
        name: "@cf/facebook/detr-resnet-50".
        is_beta: the host calls it so: limits and price may change.
        is_retired: the host says that it is gone.
        retires_on: the day it is planned to go, or went; None: no such plan.
        needs_paid_plan: it is not for accounts on the free plan.
    """

    name: str
    is_beta: bool = False
    is_retired: bool = False
    retires_on: date | None = None
    needs_paid_plan: bool = False

    def is_gone(self, today: date) -> bool:
        """Whether it cannot be asked on that day."""
        return self.is_retired or (
            self.retires_on is not None and self.retires_on <= today
        )


async def read_catalogue(api: Api) -> dict[str, ListedModel]:
    """Return every model of the catalogue by name, recently retired ones included.

    Costs nothing: one request for each hundred models, and one more to see the end.

    Raises:
        ImgaiError: see `CloudflareApi.post`.
        BadAnswer: what came is no catalogue.
    """
    models: dict[str, ListedModel] = {}
    for page in range(1, _MOST_PAGES + 1):
        answer = await api.get(
            api.account_path("ai/models/search"),
            {
                "include_deprecated": "true",
                "per_page": str(_PER_PAGE),
                "page": str(page),
            },
        )
        listed = parse_models(answer.result)
        if listed.keys() <= models.keys():
            break  # the server may give shorter pages than asked: only this is the end
        models |= listed
    return models


def parse_models(result: Any) -> dict[str, ListedModel]:
    """Return the models that a page of the catalogue lists, by name.

    Raises:
        BadAnswer: it is no list.
    """
    if not isinstance(result, list):
        raise BadAnswer("the catalogue of models is no list")
    named = [entry for entry in result if isinstance(entry, dict)]
    models = (_parse_model(entry) for entry in named)
    return {model.name: model for model in models if model.name}


def _parse_model(entry: dict[str, Any]) -> ListedModel:
    listed = entry.get("properties")
    properties = {
        one.get("property_id"): one.get("value")
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and isinstance(one.get("property_id"), str)
    }
    name = entry.get("name")
    return ListedModel(
        name=name if isinstance(name, str) else "",
        is_beta=_is_true(properties.get("beta")),
        is_retired=_is_true(entry.get("deprecated")),
        retires_on=_day(properties.get("planned_deprecation_date")),
        needs_paid_plan=_is_true(properties.get("require_workers_paid")),
    )


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _day(value: object) -> date | None:
    """Return the day of a date or a time in ISO 8601; None of anything else."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
