"""A small S3 on loopback that can be told to fail; signatures it does not check."""

import hashlib
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.stubs.faults import Fault
from tests.stubs.http_server import Asked, StubServer

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def refused(status: int, code: str, **headers: str) -> Fault:
    """Return a refusal as S3 words it; headers are written `Retry_After="7"`."""
    body = f"<Error><Code>{code}</Code><Message>As told.</Message></Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, body.encode(), named)


@dataclass(slots=True)
class S3Stub:
    """One bucket, "photos", in memory.

    Attributes:
        objects: contents by key.
        page_size: keys in a page.
        faults: answers to give before the true ones, the first one first.
        lists: the queries of the listings asked for, in order.
        gets: the keys of the objects asked for, in order.
        asked: every request, in order.
        url: where it listens.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    page_size: int = 1000
    faults: deque[Fault | None] = field(default_factory=deque)
    lists: list[dict[str, str]] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    _closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Listen on 127.0.0.1 until the block ends."""
        with StubServer(0, self).running() as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            yield self

    def answer(self, asked: Asked) -> Fault:
        """Answer with the next fault; with the truth if it is None, or none is left."""
        url = urlsplit(asked.target)
        query = {
            name: values[0]
            for name, values in parse_qs(url.query, keep_blank_values=True).items()
        }
        _, bucket, *rest = url.path.split("/", 2)
        with self._lock:
            self.asked.append(asked)
            if rest:
                self.gets.append(unquote(rest[0]))
            else:
                self.lists.append(query)
            fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return fault
        if bucket != "photos":
            return refused(404, "NoSuchBucket")
        return self._object(unquote(rest[0]), asked) if rest else self._page(query)

    def wait(self, seconds: float) -> None:
        """Wait, unless the stub is closing."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """Let go of every request that waits."""
        self._closing.set()

    def _object(self, key: str, asked: Asked) -> Fault:
        content = self.objects.get(key)
        if content is None:
            return refused(404, "NoSuchKey")
        if asked.headers.get("if-match", etag(content)) != etag(content):
            return refused(412, "PreconditionFailed")
        headers = {"ETag": etag(content)}
        if "range" in asked.headers:
            last = int(asked.headers["range"].rpartition("-")[2])
            return Fault(206, content[: last + 1], headers)
        return Fault(200, content, headers)

    def _page(self, query: dict[str, str]) -> Fault:
        after = query.get("continuation-token") or query.get("start-after", "")
        keys = [
            key
            for key in sorted(self.objects)
            if key.startswith(query.get("prefix", "")) and key > after
        ]
        page = keys[: self.page_size]
        body = "".join(self._entry(key) for key in page)
        if len(page) < len(keys):
            token = escape(page[-1])
            body += "<IsTruncated>true</IsTruncated>"
            body += f"<NextContinuationToken>{token}</NextContinuationToken>"
        body += "<EncodingType>url</EncodingType>"
        root = f'<ListBucketResult xmlns="{NAMESPACE}">{body}</ListBucketResult>'
        return Fault(200, root.encode())

    def _entry(self, key: str) -> str:
        content = self.objects[key]
        return (
            f"<Contents><Key>{quote(key)}</Key><Size>{len(content)}</Size>"
            f"<ETag>{escape(etag(content))}</ETag></Contents>"
        )


def etag(content: bytes) -> str:
    """Return an object's ETag, in quotes."""
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return f'"{digest}"'
