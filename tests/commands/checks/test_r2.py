"""What is found out about R2's keys, against a small S3 on a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from imgai.commands.checks.r2 import check_r2
from imgai.domain.checks import Check, Health
from imgai.errors import ExitCode
from imgai.settings.values import R2, Secret, Settings
from imgai.sources.location import BucketLocation
from tests.stubs.s3_stub import S3Stub, refused

pytestmark = pytest.mark.anyio

PHOTOS = BucketLocation("photos")


@pytest.fixture
def s3() -> Iterator[S3Stub]:
    """Return a store with one object."""
    with S3Stub({"a.jpg": b"a"}).running() as stub:
        yield stub


def settings(s3: S3Stub, origin: str = "environment (R2_ACCESS_KEY_ID)") -> Settings:
    keys = R2("the-key-id", Secret("the-secret-key"), endpoint_url=s3.url)
    return Settings(Path("x.db"), r2=keys, origins={"R2_ACCESS_KEY_ID": origin})


async def found(settings: Settings, bucket: BucketLocation | None = PHOTOS) -> Check:
    checks = await check_r2(settings, bucket, patience_s=20.0)
    return checks[-1]


async def test_a_bucket_is_listed_one_key_long(s3: S3Stub) -> None:
    """One key says as much as a thousand."""
    check = await found(settings(s3))

    assert check.status is Health.OK
    assert "may list r2://photos/: something is there" in check.found
    assert s3.lists[-1]["max-keys"] == "1"


async def test_a_prefix_without_objects_is_said(s3: S3Stub) -> None:
    """A slip in the prefix shows here rather than at night."""
    check = await found(settings(s3), BucketLocation("photos", "2024/"))

    assert "nothing is there" in check.found


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (403, "SignatureDoesNotMatch", ExitCode.ACCESS_DENIED),
        (401, "InvalidAccessKeyId", ExitCode.ACCESS_DENIED),
        (403, "RequestTimeTooSkewed", ExitCode.ACCESS_DENIED),
        (404, "NoSuchBucket", ExitCode.NO_SOURCE),
        (500, "InternalError", ExitCode.UNREACHABLE),
    ],
)
async def test_a_refusal_of_the_bucket_asked_about_is_what_classify_would_end_with(
    s3: S3Stub, status: int, code: str, exit_code: ExitCode
) -> None:
    """The same codes as `classify r2://photos`, before anything is started."""
    s3.faults.append(refused(status, code))

    assert (await found(settings(s3))).exit_code is exit_code


async def test_keys_that_may_not_list_buckets_are_known_and_well(s3: S3Stub) -> None:
    """A key made for one bucket is a good habit, not a fault."""
    s3.faults.append(refused(403, "AccessDenied"))

    check = await found(settings(s3), None)

    assert check.status is Health.OK
    assert "doctor r2://BUCKET" in check.found


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("environment (R2_ACCESS_KEY_ID)", Health.FAIL),
        ("environment (AWS_ACCESS_KEY_ID)", Health.WARN),
    ],
)
async def test_refused_keys_that_may_be_meant_for_others_are_a_warning(
    s3: S3Stub, origin: str, status: Health
) -> None:
    """AWS keys lie about in many environments; folders classify all the same."""
    s3.faults.append(refused(403, "SignatureDoesNotMatch"))

    assert (await found(settings(s3, origin), None)).status is status


async def test_without_any_keys_nothing_is_asked() -> None:
    """Pictures in folders are all that many people have."""
    assert (await found(Settings(Path("x.db")), None)).status is Health.OK


async def test_half_a_key_pair_is_named(s3: S3Stub) -> None:
    """It would be left out of account without a word."""
    half = Settings(Path("x.db"), r2=R2("the-key-id", endpoint_url=s3.url))

    checks = await check_r2(half, None, patience_s=20.0)

    assert "one half" in checks[0].found
    assert checks[0].status is Health.WARN
