"""Workers AI as a host, and hosted models, against a stub over real HTTP."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from imgai.domain.predictions import Backend, Caption, Detection, Labels, Task
from imgai.errors import BadAnswer, ModelRetired, RejectedImage, SettingsError
from imgai.models.base import Host, ModelReply, ModelRequest
from imgai.models.profiles import PROFILES, Profile, find_profile, living
from imgai.models.workers_ai import HostedImageModel, WorkersAI
from imgai.transport.cloudflare import CloudflareApi
from tests.models.prepared import prepared_image
from tests.stubs import faults, hosted_models
from tests.stubs.faults import enveloped
from tests.stubs.hosted_models import Seen
from tests.stubs.workers_ai import WorkersAIStub

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DETR = find_profile(Task.LABELS, hosted_models.DETR)
GEMMA = find_profile(Task.CAPTION, hosted_models.GEMMA)
LLAVA = find_profile(Task.CAPTION, hosted_models.LLAVA)
BGE = find_profile(Task.EMBEDDING, hosted_models.BGE)
IMAGE = prepared_image()
IMAGE_PROFILES = [
    profile
    for profile in PROFILES
    if profile.task is not Task.EMBEDDING and not profile.retired_on
]


@pytest.mark.anyio
@pytest.mark.parametrize("gateway", [None, "default"])
@pytest.mark.parametrize("profile", IMAGE_PROFILES, ids=lambda each: each.model)
async def test_every_living_model_is_asked_as_it_wants_to_be(
    workers_ai: WorkersAIStub,
    api: CloudflareApi,
    profile: Profile,
    gateway: str | None,
) -> None:
    """The stub refuses keys it does not know and images it cannot read."""
    workers_ai.look = lambda _: Seen({"cat": 0.9}, "A ginger cat.")
    model = HostedImageModel(WorkersAI(api, gateway=gateway), profile, lambda: NOW)

    (prediction,) = await model.predict(IMAGE, model.tasks)

    match prediction.answer:
        case Labels(detections=(Detection(label="cat", score=0.9),)):
            assert prediction.task is Task.LABELS
        case Caption(text="A ginger cat."):
            assert prediction.task is Task.CAPTION
        case other:
            pytest.fail(f"unexpected answer: {other}")
    assert prediction.backend is Backend.WORKERS_AI
    assert prediction.model == profile.model
    assert prediction.neurons == hosted_models.NEURONS[profile.model]
    assert prediction.is_measured
    assert prediction.predicted_at == NOW
    assert prediction.params == {**profile.params, "width_px": 64, "height_px": 48}


@pytest.mark.anyio
async def test_a_detector_gets_the_jpeg_itself(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """Raw bytes cost no encoding, and a third of an array's size."""
    await host.ask(ModelRequest(DETR, image=IMAGE))

    (call,) = workers_ai.calls
    assert call.content == IMAGE.jpeg
    assert call.headers["content-type"] == "application/octet-stream"
    assert call.headers["user-agent"].startswith("imgai/")


@pytest.mark.anyio
async def test_a_detector_with_params_gets_them_beside_the_picture(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """They are kept with the answer as what shaped it, so they have to be sent."""
    shaped = replace(DETR, params={"threshold": 0.5})

    with pytest.raises(RejectedImage):  # the stub's detector knows no such key
        await host.ask(ModelRequest(shaped, image=IMAGE))

    (call,) = workers_ai.calls
    assert json.loads(call.content) == {"image": list(IMAGE.jpeg), "threshold": 0.5}


@pytest.mark.anyio
async def test_a_gateway_keeps_no_pictures_unless_asked(
    workers_ai: WorkersAIStub, api: CloudflareApi
) -> None:
    """Gateways log what they pass on, and pictures are private."""
    await WorkersAI(api, gateway="g").ask(ModelRequest(DETR, image=IMAGE))
    keeping = WorkersAI(api, gateway="g", gateway_keeps_images=True)
    await keeping.ask(ModelRequest(DETR, image=IMAGE))

    discreet, kept = workers_ai.calls
    assert discreet.headers["cf-aig-gateway-id"] == "g"
    assert discreet.headers["cf-aig-collect-log-payload"] == "false"
    assert "cf-aig-collect-log-payload" not in kept.headers


@pytest.mark.parametrize("gateway", ["", "https://gateway.example", "a b", "ü"])
@pytest.mark.anyio
async def test_a_gateway_is_named_not_addressed(
    api: CloudflareApi, gateway: str
) -> None:
    """Its name goes into a header, where a line end would start another."""
    with pytest.raises(SettingsError, match="CLOUDFLARE_AI_GATEWAY"):
        WorkersAI(api, gateway=gateway)


LABELS = {"result": [], "success": True, "errors": [], "messages": []}
CAPTION = {"caption": "A cat.", "usage": {"neurons": 4.5}}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "neurons"),
    [
        (enveloped(200, LABELS, cf_ai_neurons="1.98"), 1.98),
        (enveloped(200, LABELS, cf_ai_neurons="0"), 0.0),
        (
            enveloped(200, LABELS, cf_ai_neurons="9", cf_aig_cache_status="HIT"),
            0.0,
        ),
        (enveloped(200, LABELS), None),
        (enveloped(200, LABELS, cf_ai_neurons="nan"), None),
        (enveloped(200, LABELS, cf_ai_neurons="-1"), None),
        (enveloped(200, LABELS, cf_ai_neurons="1e99"), None),
        (enveloped(200, LABELS, cf_ai_neurons="many"), None),
    ],
)
async def test_the_hosts_own_figure_counts_when_it_makes_sense(
    workers_ai: WorkersAIStub,
    host: Host,
    answer: faults.Fault,
    neurons: float | None,
) -> None:
    """A budget must not be emptied, or refilled, by a broken header."""
    workers_ai.reply(answer)

    reply = await host.ask(ModelRequest(DETR, image=IMAGE))

    assert reply.neurons == neurons


