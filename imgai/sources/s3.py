"""Signed requests to the S3 API of R2, or of any store that speaks it.

botocore signs, and does not send: its client needs a thread for each download, has
no deadline for a whole call, reads listings of any length, and takes as long to make
as all of this to import. obstore, the lightest, was tried first: it cannot read keys
with "//", a leading slash or control characters, and one of the latter ends its
listing of the whole bucket.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from imgai.domain.clock import Now, utc_now
from imgai.errors import ImgaiError
from imgai.sources.location import quote_key
from imgai.sources.r2_keys import S3Keys
from imgai.sources.s3_answers import (
    Page,
    parse_buckets,
    parse_page,
    parse_refusal,
    refusal_error,
)
from imgai.transport.http import Body, HttpAnswer, HttpClient, HttpRequest
from imgai.transport.wording import Redactor

_AWS_HOST = re.compile(r"s3[.-]([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_REGION = re.compile(r"[a-z0-9-]{1,64}")
_R2_REGION = "auto"

# A page of 1,000 keys of 1,024 bytes, each three times as long when encoded.
_LARGEST_PAGE_BYTES = 8 * 2**20
_PAGE_DEADLINE_S = 60.0
_MOST_BUCKET_PAGES = 100
_OK = 200
_WRONG_REGION = {400, 403}

# Beside the usual 30 s an object gets the time it takes at 100 kB/s, since several
# come at once over what may be a slow line.
_OBJECT_DEADLINE_S = 30.0
_SLOWEST_BYTES_PER_S = 100_000


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """One GetObject.

    Attributes:
        size_bytes: as listed; sets the deadline.
        largest_bytes: a longer answer is refused.
        etag: unquoted; the object must still have it. None: whichever there is.
        first_bytes: only so many from its beginning. None: all.
    """

    bucket: str
    key: str
    size_bytes: int
    largest_bytes: int
    etag: str | None = None
    first_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class S3Request:
    """One request, before it is signed.

    Attributes:
        path: of bucket and key, percent-encoded; begins with a slash.
        headers: those that begin with "x-amz-" are signed, the others are not.
        body: the store checks its SHA-256, which is signed, before it keeps it.
        deadline_s: for everything, from connecting to the answer's last byte.
        largest_bytes: a longer answer is refused.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    deadline_s: float = _PAGE_DEADLINE_S
    largest_bytes: int = _LARGEST_PAGE_BYTES


