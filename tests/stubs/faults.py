"""What a stub server is told to answer in place of the truth, refusals word for word.

The wording of Workers AI's errors is as public reports quote it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

_REQUEST_ID = "(51afe8c9-9139-446e-9284-928af8ee842d)"


class Manner(Enum):
    """How an answer is given."""

    PLAIN = auto()
    RESET = auto()  # the connection is reset in place of an answer
    CUT = auto()  # half of the body, then the connection ends
    DRIP = auto()  # one byte at a time
    HANG = auto()  # nothing, until the stub closes


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that is given whatever was asked."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.PLAIN


def enveloped(status: int, body: object, **headers: str) -> Fault:
    """Return an answer of JSON; headers are written `Retry_After="7"`."""
    return Fault(
        status,
        json.dumps(body).encode(),
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def refusal(status: int, code: int, message: str, **headers: str) -> Fault:
    """Return a refusal in Workers AI's envelope."""
    return enveloped(status, refusal_body(code, message), **headers)


def refusal_body(code: int, message: str, result: object = None) -> dict[str, object]:
    """Return the envelope of a refusal; Workers AI's own have the result `{}`."""
    return {
        "errors": [{"message": message, "code": code}],
        "success": False,
        "result": result,
        "messages": [],
    }


def workers_ai_refusal(status: int, code: int, said: str, **headers: str) -> Fault:
    """Return a refusal as Workers AI itself words it."""
    message = f"AiError: {said} {_REQUEST_ID}"
    return enveloped(status, refusal_body(code, message, {}), **headers)


def flat_refusal(status: int, code: int, said: str) -> Fault:
    """Return a refusal without envelope, as it comes through a gateway."""
    message = f"AiError: {said}"
    return enveloped(
        status,
        {
            "name": "AiError",
            "internalCode": code,
            "httpCode": status,
            "message": message,
            "description": said,
            "requestId": "f3f58c5f",
        },
    )


def quota_spent() -> Fault:
    """Return the refusal of a day's last neuron: HTTP 429 until 00:00 UTC."""
    return workers_ai_refusal(
        429,
        4006,
        "AiError: you have used up your daily free allocation of 10,000 neurons, "
        "please upgrade to Cloudflare's Workers Paid plan if you would like to "
        "continue usage.",
    )


def minute_full(**headers: str) -> Fault:
    """Return the refusal of a model's full minute: HTTP 429 for a while."""
    said = "AiError: rate limiting: inference request per min rate reached"
    return workers_ai_refusal(429, 3021, said, **headers)


def out_of_capacity(**headers: str) -> Fault:
    """Return the refusal of a busy host: HTTP 429 until it has room."""
    said = "Capacity temporarily exceeded, please try again."
    return workers_ai_refusal(429, 3040, said, **headers)


def platform_throttled(**headers: str) -> Fault:
    """Return the refusal of the whole API: HTTP 429 for every call."""
    said = "Please wait and consider throttling your request speed"
    return refusal(429, 971, said, **headers)


def retired() -> Fault:
    """Return the refusal of a model that is gone: HTTP 410."""
    return workers_ai_refusal(
        410,
        5028,
        "Model has been deprecated: This model was deprecated on 2026-05-30. "
        "Please use an alternative model.",
    )


def bad_input(said: str = "Bad input: Error: not what the schema says") -> Fault:
    """Return the refusal of a request that breaks the model's schema: HTTP 400."""
    return workers_ai_refusal(400, 5006, said)


def token_refused(status: int = 401) -> Fault:
    """Return the refusal of a token: HTTP 401, or 403 when it lacks a permission."""
    return refusal(status, 10000, "Authentication error")


def html(status: int = 502, **headers: str) -> Fault:
    """Return a page for people, as proxies on the way give."""
    page = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
    return Fault(status, page, {"Content-Type": "text/html", **headers})


def firewall_challenge() -> Fault:
    """Return the page that Cloudflare's firewall shows to suspected robots."""
    return Fault(
        403,
        b"<html>Just a moment...</html>",
        {"Content-Type": "text/html", "cf-mitigated": "challenge"},
    )


def truncated_json() -> Fault:
    """Return half of a JSON answer, with a content length that says it is whole."""
    return Fault(200, b'{"result":[{"score":0.99,"lab')


def reset() -> Fault:
    """Reset the connection once the request has arrived."""
    return Fault(200, manner=Manner.RESET)


def cut_short() -> Fault:
    """End the connection in the middle of the body."""
    return Fault(200, b'{"result":[],"success":true,"errors":[]}', manner=Manner.CUT)


def dripping() -> Fault:
    """Answer one byte at a time, for minutes."""
    return Fault(200, b" " * 10_000, manner=Manner.DRIP)


def silent() -> Fault:
    """Never answer."""
    return Fault(200, manner=Manner.HANG)
