"""What is said of each configured model, from the catalogue."""

from datetime import date

import pytest

from imgai.commands.backends import chosen_profiles
from imgai.commands.checks.backend import Hosted
from imgai.commands.checks.models import check_models
from imgai.domain.checks import Health
from imgai.domain.predictions import Task
from imgai.errors import BadAnswer, ExitCode
from imgai.models.catalogue import ListedModel, parse_models
from tests.commands.checks.listings import listed
from tests.stubs.hosted_models import BGE, DETR, GEMMA, LLAVA, MOONDREAM, RESNET

TODAY = date(2026, 11, 22)
TOMORROW = date(2026, 11, 23)


def hosted(task: Task, model: str = "auto") -> Hosted:
    return Hosted(task, chosen_profiles(task, model), is_named=model != "auto")


def catalogue(*models: ListedModel) -> dict[str, ListedModel]:
    """Return a catalogue of everything, with some models in another state."""
    names = (DETR, RESNET, GEMMA, MOONDREAM, LLAVA, BGE)
    return {name: ListedModel(name) for name in names} | {
        one.name: one for one in models
    }


def test_a_model_in_the_catalogue_is_well_with_those_behind_it_named() -> None:
    """The order of succession is worth knowing before it is needed."""
    check = check_models(
        hosted(Task.LABELS), catalogue(ListedModel(DETR, is_beta=True)), TODAY
    )

    assert check.status is Health.OK
    assert check.found == f"{DETR} is in the catalogue (beta); then {RESNET}"


def test_a_planned_retirement_is_a_warning_with_its_date_and_what_comes_next() -> None:
    """Nobody wants to learn it on the day."""
    check = check_models(
        hosted(Task.CAPTION), catalogue(ListedModel(GEMMA, retires_on=TOMORROW)), TODAY
    )

    assert check.status is Health.WARN
    assert check.found == f"{GEMMA} is planned to be retired on 2026-11-23"
    assert MOONDREAM in check.remedy


def test_a_named_model_that_is_to_go_names_what_to_set_instead() -> None:
    """A named model is never replaced by itself, so somebody has to."""
    check = check_models(
        hosted(Task.CAPTION, GEMMA),
        catalogue(ListedModel(GEMMA, retires_on=TOMORROW)),
        TODAY,
    )

    assert check.status is Health.WARN
    assert check.remedy.startswith("Set AI_CAPTION_MODEL to auto or")
    assert MOONDREAM in check.remedy


@pytest.mark.parametrize(
    "gone",
    [
        ListedModel(DETR, is_retired=True, retires_on=date(2026, 9, 1)),
        ListedModel(DETR, retires_on=TODAY),
        ListedModel(DETR, is_retired=True),
    ],
)
def test_a_model_that_is_gone_names_the_one_that_auto_takes(gone: ListedModel) -> None:
    """On its last day a model is gone, whether the host marks it yet or not."""
    check = check_models(hosted(Task.LABELS), catalogue(gone), TODAY)

    assert check.status is Health.WARN
    assert check.found.startswith(f"{DETR} is gone")
    assert f"auto takes {RESNET}" in check.found
    assert f"AI_LABEL_MODEL={RESNET}" in check.remedy


def test_a_named_model_that_is_gone_fails_with_the_living_named() -> None:
    """`classify` would end with 78, so doctor does."""
    without = {RESNET: ListedModel(RESNET)}
    check = check_models(hosted(Task.LABELS, DETR), without, TODAY)

    assert check.status is Health.FAIL
    assert check.exit_code is ExitCode.SETTINGS
    assert f"{DETR} is not in the catalogue" in check.found
    assert RESNET in check.remedy


def test_a_task_whose_every_model_is_gone_asks_for_a_newer_imgai() -> None:
    """There is one embedding model; without it nothing replaces it."""
    check = check_models(hosted(Task.EMBEDDING), {}, TODAY)

    assert check.exit_code is ExitCode.SETTINGS
    assert "upgrade" in check.remedy


def test_a_model_for_paying_accounts_is_a_warning() -> None:
    """Whether the account pays cannot be asked without more permissions."""
    paid = catalogue(ListedModel(GEMMA, needs_paid_plan=True))

    assert check_models(hosted(Task.CAPTION), paid, TODAY).status is Health.WARN


def test_the_catalogue_is_read_leniently() -> None:
    """Odd entries and properties are left out; the rest is believed."""
    entries = [
        listed(DETR, beta="true", planned_deprecation_date="2026-12-01T00:00:00Z"),
        listed(GEMMA, planned_deprecation_date="soon", require_workers_paid="true"),
        {"name": LLAVA, "deprecated": True, "properties": [7, {"property_id": [1]}]},
        {"name": 7},
        "nothing",
    ]

    assert parse_models(entries) == {
        DETR: ListedModel(DETR, is_beta=True, retires_on=date(2026, 12, 1)),
        GEMMA: ListedModel(GEMMA, needs_paid_plan=True),
        LLAVA: ListedModel(LLAVA, is_retired=True),
    }


def test_what_is_no_list_is_no_catalogue() -> None:
    """It is refused rather than read as "every model is gone"."""
    with pytest.raises(BadAnswer):
        parse_models({"models": []})