class S3:
    """An S3-compatible store as one key sees it; every call is one request.

    Many calls may run at once.
    """

    def __init__(self, endpoint_url: str, keys: S3Keys, now: Now = utc_now) -> None:
        """Prepare; nothing is sent before the first call.

        Args:
            endpoint_url: such as ``https://ACCOUNT.r2.cloudflarestorage.com``; may
                have a path. Buckets are named in the path, never in the host.
            keys: what requests are signed with.
            now: the clock, to tell whether it is wrong.

        Raises:
            SettingsError: the URL is of no use.
        """
        self._endpoint = endpoint_url.rstrip("/")
        self._region = _region_of(self._endpoint)
        self._credentials = Credentials(
            keys.access_key_id, keys.secret_access_key, keys.session_token
        )
        secrets = (keys.access_key_id, keys.secret_access_key, keys.session_token or "")
        self._http = HttpClient(
            self._endpoint,
            Redactor(secrets),
            setting="R2_ENDPOINT_URL",
            sends_token=False,
        )
        self._now = now

    async def aclose(self) -> None:
        """Close every connection; calls in flight must have ended."""
        await self._http.aclose()

    async def list_page(
        self,
        bucket: str,
        prefix: str,
        *,
        token: str | None = None,
        start_after: str = "",
        at_most: int | None = None,
    ) -> Page:
        """Return up to 1,000 objects in the order of their keys.

        Args:
            bucket: its name.
            prefix: what keys begin with.
            token: the page before's `next_token`; it wins over `start_after`.
            start_after: the key after which the page begins; "" for the first.
            at_most: so many objects; as many as the store likes if None.

        Raises:
            SourceNotFound: there is no such bucket.
            AccessDenied: the key was refused.
            TransientError: the same call may succeed later.
        """
        query = {"list-type": "2", "encoding-type": "url"}
        if prefix:
            query["prefix"] = prefix
        if at_most is not None:
            query["max-keys"] = str(at_most)
        if token is not None:
            query["continuation-token"] = token
        elif start_after:
            query["start-after"] = start_after
        answer = await self.send(S3Request("GET", f"/{quote_key(bucket)}", query))
        if answer.status != _OK:
            raise self.refusal(answer, bucket)
        return parse_page(answer.body)

    async def may_list_buckets(self) -> bool:
        """Return whether the key may list buckets; one made for a bucket may not.

        Raises:
            AccessDenied: the key itself was refused.
            TransientError: the same call may succeed later.
        """
        answer = await self.send(S3Request("GET", "/"))
        if answer.status == _OK:
            return True
        if parse_refusal(answer).code == "AccessDenied":
            return False
        raise self.refusal(answer, "")

    async def list_buckets(self) -> list[str]:
        """Return the names of the buckets that the key may list.

        Raises:
            AccessDenied: the key was refused.
            TransientError: the same call may succeed later.
        """
        names: list[str] = []
        query: dict[str, str] = {}
        for _ in range(_MOST_BUCKET_PAGES):
            answer = await self.send(S3Request("GET", "/", query))
            if answer.status != _OK:
                raise self.refusal(answer, "")
            more, token = parse_buckets(answer.body)
            names += more
            if token is None:
                break
            query = {"continuation-token": token}
        return names

    async def get_object(self, wanted: ObjectRequest) -> HttpAnswer:
        """Return the answer to a GetObject, whatever its status.

        Raises:
            TransientError: no whole answer came; the same call may succeed later.
        """
        headers = {}
        if wanted.etag is not None:
            headers["If-Match"] = f'"{wanted.etag}"'
        if wanted.first_bytes is not None:
            headers["Range"] = f"bytes=0-{wanted.first_bytes - 1}"
        return await self.send(
            S3Request(
                "GET",
                object_path(wanted.bucket, wanted.key),
                headers=headers,
                deadline_s=deadline_for(wanted.size_bytes),
                largest_bytes=wanted.largest_bytes,
            )
        )

    def refusal(self, answer: HttpAnswer, bucket: str) -> ImgaiError:
        """Return the error that an answer without success means for a bucket."""
        return refusal_error(answer, bucket, self._now())

    async def send(self, request: S3Request) -> HttpAnswer:
        """Sign and send a request, and return the answer, whatever its status.

        Raises:
            TransientError: no whole answer came; the same call may succeed later.
        """
        url = self._endpoint + request.path
        if request.query:
            # As keys are quoted: a prefix may have come from a shell as any bytes.
            url += "?" + urlencode(
                request.query, errors="surrogateescape", quote_via=quote, safe="-_.~"
            )
        for _ in range(2):
            answer = await self._http.send(
                HttpRequest(
                    request.method,
                    url,
                    headers=self._signed(url, request),
                    body=request.body,
                    deadline_s=request.deadline_s,
                    largest_bytes=request.largest_bytes,
                )
            )
            if not self._has_learnt_region(answer):
                break
        return answer

    def _signed(self, url: str, request: S3Request) -> dict[str, str]:
        """Return a request's headers and those that prove who sends it."""
        signed = {
            name: value
            for name, value in request.headers.items()
            if name.lower().startswith("x-amz-")
        }
        content = request.body.content if request.body else None
        proven = AWSRequest(request.method, url, headers=signed, data=content)
        S3SigV4Auth(self._credentials, "s3", self._region).add_auth(proven)
        # These stay unsigned: a proxy on the way may write them anew, as Cloudflare's
        # does. What is packed for the way would not be what the ETag stands for.
        unsigned = {"Accept-Encoding": "identity", **request.headers}
        return {**unsigned, **dict(proven.headers.items())}

    def _has_learnt_region(self, answer: HttpAnswer) -> bool:
        """Take over the region a store names, when it refused ours for that."""
        if answer.status not in _WRONG_REGION:
            return False
        region = parse_refusal(answer).region
        if region == self._region or not _REGION.fullmatch(region):
            return False
        self._region = region
        return True


def object_path(bucket: str, key: str) -> str:
    """Return an object's path in requests."""
    return f"/{quote_key(bucket)}/{quote_key(key)}"


def deadline_for(size_bytes: int) -> float:
    """Return how many seconds so many bytes may take, there or back."""
    return _OBJECT_DEADLINE_S + size_bytes / _SLOWEST_BYTES_PER_S


def _region_of(endpoint_url: str) -> str:
    """Return the region to sign for: R2 has one, AWS names it in the host."""
    host = urlsplit(endpoint_url).hostname or ""
    named = _AWS_HOST.fullmatch(host)
    return named[1] if named else _R2_REGION
