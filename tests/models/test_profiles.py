"""Profiles: which models there are, in which order, and what they may cost."""

import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.predictions import Task
from imgai.errors import SettingsError
from imgai.models.neurons import DOLLARS_PER_NEURON, FREE_NEURONS_A_DAY
from imgai.models.profiles import (
    PROFILES,
    ImageWire,
    Profile,
    TextWire,
    find_profile,
    living,
    neurons_at_most,
)
from imgai.models.requests import (
    LONGEST_TEXT_CHARACTERS,
    LONGEST_TEXT_WORDS,
    shortened,
)

TODAY = date(2026, 11, 22)


def names(profiles: tuple[Profile, ...]) -> list[str]:
    return [profile.model.rpartition("/")[2] for profile in profiles]


def test_auto_takes_living_models_in_this_order() -> None:
    """The cheapest living captioner comes first; the detector before the classifier."""
    assert names(living(Task.LABELS, TODAY)) == ["detr-resnet-50", "resnet-50"]
    assert names(living(Task.CAPTION, TODAY)) == [
        "gemma-4-26b-a4b-it",
        "moondream3.1-9B-A2B",
        "llava-1.5-7b-hf",
    ]
    assert names(living(Task.EMBEDDING, TODAY)) == [
        "bge-base-en-v1.5",
        "bge-m3",
        "bge-large-en-v1.5",
        "bge-small-en-v1.5",
    ]
    assert living(Task.NSFW, TODAY) == ()


def test_a_model_lives_until_the_day_it_is_retired() -> None:
    """The image host's captioner was retired on 2026-05-30."""
    uform = "uform-gen2-qwen-500m"

    assert uform in names(living(Task.CAPTION, date(2026, 5, 29)))
    assert uform not in names(living(Task.CAPTION, date(2026, 5, 30)))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.model)
def test_every_profile_is_found_by_its_name_long_or_short(profile: Profile) -> None:
    """The user may name any, be it retired or not."""
    assert find_profile(profile.task, profile.model) is profile
    assert find_profile(profile.task, profile.model.rpartition("/")[2]) is profile


@pytest.mark.parametrize(
    ("task", "model", "variable"),
    [
        (Task.LABELS, "@cf/google/gemma-4-26b-a4b-it", "AI_LABEL_MODEL"),
        (Task.CAPTION, "", "AI_CAPTION_MODEL"),
        (Task.EMBEDDING, "\x1b[31mred", "AI_EMBEDDING_MODEL"),
    ],
)
def test_an_unknown_model_is_refused_with_those_that_are_known(
    task: Task, model: str, variable: str
) -> None:
    """The message names the variable, what it holds and what it may hold."""
    with pytest.raises(SettingsError, match=variable) as caught:
        find_profile(task, model)

    assert str(caught.value).isprintable()
    assert "auto" in caught.value.hint
    assert all(profile.model in caught.value.hint for profile in living(task, TODAY))
    assert "uform" not in caught.value.hint


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.model)
def test_every_price_says_when_and_where_it_was_read(profile: Profile) -> None:
    """Prices change: one without a date and a page cannot be checked."""
    assert profile.requests_per_minute > 0
    if profile.price is not None:
        assert date(2026, 1, 1) <= profile.price.as_of <= TODAY
        assert profile.price.source.startswith("https://developers.cloudflare.com/")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.model)
def test_every_profile_writes_json(profile: Profile) -> None:
    """Params are what is sent: each of them arrives in the input, the prompt within."""
    match profile.wire:
        case ImageWire(write=write_image):
            given_input = json.dumps(write_image(b"\xff\xd8\xff", profile.params))
        case TextWire(write=write_texts):
            given_input = json.dumps(write_texts(["a cat"], profile.params))
    for value in profile.params.values():
        assert json.dumps(value) in given_input


def test_a_request_costs_at_most_what_its_price_says() -> None:
    """A budget is kept by these bounds before anything was measured."""
    most = {profile.model: neurons_at_most(profile) for profile in PROFILES}

    assert most["@cf/facebook/detr-resnet-50"] == pytest.approx(0.682, abs=0.001)
    assert most["@cf/microsoft/resnet-50"] == pytest.approx(0.228, abs=0.001)
    assert most["@cf/google/gemma-4-26b-a4b-it"] == pytest.approx(20, abs=5)
    assert most["@cf/moondream/moondream3.1-9B-A2B"] == pytest.approx(55, abs=5)
    assert most["@cf/llava-hf/llava-1.5-7b-hf"] is None


@given(texts=st.lists(st.text(min_size=1), max_size=5))
def test_texts_cost_at_most_their_tokens(texts: list[str]) -> None:
    """No tokenizer makes more tokens than bytes, and the model reads 512 of them."""
    most = neurons_at_most(living(Task.EMBEDDING, TODAY)[0], texts)

    assert most is not None
    tokens = most * DOLLARS_PER_NEURON / 0.067e-6
    assert sum(len(text.split()) for text in texts) <= tokens + 1e-6
    assert tokens <= 512 * len(texts) + 1e-6


def test_a_thousand_free_neurons_are_worth_eleven_tenths_of_a_cent() -> None:
    """The unit behind every figure that imgai shows."""
    assert pytest.approx(0.011) == 1_000 * DOLLARS_PER_NEURON
    assert FREE_NEURONS_A_DAY == 10_000


@given(text=st.text())
def test_a_shortened_text_is_the_beginning_of_it(text: str) -> None:
    """Short texts stay as they are but for their spaces; long ones are cut."""
    short = shortened(text)

    assert len(short) <= LONGEST_TEXT_CHARACTERS
    assert short.split() == text.encode("utf-8", "replace").decode().split()


def test_a_long_text_keeps_its_first_words() -> None:
    """What stands first in a caption says most."""
    text = io.StringIO()
    for number in range(1_000):
        text.write(f"w{number} ")

    words = shortened(text.getvalue()).split()

    assert words == text.getvalue().split()[: len(words)]
    assert 300 < len(words) <= LONGEST_TEXT_WORDS
