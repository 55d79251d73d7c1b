"""What an S3-compatible store answers: pages of keys, buckets, refusals."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_plus

from imgai.errors import (
    AccessDenied,
    BadAnswer,
    ImgaiError,
    ModelUnavailable,
    RateLimited,
    SourceNotFound,
    SourceUnreadable,
)
from imgai.transport.http import HttpAnswer
from imgai.transport.waits import retry_after_s

_NAMESPACE = re.compile(r"^\{[^}]*\}")
_SIZE = re.compile(r"[0-9]{1,18}")  # no number that a database could not hold
_ETAG = re.compile(r"[!-~]{1,1024}")  # what a header can carry back
_SAFE_CODE = re.compile(r"[A-Za-z0-9]{1,64}")
# S3 allows requests 15 minutes of difference.
_MOST_SKEW = timedelta(minutes=10)
_CLOCK_CODES = {"RequestTimeTooSkewed", "ExpiredRequest", "RequestExpired"}
_NOT_FOUND = 404
# Cloudflare's own go up to 530; what is not implemented today is not in a second.
_MAY_PASS = {408, *range(500, 600)} - {501}
_NO_SUCH_BUCKET = {"NoSuchBucket", "InvalidBucketName"}


@dataclass(frozen=True, slots=True)
class S3Object:
    """One object, as a listing shows it."""

    key: str
    size_bytes: int
    etag: str | None  # unquoted


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a bucket's objects in the order of their keys."""

    objects: tuple[S3Object, ...]
    next_token: str | None  # None: it is the last page


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error inside an answer; texts are empty where the store said nothing."""

    status: int
    code: str  # "NoSuchKey"
    region: str = ""  # the bucket's, where the request had another


def parse_page(body: bytes) -> Page:
    """Return the page that a ListObjectsV2 answer holds.

    Raises:
        BadAnswer: it is none.
    """
    root = _parsed(body, "ListBucketResult")
    is_encoded = _text(root, "EncodingType") == "url"
    objects = tuple(_objects(root, is_encoded=is_encoded))
    if _text(root, "IsTruncated") != "true":
        return Page(objects, None)
    token = _text(root, "NextContinuationToken")
    if not token:
        raise BadAnswer("The store says that there is more, and not where.")
    return Page(objects, token)


def parse_buckets(body: bytes) -> tuple[list[str], str | None]:
    """Return the names a ListBuckets answer holds, and where to go on.

    Raises:
        BadAnswer: it is no such answer.
    """
    root = _parsed(body, "ListAllMyBucketsResult")
    names = [_text(bucket, "Name") for bucket in root.iterfind("Buckets/Bucket")]
    return [name for name in names if name], _text(root, "ContinuationToken") or None


def parse_upload_id(body: bytes) -> str:
    """Return the id of the multipart upload that an answer says has begun.

    Raises:
        BadAnswer: it is no such answer.
    """
    upload_id = _text(_parsed(body, "InitiateMultipartUploadResult"), "UploadId")
    if not upload_id:
        raise BadAnswer("The store began an upload and gave it no id.")
    return upload_id


def check_completed(body: bytes) -> None:
    """Return at once if an answer says that a multipart upload is now an object.

    Raises:
        BadAnswer: it does not; S3 answers 200 before it knows, and may then report an
            error in the body.
    """
    _parsed(body, "CompleteMultipartUploadResult")


def completion(etags: Sequence[str]) -> bytes:
    """Return the document that ends a multipart upload.

    Args:
        etags: of its parts, in their order, as the store gave them.
    """
    root = ET.Element("CompleteMultipartUpload")
    for number, etag in enumerate(etags, start=1):
        part = ET.SubElement(root, "Part")
        ET.SubElement(part, "PartNumber").text = str(number)
        ET.SubElement(part, "ETag").text = etag
    return ET.tostring(root)


def parse_refusal(answer: HttpAnswer) -> Refusal:
    """Return what a store says in an answer that is no success."""
    try:
        root = _parsed(answer.body, "Error")
    except BadAnswer:
        return Refusal(answer.status, "")
    code = _text(root, "Code")
    return Refusal(
        answer.status,
        code if _SAFE_CODE.fullmatch(code) else "",
        _text(root, "Region"),
    )


def refusal_error(answer: HttpAnswer, bucket: str, now: datetime) -> ImgaiError:
    """Return the error that a refusal means for a whole bucket.

    What concerns one object alone (404, 412 of a GET) is for the caller to see first.
    """
    refusal = parse_refusal(answer)
    said = f"The store answered {refusal.status} {refusal.code}".rstrip()
    match refusal.status:
        case 429 | 503:
            wait_s = retry_after_s(answer.headers.get("retry-after"), now)
            return RateLimited(f"{said}.", retry_after_s=wait_s)
        case status if status in _MAY_PASS:
            return ModelUnavailable(f"{said}.")
        case 401 | 403:
            return _denied(refusal.code, said, _skew(answer, now))
        case _ if refusal.code in _CLOCK_CODES:
            return _denied(refusal.code, said, timedelta())
        case status if status == _NOT_FOUND or refusal.code in _NO_SUCH_BUCKET:
            return SourceNotFound(
                f"There is no bucket {bucket!r}.",
                hint="`imgai classify r2://` names the buckets there are. Buckets of a"
                " jurisdiction need R2_JURISDICTION.",
            )
        case _:
            return SourceUnreadable(f"{said}.")


def _denied(code: str, said: str, skew: timedelta) -> AccessDenied:
    if code in _CLOCK_CODES or abs(skew) > _MOST_SKEW:
        return AccessDenied(
            "The store refused the request, since this machine's clock is wrong.",
            hint="Set the clock: signatures hold for minutes only.",
        )
    match code:
        case "SignatureDoesNotMatch":
            return AccessDenied(
                f"{said}: the secret does not belong to the access key.",
                hint="Check R2_SECRET_ACCESS_KEY; it is not the API token itself, but"
                " what the dashboard shows beside the access key, 64 hexadecimal"
                " digits.",
            )
        case "InvalidAccessKeyId" | "Unauthorized":
            return AccessDenied(
                f"{said}: the access key is not known there.",
                hint="Check R2_ACCESS_KEY_ID, and R2_JURISDICTION if it has one.",
            )
        case "NotEntitled":
            return AccessDenied(
                f"{said}: the account has no R2.",
                hint="Enable R2 in Cloudflare's dashboard.",
            )
        case _:
            return AccessDenied(
                f"{said}.",
                hint="The key needs the permission to list and read this bucket:"
                " Object Read, or Workers R2 Storage: Read.",
            )


def _skew(answer: HttpAnswer, now: datetime) -> timedelta:
    try:
        said = parsedate_to_datetime(answer.headers["date"])
        return now - (said if said.tzinfo else said.replace(tzinfo=UTC))
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return timedelta()


def _objects(root: ET.Element, *, is_encoded: bool) -> Iterator[S3Object]:
    for contents in root.iterfind("Contents"):
        key = _text(contents, "Key")
        size = _text(contents, "Size")
        if not key or not _SIZE.fullmatch(size):
            raise BadAnswer("The store lists an object without key or size.")
        # "+" is a space there, as in forms, and a plus is "%2B".
        key = unquote_plus(key, errors="surrogateescape") if is_encoded else key
        etag = _text(contents, "ETag").removeprefix("W/").strip('"')
        yield S3Object(key, int(size), etag if _ETAG.fullmatch(etag) else None)


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(name) or ""


def _parsed(body: bytes, expected: str) -> ET.Element:
    """Return a document without its namespace, which S3-compatible stores vary."""
    # S3 has no DTDs; without them XML has no entities that could grow without end. A
    # NUL is a UTF-16 document's, in which a DTD would look otherwise.
    if b"<!DOCTYPE" in body or b"\0" in body:
        raise BadAnswer("The store's answer has declarations that S3 has not.")
    try:
        root = ET.fromstring(body)  # noqa: S314  bounded in size, and no DTD: above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BadAnswer("The store's answer is no XML.") from error
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
    if root.tag != expected:
        raise BadAnswer(f"The store's answer is no {expected}.")
    return root
