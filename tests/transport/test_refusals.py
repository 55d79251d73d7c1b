"""Which error each refusal means, how long to wait for it, and what was paid."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ImgaiError,
    ModelRetired,
    ModelUnavailable,
    QuotaExhausted,
    RateLimited,
    RejectedImage,
    SettingsError,
)
from tests.stubs import faults
from tests.stubs.faults import Fault
from tests.stubs.workers_ai import WorkersAIStub
from tests.transport.connected import error_after

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)

MEANINGS: list[tuple[str, Callable[[], Fault], type[ImgaiError]]] = [
    ("quota spent", faults.quota_spent, QuotaExhausted),
    (
        "quota spent, the documented code",
        lambda: faults.workers_ai_refusal(429, 3036, "spent"),
        QuotaExhausted,
    ),
    (
        "quota spent, told by its text alone",
        lambda: faults.refusal(429, 1, "your Daily free allocation is used up"),
        QuotaExhausted,
    ),
    (
        "quota spent, told with HTTP 200",
        lambda: faults.enveloped(200, faults.refusal_body(4006, "spent")),
        QuotaExhausted,
    ),
    (
        "quota spent, without envelope",
        lambda: faults.flat_refusal(429, 4006, "spent"),
        QuotaExhausted,
    ),
    ("out of capacity", faults.out_of_capacity, ModelUnavailable),
    ("minute full", faults.minute_full, RateLimited),
    ("platform throttled", faults.platform_throttled, RateLimited),
    ("429 of a page", lambda: faults.html(429), RateLimited),
    ("retired", faults.retired, ModelRetired),
    (
        "retired, told with HTTP 400",
        lambda: faults.workers_ai_refusal(400, 5028, "deprecated"),
        ModelRetired,
    ),
    ("gone", lambda: faults.html(410), ModelRetired),
    ("unknown", lambda: faults.workers_ai_refusal(400, 5007, "No"), ModelRetired),
    ("invalid", lambda: faults.workers_ai_refusal(404, 3042, "No"), ModelRetired),
    ("terms", lambda: faults.workers_ai_refusal(403, 5016, "agree"), ModelRetired),
    ("private", lambda: faults.workers_ai_refusal(403, 5018, "No"), ModelRetired),
    ("paid plan", lambda: faults.workers_ai_refusal(403, 5035, "paid"), ModelRetired),
    ("blocked", lambda: faults.workers_ai_refusal(403, 3023, "No"), AccessDenied),
    ("token refused", faults.token_refused, AccessDenied),
    ("no permission", lambda: faults.token_refused(403), AccessDenied),
    ("malformed token", lambda: faults.refusal(400, 6003, "header"), AccessDenied),
    ("unknown token", lambda: faults.refusal(400, 1000, "Invalid"), AccessDenied),
    ("narrow token", lambda: faults.refusal(400, 9106, "headers"), AccessDenied),
    ("wrong account", lambda: faults.refusal(404, 7003, "route"), SettingsError),
    ("no such path", lambda: faults.html(404), SettingsError),
    ("bad input", faults.bad_input, RejectedImage),
    ("flat bad input", lambda: faults.flat_refusal(400, 5006, "No"), RejectedImage),
    ("too large", lambda: faults.workers_ai_refusal(413, 3006, "No"), RejectedImage),
    ("flagged", lambda: faults.workers_ai_refusal(400, 3030, "No"), RejectedImage),
    ("teapot", lambda: faults.html(418), RejectedImage),
    ("timed out", lambda: faults.workers_ai_refusal(408, 3046, "No"), ModelUnavailable),
    ("broken", lambda: faults.workers_ai_refusal(500, 3043, "No"), ModelUnavailable),
    ("bad gateway", faults.html, ModelUnavailable),
    ("made up", lambda: faults.html(599), ModelUnavailable),
    ("challenged", faults.firewall_challenge, ModelUnavailable),
    (
        "redirect",
        lambda: faults.html(302, Location="https://x.test/"),
        ModelUnavailable,
    ),
    ("reset", faults.reset, ModelUnavailable),
    ("cut short", faults.cut_short, ModelUnavailable),
    ("dripping", faults.dripping, ModelUnavailable),
    ("silent", faults.silent, ModelUnavailable),
    ("truncated", faults.truncated_json, BadAnswer),
    ("a page in place of JSON", lambda: faults.html(200), BadAnswer),
    ("no success", lambda: faults.enveloped(200, {"success": False}), BadAnswer),
    (
        "success in words",
        lambda: faults.enveloped(200, {"success": "yes", "result": []}),
        BadAnswer,
    ),
    ("no result", lambda: faults.enveloped(200, {"success": True}), BadAnswer),
    ("a bare list", lambda: faults.enveloped(200, []), BadAnswer),
    ("null", lambda: Fault(200, b"null"), BadAnswer),
    ("nothing", lambda: Fault(200), BadAnswer),
    ("NaN", lambda: Fault(200, b'{"result":NaN,"success":true}'), BadAnswer),
    ("no UTF-8", lambda: Fault(200, b'{"result":"\xff","success":true}'), BadAnswer),
    ("deep", lambda: Fault(200, b"[" * 100_000), BadAnswer),
    ("a long number", lambda: Fault(200, b"1" * 10_000), BadAnswer),
    ("5 MB", lambda: Fault(200, b'"' + b"x" * 5_000_000 + b'"'), BadAnswer),
    ("packed oddly", lambda: Fault(200, b"x", {"Content-Encoding": "br"}), BadAnswer),
    ("packed badly", lambda: Fault(200, b"x", {"Content-Encoding": "gzip"}), BadAnswer),
]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("make", "meaning"),
    [pytest.param(make, meaning, id=name) for name, make, meaning in MEANINGS],
)
async def test_every_refusal_means_one_named_error(
    workers_ai: WorkersAIStub, make: Callable[[], Fault], meaning: type[ImgaiError]
) -> None:
    """Only the right type makes the run stop, wait, move on or try another model."""
    error = await error_after(workers_ai, make())

    assert type(error) is meaning
    assert workers_ai.token not in str(error)
    assert workers_ai.account_id not in str(error)


@pytest.mark.anyio
async def test_a_spent_quota_says_when_the_next_day_begins(
    workers_ai: WorkersAIStub,
) -> None:
    """The allocation is back at 00:00 UTC, wherever the user lives."""
    error = await error_after(workers_ai, faults.quota_spent())

    assert error.retry_at == MIDNIGHT


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "wait_s", "pauses_everything"),
    [
        (faults.minute_full(), 15.0, False),
        (faults.minute_full(Retry_After="7"), 7.0, False),
        (faults.platform_throttled(), 60.0, True),
        (faults.platform_throttled(Retry_After="120"), 120.0, True),
        (faults.html(429), None, False),
    ],
)
async def test_a_rate_limit_says_how_long_and_for_whom(
    workers_ai: WorkersAIStub,
    answer: Fault,
    wait_s: float | None,
    pauses_everything: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """One model's full minute must not stop the others; the platform's block must."""
    error = await error_after(workers_ai, answer)

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait_s
    assert error.pauses_everything is pauses_everything


@pytest.mark.anyio
async def test_a_busy_host_may_say_when_to_come_back(
    workers_ai: WorkersAIStub,
) -> None:
    """Its own wait is better than any backoff."""
    error = await error_after(workers_ai, faults.out_of_capacity(Retry_After="3"))

    assert isinstance(error, ModelUnavailable)
    assert error.retry_after_s == 3.0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "perhaps_billed"),
    [
        (faults.silent(), True),
        (faults.reset(), True),
        (faults.cut_short(), True),
        (faults.out_of_capacity(), False),
        (faults.html(502), False),
        (faults.html(504), True),
    ],
)
async def test_a_request_that_went_out_whole_is_perhaps_billed(
    workers_ai: WorkersAIStub,
    answer: Fault,
    perhaps_billed: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """Once the host has everything it may have done the work: the journal says so."""
    error = await error_after(workers_ai, answer)

    assert isinstance(error, ModelUnavailable)
    assert error.perhaps_billed is perhaps_billed
