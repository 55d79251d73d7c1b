"""Buckets as tests need them: sources that never really wait."""

import asyncio
from dataclasses import dataclass, field

from imgai.domain.images import SourceImage
from imgai.limits.retry import RetryPolicy
from imgai.sources.location import BucketLocation, r2_uri
from imgai.sources.r2 import R2Bucket
from imgai.sources.r2_keys import S3Keys
from imgai.sources.reading import ReadingRules
from imgai.sources.s3 import S3
from imgai.sources.s3_object import RemoteObject
from imgai.sources.selection import EVERYTHING, Selection
from tests.stubs.faults import Fault, Manner
from tests.stubs.s3_stub import etag, refused

KEYS = S3Keys("the-access-key-id", "the-secret-access-key")
BUSY = refused(503, "SlowDown")
NO_ANSWER = Fault(200, manner=Manner.RESET)


@dataclass(slots=True)
class RecordedSleep:
    """A sleep that takes no time and remembers how long it should have taken."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        """Return at once."""
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def bucket(
    s3: S3,
    prefix: str = "",
    selection: Selection = EVERYTHING,
    rules: ReadingRules | None = None,
    name: str = "photos",
) -> R2Bucket:
    """Return a source that never really waits, and gives up at the fourth failure."""
    return R2Bucket(
        s3,
        BucketLocation(name, prefix),
        selection,
        rules,
        policy=RetryPolicy(attempts=4),
        sleep=RecordedSleep(),
    )


def listed(key: str, content: bytes) -> SourceImage:
    """Return an object as a listing showed it."""
    tag = etag(content).strip('"')
    return SourceImage(r2_uri("photos", key), len(content), None, tag)


def remote(s3: S3, key: str, bucket: str = "photos") -> RemoteObject:
    """Return an object whose calls never really wait, and are given up at the third."""
    return RemoteObject(
        s3,
        BucketLocation(bucket, key),
        policy=RetryPolicy(attempts=3),
        sleep=RecordedSleep(),
    )


def any_start(first_bytes: bytes) -> None:
    """Find any beginning of a file right."""