@pytest.mark.anyio
async def test_usage_tells_the_neurons_where_no_header_does(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """Language models say it in their answer."""
    workers_ai.reply(enveloped(200, {"result": CAPTION, "success": True}))

    reply = await host.ask(ModelRequest(GEMMA, image=IMAGE))

    assert reply == ModelReply(Caption("A cat."), 4.5, reply.processing_time_ms)


@pytest.mark.anyio
async def test_unmeasured_costs_are_estimated_from_the_price(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """An estimate is marked as one; an unpriced model's cost is unknown, not free."""
    workers_ai.tells_neurons = False
    (priced,) = await HostedImageModel(host, DETR).predict(
        IMAGE, frozenset({Task.LABELS})
    )
    (unpriced,) = await HostedImageModel(host, LLAVA).predict(
        IMAGE, frozenset({Task.CAPTION})
    )

    assert priced.neurons == pytest.approx(0.682, abs=0.001)
    assert not priced.is_measured
    assert unpriced.neurons == 0
    assert not unpriced.is_measured


@pytest.mark.anyio
async def test_a_retired_model_says_so(host: Host) -> None:
    """A run puts the next model of the profile in its place."""
    uform = find_profile(Task.CAPTION, hosted_models.UFORM)

    with pytest.raises(ModelRetired, match="deprecated"):
        await HostedImageModel(host, uform).predict(IMAGE, frozenset({Task.CAPTION}))


@pytest.mark.anyio
async def test_a_stream_of_events_is_no_answer(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """Moondream streams unless told not to; should it anyway, nothing is stored."""
    stream = faults.Fault(200, b'data: {"caption":"A"}\n\ndata: [DONE]\n\n')
    workers_ai.reply(stream)

    with pytest.raises(BadAnswer):
        await host.ask(ModelRequest(GEMMA, image=IMAGE))


@pytest.mark.anyio
async def test_many_calls_at_once_are_in_flight_at_once(
    workers_ai: WorkersAIStub, host: Host
) -> None:
    """Sixty-four workers are not held up by a pool of connections."""
    workers_ai.latency_s = 0.2
    request = ModelRequest(DETR, image=IMAGE)

    replies = await asyncio.gather(*(host.ask(request) for _ in range(64)))

    assert all(reply.answer == replies[0].answer for reply in replies)
    assert workers_ai.most_at_once == 64


@pytest.mark.anyio
async def test_a_model_is_only_asked_what_it_can_answer(host: Host) -> None:
    """A mistake in the wiring is found before it costs anything."""
    model = HostedImageModel(host, living(Task.LABELS, TODAY)[0])

    with pytest.raises(ValueError, match="cannot answer"):
        await model.predict(IMAGE, frozenset({Task.CAPTION}))
    with pytest.raises(ValueError, match="nothing it can read"):
        await host.ask(ModelRequest(BGE, image=IMAGE))
    with pytest.raises(ValueError, match="nothing it can read"):
        await host.ask(ModelRequest(GEMMA, texts=("a cat",)))
