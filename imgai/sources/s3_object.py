"""One object of a bucket, and each thing that can be asked about it."""

import asyncio
import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ImgaiError,
    SourceUnreadable,
)
from imgai.limits.retry import RetryPolicy, retrying
from imgai.limits.stop import Sleep
from imgai.sources.location import BucketLocation, r2_uri
from imgai.sources.s3 import S3, S3Request, deadline_for, object_path
from imgai.sources.s3_answers import (
    check_completed,
    completion,
    parse_refusal,
    parse_upload_id,
)
from imgai.transport.http import Body, HttpAnswer

T = TypeVar("T")

# Kept with the object, since an ETag is not always a hash of what is in it.
_SHA256 = "x-amz-meta-sha256"
_BYTES = "application/octet-stream"
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")
_LARGEST_REFUSAL_BYTES = 64 * 2**10
# S3 puts an object together for "several minutes" before it answers.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
_COMPLETE_DEADLINE_S = 300.0
_ABORT_DEADLINE_S = 3.0  # whoever pressed Ctrl-C waits for it

# A piece alone may take minutes, over a slow line.
PATIENCE = RetryPolicy(attempts=6, patience_s=600.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of an object, and whose they are.

    Attributes:
        content: the bytes.
        first_byte: their place in the object, from 0.
        size_bytes: of the whole object.
        etag: the object's, unquoted.
        sha256: of the whole object, in hexadecimal, as whoever put it there said.
    """

    content: bytes = field(repr=False)
    first_byte: int
    size_bytes: int
    etag: str | None = None
    sha256: str | None = None

    @property
    def end(self) -> int:
        """The place of the first byte behind it."""
        return self.first_byte + len(self.content)


class NoSuchObject(Exception):
    """The bucket is there, and has no object of that key. Not for people yet."""


class ObjectReplaced(Exception):
    """The object is another one than when its first piece was read. Neither."""


class RemoteObject:
    """One object of a bucket, whether it is there yet or not.

    Every call is one request, repeated while that may help, and may raise::

        SourceNotFound   there is no such bucket
        AccessDenied     the key was refused, or may not do this
        TransientError   the store did not answer, or not sensibly
        SourceUnreadable it refuses for a reason of its own
    """

    def __init__(
        self,
        s3: S3,
        location: BucketLocation,
        *,
        policy: RetryPolicy = PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Name an object; nothing is sent yet.

        Args:
            s3: the store; whoever made it closes it.
            location: its bucket, and as prefix its key.
            policy: how often, and for how long, a call is repeated.
            sleep: waits between repeated calls.
        """
        self._s3 = s3
        self._bucket = location.bucket
        self._path = object_path(location.bucket, location.prefix)
        self._policy = policy
        self._sleep = sleep
        self.uri = r2_uri(location.bucket, location.prefix)

    async def read(self, first_byte: int, count: int, of: Piece | None = None) -> Piece:
        """Return so many bytes of the object, or as many as it has from there.

        Args:
            first_byte: where they begin.
            count: one or more.
            of: an earlier piece of the object that is meant.

        Raises:
            NoSuchObject: it is not there.
            ObjectReplaced: it is not the one that is meant.
        """
        headers = {"Range": f"bytes={first_byte}-{first_byte + count - 1}"}
        if of is not None and of.etag is not None:
            headers["If-Match"] = f'"{of.etag}"'

        def check(answer: HttpAnswer) -> Piece:
            if of is not None and answer.status == HTTPStatus.PRECONDITION_FAILED:
                raise ObjectReplaced
            piece = self._piece(answer)
            end = min(first_byte + count, piece.size_bytes)
            if (piece.first_byte, piece.end) != (first_byte, end):
                raise BadAnswer("The store sent other bytes than it was asked for.")
            return piece

        request = S3Request(
            "GET",
            self._path,
            headers=headers,
            deadline_s=deadline_for(count),
            largest_bytes=max(count, _LARGEST_REFUSAL_BYTES),
        )
        return await self._ask(request, check)

    async def put(self, content: bytes, sha256: str) -> None:
        """Put the object there, in the place of what was.

        Args:
            content: all of it.
            sha256: of the content, in hexadecimal.
        """
        request = S3Request(
            "PUT",
            self._path,
            headers={_SHA256: sha256, **_digest(content)},
            body=Body(content, _BYTES),
            deadline_s=deadline_for(len(content)),
        )
        await self._ask(request, self._taken)

    async def begin(self, sha256: str) -> str:
        """Begin to put the object there in parts, and return the upload's id.

        Nothing is to be seen of it before `complete`; it must come to that, or to
        `abort`.
        """
        request = S3Request(
            "POST", self._path, {"uploads": ""}, headers={_SHA256: sha256}
        )
        return await self._ask(
            request, lambda answer: parse_upload_id(self._taken(answer).body)
        )

    async def put_part(self, upload_id: str, number: int, content: bytes) -> str:
        """Send one part of an upload, and return its ETag as the store writes it.

        Args:
            upload_id: see `begin`.
            number: from 1.
            content: all parts are of the same size, but for the last, which is smaller.
        """
        request = S3Request(
            "PUT",
            self._path,
            {"partNumber": str(number), "uploadId": upload_id},
            _digest(content),
            body=Body(content, _BYTES),
            deadline_s=deadline_for(len(content)),
        )
        return (await self._ask(request, self._taken)).headers.get("etag", "")

    async def complete(self, upload_id: str, etags: Sequence[str]) -> None:
        """Make the object of its parts.

        Whether it is there is to be looked at afterwards: where the store's answer was
        lost, it only says, when asked again, that it knows of no such upload.

        Args:
            upload_id: see `begin`.
            etags: of all parts, in their order.
        """

        def check(answer: HttpAnswer) -> None:
            if parse_refusal(answer).code != "NoSuchUpload":
                check_completed(self._taken(answer).body)

        request = S3Request(
            "POST",
            self._path,
            {"uploadId": upload_id},
            body=Body(completion(etags), "application/xml"),
            deadline_s=_COMPLETE_DEADLINE_S,
        )
        await self._ask(request, check)

    async def abort(self, upload_id: str) -> None:
        """Have the parts of an upload deleted. Nothing is raised, and little waited.

        R2 does so by itself after seven days.
        """
        request = S3Request(
            "DELETE",
            self._path,
            {"uploadId": upload_id},
            deadline_s=_ABORT_DEADLINE_S,
        )
        with suppress(ImgaiError):  # the error that led here is the one that counts
            await self._s3.send(request)

    async def _ask(self, request: S3Request, check: Callable[[HttpAnswer], T]) -> T:
        """Return what a check makes of the answer to a request."""
        async for attempt in retrying(self._policy, self._sleep):
            with attempt:
                return check(await self._s3.send(request))
        raise AssertionError("unreachable: the last error is re-raised")

    def _piece(self, answer: HttpAnswer) -> Piece:
        headers, content = answer.headers, answer.body
        etag = headers.get("etag", "").removeprefix("W/").strip('"') or None
        match answer.status:
            case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # it has not one byte
                return Piece(b"", 0, 0, etag)
            case HTTPStatus.OK:  # what was asked for is all there is
                return Piece(content, 0, len(content), etag, headers.get(_SHA256))
            case HTTPStatus.PARTIAL_CONTENT:
                said = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
                first, last, size = map(int, said.groups()) if said else (0, -1, 0)
                if not content or last - first + 1 != len(content):
                    raise BadAnswer("The store sent another part than it says.")
                return Piece(content, first, size, etag, headers.get(_SHA256))
            case HTTPStatus.NOT_FOUND if parse_refusal(answer).code != "NoSuchBucket":
                raise NoSuchObject
            case _:
                raise self._s3.refusal(answer, self._bucket)

    def _taken(self, answer: HttpAnswer) -> HttpAnswer:
        """Return an answer to a write that succeeded; raise what another one means."""
        if answer.status == HTTPStatus.OK:
            return answer
        match parse_refusal(answer).code:
            case "AccessDenied":
                raise AccessDenied(
                    f"The key may not write {self.uri}.",
                    hint="It needs the permission Object Read & Write for the bucket,"
                    " or Workers R2 Storage: Edit.",
                )
            case "NoSuchUpload":
                raise SourceUnreadable(
                    f"The store gave up the upload to {self.uri} before it was whole.",
                    hint="Run it again.",
                )
            case _:
                raise self._s3.refusal(answer, self._bucket)


def _digest(content: bytes) -> dict[str, str]:
    """Return the header by which a store sees that bytes changed on their way.

    Their SHA-256, which is signed, would do, but not all compare it: SeaweedFS does
    not. An ETag would not: R2's of a part is no MD5.
    """
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    return {"Content-MD5": b64encode(digest).decode()}
