"""A run before it begins: as one line, as a page, and as one object."""

from collections.abc import Iterator

from imgai.domain.estimate import Estimate, ModelEstimate
from imgai.domain.predictions import Backend
from imgai.present.amounts import (
    counted,
    shown_dollars,
    shown_duration,
    shown_neurons,
)
from imgai.present.console import Output
from imgai.present.text import json_line, safe, shown_uri

_MINUTE_S = 60


def estimate_line(plan: Estimate, dollars_per_neuron: float) -> str:
    """Return what a run may cost at most and how long it takes, as one line."""
    survey = plan.survey
    asked = counted(survey.new, "picture")
    if survey.uncounted:
        where = ", ".join(safe(shown_uri(uri)) for uri in survey.uncounted)
        asked += f", and what {where} holds, which is not counted beforehand"
    if plan.neurons is None:
        cost = "at an unknown price (a model without a published one)"
    else:
        cost = (
            f"at most {shown_neurons(plan.neurons)},"
            f" {shown_dollars(plan.neurons * dollars_per_neuron)}"
        )
    time = shown_duration(plan.minutes * _MINUTE_S)
    days = plan.free_days
    free = "" if days is None or days == 1 else f", {days:,} days on the free plan"
    return (
        f"To ask about: {asked}; {cost}; {time} at least at the account's limits{free}."
    )


def show_plan(
    plan: Estimate, output: Output, dollars_per_neuron: float, *, as_json: bool = False
) -> None:
    """Show on stdout what `classify` would do.

    Args:
        plan: the estimate; an upper bound, retries aside.
        output: where to show it.
        dollars_per_neuron: what a neuron costs.
        as_json: as one object.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    if as_json:
        output.result(json_line(_as_object(plan, dollars_per_neuron)))
        return
    for line in _page(plan, dollars_per_neuron):
        output.result(line)


def _page(plan: Estimate, dollars_per_neuron: float) -> Iterator[str]:
    survey = plan.survey
    yield (
        f"Images     {survey.seen:,} seen: {survey.new:,} to ask about,"
        f" {survey.known:,} known, {survey.skipped:,} skipped,"
        f" {survey.unreadable:,} unreadable so far"
    )
    if plan.backend is Backend.LOCAL:
        yield "Cost       nothing: the local models run on this machine"
        return
    for one in plan.models:
        yield f"Calls      {_model_line(one, dollars_per_neuron)}"
    if plan.neurons is None:
        yield "Cost       unknown: a model has no published price"
    else:
        dollars = shown_dollars(plan.neurons * dollars_per_neuron)
        yield f"Cost       at most {shown_neurons(plan.neurons)}, {dollars}"
    yield (
        f"Free       {plan.free_neurons_left:,.0f} of"
        f" {plan.free_neurons_a_day:,.0f} neurons left today, as imgai knows it"
    )
    yield (
        f"Time       {shown_duration(plan.minutes * _MINUTE_S)} at least, at the"
        " account's limits"
    )
    if plan.free_days is not None:
        yield f"Free plan  {counted(plan.free_days, 'day')}"


def _model_line(one: ModelEstimate, dollars_per_neuron: float) -> str:
    tariff = one.tariff
    limit = f"{tariff.requests_per_minute:,.0f} a minute"
    if one.neurons is None:
        cost = "price unknown"
    else:
        dollars = shown_dollars(one.neurons * dollars_per_neuron)
        cost = (
            f"at most {shown_neurons(one.neurons)}, {dollars}"
            f" (price of {tariff.price_as_of}: {tariff.price_source})"
        )
    return f"{one.calls:,} of {tariff.model}, {limit}, {cost}"


def _as_object(plan: Estimate, dollars_per_neuron: float) -> dict[str, object]:
    survey, neurons = plan.survey, plan.neurons
    return {
        "type": "plan",
        "backend": plan.backend.value,
        "seen": survey.seen,
        "known": survey.known,
        "new": survey.new,
        "skipped": survey.skipped,
        "unreadable": survey.unreadable,
        "models": [
            {
                "model": one.tariff.model,
                "task": one.tariff.task.value,
                "calls": one.calls,
                "requests_per_minute": one.tariff.requests_per_minute,
                "neurons_at_most": one.neurons,
                "dollars_at_most": _dollars(one.neurons, dollars_per_neuron),
                "price_as_of": (
                    one.tariff.price_as_of.isoformat()
                    if one.tariff.price_as_of
                    else None
                ),
                "price_source": one.tariff.price_source,
            }
            for one in plan.models
        ],
        "neurons_at_most": neurons,
        "dollars_at_most": _dollars(neurons, dollars_per_neuron),
        "free_neurons_left_today": plan.free_neurons_left,
        "minutes_at_least": plan.minutes,
        "days_on_free_plan": plan.free_days,
    }


def _dollars(neurons: float | None, dollars_per_neuron: float) -> float | None:
    return None if neurons is None else neurons * dollars_per_neuron
