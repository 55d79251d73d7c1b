"""A bucket, or the part of it below a prefix, as a source of images."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from imgai.domain.images import ImageFile, PassedOver, SourceImage
from imgai.errors import (
    AccessDenied,
    ModelUnavailable,
    Reason,
    SourceNotFound,
    SourceUnreadable,
    TransientError,
    UnavailableImage,
    UnreadableImage,
)
from imgai.limits.retry import RetryPolicy, retrying
from imgai.limits.stop import Sleep
from imgai.sources.base import Listed
from imgai.sources.location import BucketLocation, parse_r2_uri, r2_uri
from imgai.sources.names import is_hidden_name, is_image_name
from imgai.sources.reading import HEAD_BYTES, ReadingRules, too_large
from imgai.sources.s3 import S3, ObjectRequest
from imgai.sources.s3_answers import Page, S3Object, parse_refusal
from imgai.sources.selection import EVERYTHING, Selection, reason_to_pass_over
from imgai.transport.http import HttpAnswer

_DOTS = {".", ".."}

_ANSWERED = {
    HTTPStatus.OK,
    HTTPStatus.PARTIAL_CONTENT,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
}

# Refusals with the status of a wrong key that speak of one object: it lies in an
# archive, or is encrypted with a key of its own.
_ABOUT_THE_OBJECT = {"InvalidObjectState", "InvalidRequest", "KMS.DisabledException"}

PATIENCE = RetryPolicy(attempts=6, patience_s=120.0)


@dataclass(frozen=True, slots=True)
class _Position:
    """How far a listing has come."""

    token: str | None = None  # of the next page; good for this run at most
    last_key: str = ""


class R2Bucket:
    """The objects of a bucket whose keys begin with a prefix, in the keys' order.

    Change is told by ETag and size; objects have no time of their own that means
    anything here. A key that ends with a slash stands for a folder and is passed
    over; one with a hidden part is hidden. An object overwritten since it was listed
    is read as it is now.
    """

    def __init__(
        self,
        s3: S3,
        location: BucketLocation,
        selection: Selection = EVERYTHING,
        rules: ReadingRules | None = None,
        *,
        policy: RetryPolicy = PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Make a source of a bucket; nothing is sent yet.

        Args:
            s3: the store; whoever made it closes it.
            location: bucket and prefix.
            selection: globs see the path below the prefix's last slash.
            rules: how objects are read.
            policy: how often, and for how long, a call is repeated.
            sleep: waits between repeated calls.
        """
        self._s3 = s3
        self._bucket = location.bucket
        self._prefix = location.prefix
        self._selection = selection
        self._is_selected = selection.path_test()
        self._rules = rules or ReadingRules()
        self._policy = policy
        self._sleep = sleep
        self._is_complete = False

    @property
    def uri(self) -> str:
        """See `Source.uri`."""
        return r2_uri(self._bucket, self._prefix)

    @property
    def is_complete(self) -> bool:
        """See `Source.is_complete`."""
        return self._is_complete and self._selection.shard is None

    async def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Source.batches`.

        Raises:
            TransientError: the store could not be reached at all.
        """
        position = _Position()
        is_empty = True
        while True:
            page, position = await self._next_page(position)
            is_empty = is_empty and not page.objects
            if page.objects:
                yield [listed for one in page.objects if (listed := self._look_at(one))]
            if page.next_token is None:
                break
        if is_empty and self._prefix:
            raise SourceNotFound(
                f"No object in bucket {self._bucket!r} begins with {self._prefix!r}."
            )
        self._is_complete = True

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        _, key = parse_r2_uri(image.uri)
        if not _DOTS.isdisjoint(key.split("/")):
            # Clients and servers on the way fold such parts, so that another object
            # would be asked for, with a signature that is wrong.
            raise UnreadableImage(
                "Its key has '.' or '..' between slashes, which no URL can carry.",
                reason=Reason.UNREADABLE,
            )
        if image.size_bytes > self._rules.largest_bytes and is_image_name(key):
            raise too_large(image.size_bytes, self._rules)
        if image.size_bytes > self._rules.worth_a_look_bytes and not is_image_name(key):
            await self._check_head(key, image)
            if image.size_bytes > self._rules.largest_bytes:
                raise too_large(image.size_bytes, self._rules)
        answer = await self._get(key, image, image.etag)
        if answer.status == HTTPStatus.PRECONDITION_FAILED:
            # Overwritten since it was listed: what is there now is as good.
            answer = await self._get(key, image, None)
        content = self._content(answer)
        read = SourceImage(image.uri, len(content), None, _etag(answer))
        return ImageFile(read, content)

    async def _next_page(self, position: _Position) -> tuple[Page, _Position]:
        """Return the page at a position, and the position behind it."""
        ask_for = position
        try:
            async for attempt in retrying(self._policy, self._sleep):
                if attempt.retry_state.attempt_number > 1 and position.last_key:
                    # The token may be what the store stumbled on.
                    ask_for = _Position(None, position.last_key)
                with attempt:
                    page = await self._s3.list_page(
                        self._bucket,
                        self._prefix,
                        token=ask_for.token,
                        start_after=ask_for.last_key,
                    )
                    return page, _behind(page, position)
        except TransientError as error:
            if position == _Position():
                raise
            raise SourceUnreadable(
                f"The listing of bucket {self._bucket!r} broke off: {error}",
                hint="Run it again: what is classified by then is not asked about.",
            ) from error
        raise AssertionError("unreachable: the last error is re-raised")

    def _look_at(self, one: S3Object) -> Listed | None:
        uri = r2_uri(self._bucket, one.key)
        if not self._selection.takes(uri):
            return None
        *folders, name = one.key.split("/")
        if not name:
            return PassedOver(uri, Reason.NOT_REGULAR)
        below = self._prefix.count("/")
        if any(map(_is_hidden_part, folders[below:])):
            return PassedOver(uri, Reason.HIDDEN)
        path = one.key[self._prefix.rfind("/") + 1 :]
        why = None if name in _DOTS else self._why_passed_over(name, path)
        if why is not None:
            return PassedOver(uri, why)
        return SourceImage(uri, one.size_bytes, None, one.etag)

    def _why_passed_over(self, name: str, path: str) -> Reason | None:
        return reason_to_pass_over(name, path, self._is_selected)

    async def _check_head(self, key: str, image: SourceImage) -> None:
        """Raise NotAnImage when a large object's first bytes are no image's."""
        answer = await self._get(key, image, image.etag, first_bytes=HEAD_BYTES)
        if answer.status != HTTPStatus.PRECONDITION_FAILED:
            self._rules.check_head(self._content(answer)[:HEAD_BYTES])

    async def _get(
        self,
        key: str,
        image: SourceImage,
        etag: str | None,
        first_bytes: int | None = None,
    ) -> HttpAnswer:
        """Return the answer to a GetObject, repeated while that may help."""
        wanted = ObjectRequest(
            self._bucket,
            key,
            image.size_bytes,
            self._rules.largest_bytes,
            etag,
            first_bytes,
        )
        async for attempt in retrying(self._policy, self._sleep):
            with attempt:
                answer = await self._s3.get_object(wanted)
                if answer.status in _ANSWERED:
                    _check_whole(answer, image)
                    return answer
                refusal = self._s3.refusal(answer, self._bucket)
                if isinstance(refusal, TransientError):
                    raise refusal
                return answer
        raise AssertionError("unreachable: the last error is re-raised")

    def _content(self, answer: HttpAnswer) -> bytes:
        match answer.status:
            case HTTPStatus.OK | HTTPStatus.PARTIAL_CONTENT:
                return answer.body
            case (
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            ):  # of an object without a byte
                return b""
            case HTTPStatus.NOT_FOUND:
                raise UnavailableImage("It is no longer there.", reason=Reason.VANISHED)
            case HTTPStatus.PRECONDITION_FAILED:
                raise UnavailableImage(
                    "It was being written to.", reason=Reason.CHANGED
                )
        code = parse_refusal(answer).code
        refusal = self._s3.refusal(answer, self._bucket)
        if code in _ABOUT_THE_OBJECT or not isinstance(refusal, AccessDenied):
            unreadable = UnreadableImage(
                f"The store answered {answer.status} {code}.", reason=Reason.UNREADABLE
            )
            unreadable.is_permanent = False
            raise unreadable
        raise refusal


def _behind(page: Page, position: _Position) -> _Position:
    """Return the position behind a page.

    Raises:
        SourceUnreadable: it is where the listing was before, so it would not end.
    """
    last_key = page.objects[-1].key if page.objects else position.last_key
    if page.next_token is not None and page.next_token == position.token:
        raise SourceUnreadable("The store lists the same page again and again.")
    return _Position(page.next_token, last_key)


def _check_whole(answer: HttpAnswer, image: SourceImage) -> None:
    """Raise ModelUnavailable when a body ends too soon without the store saying so."""
    is_as_listed = answer.status == HTTPStatus.OK and _etag(answer) == image.etag
    is_packed = "content-encoding" in answer.headers
    if is_as_listed and not is_packed and len(answer.body) != image.size_bytes:
        raise ModelUnavailable("The store sent a part of the object only.")


def _etag(answer: HttpAnswer) -> str | None:
    return answer.headers.get("etag", "").removeprefix("W/").strip('"') or None


def _is_hidden_part(part: str) -> bool:
    return part not in _DOTS and is_hidden_name(part)
