"""A small S3 on loopback that can be told to fail; signatures it does not check."""

import hashlib
import threading
import xml.etree.ElementTree as ET
from base64 import b64encode
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
class Upload:
    """A multipart upload under way: what came of it, by number."""

    metadata: dict[str, str]
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class S3Stub:
    """One bucket, "photos", in memory.

    Attributes:
        objects: contents by key.
        metadata: the `x-amz-meta-` headers that objects were put with, by key.
        uploads: the multipart uploads under way, by id.
        page_size: keys in a page.
        faults: answers to give before the true ones, the first one first.
        lists: the queries of the listings asked for, in order.
        gets: the keys of the objects asked for, in order.
        asked: every request, in order.
        url: where it listens.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
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
            if rest and asked.method == "GET":
                self.gets.append(unquote(rest[0]))
            elif not rest:
                self.lists.append(query)
            fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return fault
        if bucket != "photos":
            return refused(404, "NoSuchBucket")
        if not rest:
            return self._page(query)
        key = unquote(rest[0])
        if asked.method == "GET":
            return self._object(key, asked)
        with self._lock:
            return self._written(key, query, asked)

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
        headers = {"ETag": etag(content), **self.metadata.get(key, {})}
        if "range" not in asked.headers:
            return Fault(200, content, headers)
        first, last = map(int, asked.headers["range"][len("bytes=") :].split("-"))
        if first >= len(content):
            return refused(416, "InvalidRange")
        part = content[first : last + 1]
        place = f"{first}-{first + len(part) - 1}/{len(content)}"
        return Fault(206, part, {**headers, "Content-Range": f"bytes {place}"})

    def _written(self, key: str, query: dict[str, str], asked: Asked) -> Fault:
        digest = b64encode(_md5(asked.body).digest()).decode()
        if asked.headers.get("content-md5", digest) != digest:
            return refused(400, "BadDigest")
        sha256 = hashlib.sha256(asked.body).hexdigest()
        if asked.headers["x-amz-content-sha256"] != sha256:
            return refused(400, "XAmzContentSHA256Mismatch")
        upload_id = query.get("uploadId")
        if upload_id is not None:
            return self._of_upload(key, upload_id, query, asked)
        if asked.method == "POST":
            upload_id = f"{key}+{len(self.asked)}"  # with what must be quoted
            self.uploads[upload_id] = Upload(_metadata(asked))
            return _document("InitiateMultipartUploadResult", "UploadId", upload_id)
        self.objects[key], self.metadata[key] = asked.body, _metadata(asked)
        return Fault(200, headers={"ETag": etag(asked.body)})

    def _of_upload(
        self, key: str, upload_id: str, query: dict[str, str], asked: Asked
    ) -> Fault:
        if upload_id not in self.uploads:
            return refused(404, "NoSuchUpload")
        match asked.method:
            case "PUT":
                number = int(query["partNumber"])
                self.uploads[upload_id].parts[number] = asked.body
                return Fault(200, headers={"ETag": etag(asked.body)})
            case "DELETE":
                del self.uploads[upload_id]
                return Fault(204)
            case _:
                return self._completed(key, upload_id, asked.body)

    def _completed(self, key: str, upload_id: str, body: bytes) -> Fault:
        upload = self.uploads[upload_id]
        listed = [
            (int(part.findtext("PartNumber", "")), part.findtext("ETag"))
            for part in ET.fromstring(body)  # noqa: S314  the tested program's own
        ]
        parts = sorted(upload.parts.items())
        if listed != [(number, etag(content)) for number, content in parts]:
            return refused(400, "InvalidPart")
        self.objects[key] = b"".join(content for _, content in parts)
        self.metadata[key] = self.uploads.pop(upload_id).metadata
        return _document("CompleteMultipartUploadResult", "Key", key)

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


def _md5(content: bytes) -> "hashlib._Hash":
    return hashlib.md5(content, usedforsecurity=False)


def _metadata(asked: Asked) -> dict[str, str]:
    return {
        name: value
        for name, value in asked.headers.items()
        if name.startswith("x-amz-meta-")
    }


def _document(root: str, name: str, text: str) -> Fault:
    body = f'<{root} xmlns="{NAMESPACE}"><{name}>{escape(text)}</{name}></{root}>'
    return Fault(200, body.encode())


def etag(content: bytes) -> str:
    """Return an object's ETag, in quotes."""
    return f'"{_md5(content).hexdigest()}"'
