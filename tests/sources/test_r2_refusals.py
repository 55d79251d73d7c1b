"""What a store refuses, and what is done about it."""

from datetime import UTC, datetime

import pytest

from imgai.errors import (
    AccessDenied,
    SourceNotFound,
    SourceUnreadable,
    TransientError,
)
from imgai.sources.r2_keys import S3Keys
from imgai.sources.s3 import S3
from imgai.sources.s3_answers import refusal_error
from imgai.transport.http import HttpAnswer
from tests.sources.buckets import KEYS, bucket
from tests.sources.folders import list_all
from tests.stubs.faults import Fault
from tests.stubs.s3_stub import S3Stub, refused

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (refused(403, "SignatureDoesNotMatch"), AccessDenied, "secret"),
        (refused(403, "InvalidAccessKeyId"), AccessDenied, "access key"),
        (refused(401, "Unauthorized"), AccessDenied, "access key"),
        (refused(403, "AccessDenied"), AccessDenied, "403"),
        (refused(403, "NotEntitled"), AccessDenied, "no R2"),
        (refused(403, "RequestTimeTooSkewed"), AccessDenied, "clock"),
        (refused(400, "ExpiredRequest"), AccessDenied, "clock"),
        (refused(404, "NoSuchBucket"), SourceNotFound, "photos"),
        (refused(400, "InvalidBucketName"), SourceNotFound, "photos"),
        (refused(400, "InvalidArgument"), SourceUnreadable, "400"),
    ],
)
async def test_refusals_are_told_apart(
    store: S3Stub, s3: S3, fault: Fault, error: type[Exception], words: str
) -> None:
    """One call is enough, the remedy differs, and no secret is in the message."""
    store.faults.append(fault)
    with pytest.raises(error, match=words) as caught:
        await list_all(bucket(s3))

    assert len(store.lists) == 1
    said = f"{caught.value} {getattr(caught.value, 'hint', '')}"
    assert KEYS.access_key_id not in said
    assert KEYS.secret_access_key not in said


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 522, 524, 530])
async def test_what_may_pass_is_asked_again(store: S3Stub, s3: S3, status: int) -> None:
    """The store's own faults, and those of the network in front of it."""
    store.objects = {"a.jpg": b"x"}
    store.faults.append(Fault(status, b"<html>error</html>"))

    assert len(await list_all(bucket(s3))) == 1
    assert len(store.lists) == 2


async def test_what_the_store_does_not_know_is_not_asked_again(
    store: S3Stub, s3: S3
) -> None:
    """It will know it no better in a second."""
    store.faults.append(refused(501, "NotImplemented"))
    with pytest.raises(SourceUnreadable):
        await list_all(bucket(s3))

    assert len(store.lists) == 1


async def test_a_redirect_is_not_followed_and_names_the_stores_setting(
    store: S3Stub, s3: S3
) -> None:
    """What is wrong is this store's address, not that of Cloudflare's API."""
    elsewhere = refused(301, "PermanentRedirect", Location="https://x.test/")
    store.faults.extend([elsewhere] * 9)
    with pytest.raises(TransientError, match="redirects") as caught:
        await list_all(bucket(s3))

    assert "R2_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize("date", ["Nov +9999 12:00:30 99999999999", "", "?"])
async def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    """It comes from outside, and may be anything."""
    answer = HttpAnswer(403, {"date": date}, b"")

    error = refusal_error(answer, "photos", datetime(2026, 11, 22, tzinfo=UTC))

    assert "clock" not in str(error)


async def test_a_wrong_clock_is_named_by_the_date_of_any_refusal(
    store: S3Stub,
) -> None:
    """Not every store says that it is the clock; its answer's date shows it."""
    store.faults.append(refused(403, "AccessDenied"))
    s3 = S3(store.url, KEYS, now=lambda: datetime(1994, 11, 6, tzinfo=UTC))
    with pytest.raises(AccessDenied, match="clock"):
        await list_all(bucket(s3))
    await s3.aclose()


async def test_a_store_may_name_its_region(store: S3Stub, s3: S3) -> None:
    """Stores that know no region "auto" say theirs, and the request is signed anew."""
    store.objects = {"a.jpg": b"x"}
    body = (
        b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-1</Region></Error>"
    )
    store.faults.append(Fault(400, body))

    assert len(await list_all(bucket(s3))) == 1
    assert "/auto/s3/" in store.asked[0].headers["authorization"]
    assert "/eu-1/s3/" in store.asked[1].headers["authorization"]


async def test_a_session_token_goes_with_each_request(store: S3Stub) -> None:
    """Temporary keys are refused without it."""
    s3 = S3(store.url, S3Keys("id", "secret", "the session token"))
    await list_all(bucket(s3))
    await s3.aclose()

    headers = store.asked[0].headers
    assert headers["x-amz-security-token"] == "the session token"
    assert "x-amz-security-token" in headers["authorization"]
