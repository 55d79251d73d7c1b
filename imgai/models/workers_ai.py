"""Workers AI as a host of models, and hosted models as the pipeline knows models."""

import asyncio
import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgai.domain.clock import Now, utc_now
from imgai.domain.images import PreparedImage
from imgai.domain.predictions import (
    Backend,
    Caption,
    Labels,
    Prediction,
    Task,
    Vector,
    VectorSpace,
)
from imgai.errors import RejectedImage, SettingsError
from imgai.models.base import EmbeddedText, Host, ModelReply, ModelRequest
from imgai.models.profiles import ImageWire, Profile, TextWire, neurons_at_most
from imgai.models.requests import shortened
from imgai.transport.cloudflare import LONGEST_JSON_BYTES, CloudflareApi
from imgai.transport.http import Body

# A single call for a million neurons, eleven dollars, is a header gone wrong.
_MOST_NEURONS = 1e6
_LARGEST_ABOUT_IMAGES = 2**20  # a hundred detections take 12 kB
_GATEWAY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SURELY_READ_CHARACTERS = 250  # at two tokens each, what the embedding model reads
_PARSED_AT_ONCE = 8  # vectors; more take milliseconds that the event loop needs

Clock = Callable[[], float]


class WorkersAI:
    """Runs models on Workers AI; it is a `Host`, and each `ask` is one request."""

    def __init__(
        self,
        api: CloudflareApi,
        *,
        gateway: str | None = None,
        gateway_keeps_images: bool = False,
        clock: Clock = time.perf_counter,
    ) -> None:
        """Prepare; nothing is sent before the first `ask`.

        Args:
            api: the account that pays.
            gateway: the AI Gateway that requests go through, by name.
            gateway_keeps_images: whether its log may keep what is sent.
            clock: seconds, for how long calls take.

        Raises:
            SettingsError: the gateway's name cannot be one.
        """
        if gateway is not None and not _GATEWAY.fullmatch(gateway):
            raise SettingsError(
                "CLOUDFLARE_AI_GATEWAY holds characters that no gateway's name has",
                hint="It is the gateway's name, such as default, not its URL.",
            )
        self._api = api
        self._gateway = gateway
        self._gateway_keeps_images = gateway_keeps_images
        self._clock = clock

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        path, body, headers = self._addressed(request)
        largest_bytes = LONGEST_JSON_BYTES if request.texts else _LARGEST_ABOUT_IMAGES
        started_s = self._clock()
        answer = await self._api.post(
            self._api.account_path(path), body, headers, largest_bytes
        )
        took_s = self._clock() - started_s
        return ModelReply(
            answer=await _read(request, answer.result),
            neurons=_measured_neurons(answer.headers, answer.result),
            processing_time_ms=round(took_s * 1_000),
        )

    def _addressed(self, request: ModelRequest) -> tuple[str, Body, dict[str, str]]:
        """Return path, body and headers of a request."""
        model = request.profile.model
        if self._gateway is None:
            return f"ai/run/{model}", _body(request), {}
        headers = {"cf-aig-gateway-id": self._gateway}
        if not self._gateway_keeps_images:
            headers["cf-aig-collect-log-payload"] = "false"
        # Gateways read JSON alone: a picture's bytes would not get through.
        return "ai/run", _json_body({"model": model, "input": _input(request)}), headers


@dataclass(frozen=True, slots=True)
class HostedImageModel:
    """One hosted model that looks at images; it is an `ImageModel`."""

    host: Host
    profile: Profile
    now: Now = utc_now

    @property
    def tasks(self) -> frozenset[Task]:
        """See `ImageModel.tasks`."""
        return frozenset({self.profile.task})

    @property
    def backend(self) -> Backend:
        """See `ImageModel.backend`."""
        return Backend.WORKERS_AI

    async def predict(
        self, image: PreparedImage, tasks: frozenset[Task]
    ) -> tuple[Prediction, ...]:
        """See `ImageModel.predict`."""
        if tasks != self.tasks:
            raise ValueError(f"{self.profile.model} cannot answer {sorted(tasks)}")
        reply = await self.host.ask(
            ModelRequest(
                self.profile,
                image=image,
                picture_hashes=(image.picture.picture_hash,),
            )
        )
        if not isinstance(reply.answer, Labels | Caption):
            raise TypeError(f"{self.profile.model} looked at an image and saw vectors")
        return (
            Prediction(
                task=self.profile.task,
                backend=self.backend,
                model=self.profile.model,
                answer=reply.answer,
                predicted_at=self.now(),
                neurons=_neurons(reply, self.profile),
                is_measured=reply.neurons is not None,
                processing_time_ms=reply.processing_time_ms,
                params={
                    **self.profile.params,
                    "width_px": image.width_px,
                    "height_px": image.height_px,
                },
            ),
        )


@dataclass(frozen=True, slots=True)
class HostedTextEmbedder:
    """One hosted model that embeds texts; it is a `TextEmbedder`."""

    host: Host
    profile: Profile

    @property
    def space(self) -> VectorSpace:
        """See `TextEmbedder.space`."""
        if not isinstance(self.profile.wire, TextWire):
            raise TypeError(f"{self.profile.model} does not embed texts")
        return self.profile.wire.space

    @property
    def backend(self) -> Backend:
        """See `TextEmbedder.backend`."""
        return Backend.WORKERS_AI

    async def embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str] = ()
    ) -> list[EmbeddedText]:
        """See `TextEmbedder.embed`.

        A text that is refused alone is asked for by its beginning: in a script that
        takes a token a character it can be too long where another is not.
        """
        try:
            return await self._embed(texts, picture_hashes)
        except RejectedImage:
            if len(texts) > 1 or len(texts[0]) <= _SURELY_READ_CHARACTERS:
                raise
        beginning = shortened(texts[0])
        return await self.embed([beginning[: len(beginning) // 2]], picture_hashes)

    async def _embed(
        self, texts: Sequence[str], picture_hashes: Sequence[str]
    ) -> list[EmbeddedText]:
        reply = await self.host.ask(
            ModelRequest(
                self.profile, texts=tuple(texts), picture_hashes=tuple(picture_hashes)
            )
        )
        if not isinstance(reply.answer, tuple):
            raise TypeError(f"{self.profile.model} read texts and saw an image")
        share = _neurons(reply, self.profile, texts) / len(texts)
        return [
            EmbeddedText(
                vector=vector,
                space=self.space,
                neurons=share,
                is_measured=reply.neurons is not None,
                processing_time_ms=reply.processing_time_ms,
            )
            for vector in reply.answer
        ]


def _neurons(reply: ModelReply, profile: Profile, texts: Sequence[str] = ()) -> float:
    """Return what a reply cost as measured, else the most it can have cost."""
    if reply.neurons is not None:
        return reply.neurons
    return neurons_at_most(profile, texts) or 0.0


def _input(request: ModelRequest) -> dict[str, object]:
    params = request.profile.params
    match request.profile.wire, request.image:
        case ImageWire(write=write), PreparedImage(jpeg=jpeg):
            return write(jpeg, params)
        case TextWire(write=write), None if request.texts:
            return write(request.texts, params)
    raise ValueError(f"{request.profile.model} was asked about nothing it can read")


def _body(request: ModelRequest) -> Body:
    profile = request.profile
    match profile.wire, request.image:
        case ImageWire(takes_jpeg=True), PreparedImage(jpeg=jpeg) if not profile.params:
            return Body(jpeg, "application/octet-stream")
    return _json_body(_input(request))


def _json_body(content: Mapping[str, object]) -> Body:
    return Body(json.dumps(content).encode("ascii"), "application/json")


async def _read(
    request: ModelRequest, result: Any
) -> Labels | Caption | tuple[Vector, ...]:
    match request.profile.wire, request.image:
        case ImageWire(read=read_image), PreparedImage() as image:
            return read_image(result, image)
        case TextWire(read=read_texts, space=space), _:
            count = len(request.texts)
            if count <= _PARSED_AT_ONCE:
                return read_texts(result, count, space)
            return await asyncio.to_thread(read_texts, result, count, space)
    raise ValueError(f"{request.profile.model} was asked about nothing it can read")


def _measured_neurons(headers: Mapping[str, str], result: Any) -> float | None:
    """Return what the host says a call cost; None if it does not, or not sensibly."""
    if headers.get("cf-aig-cache-status", "").upper() == "HIT":
        return 0.0
    usage = result.get("usage") if isinstance(result, dict) else None
    in_usage = usage.get("neurons") if isinstance(usage, dict) else None
    in_header = _sensible(headers.get("cf-ai-neurons"))
    return _sensible(in_usage) if in_header is None else in_header


def _sensible(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        neurons = float(value)
    except (ValueError, OverflowError):
        return None
    is_sensible = math.isfinite(neurons) and 0 <= neurons <= _MOST_NEURONS
    return neurons if is_sensible else None
