"""Cloudflare's API: one call in, the result of its envelope out, or a named error."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from imgai.domain.clock import Now, utc_now
from imgai.errors import BadAnswer, SettingsError
from imgai.transport.http import Body, HttpAnswer, HttpClient, HttpRequest
from imgai.transport.refusals import Refusal, refusal_error
from imgai.transport.wording import Redactor

BASE_URL = "https://api.cloudflare.com/client/v4"
LONGEST_JSON_BYTES = 4 * 2**20  # 100 embeddings take 1.7 MB
_SMALL_JSON_BYTES = 64 * 2**10  # parsed within a millisecond
_OK = 200
_TOKEN = re.compile(r"[!-~]{1,4096}")  # what a header can carry, without spaces
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account is asked, and as whom. Both parts are kept out of messages."""

    account_id: str = field(repr=False)
    token: str = field(repr=False)
    base_url: str = BASE_URL

    def __post_init__(self) -> None:
        # httpx quotes a header it cannot send: such a token must not get that far.
        if not _TOKEN.fullmatch(self.token):
            raise SettingsError(
                "CLOUDFLARE_API_TOKEN holds spaces, line ends or other characters "
                "that no token has",
                hint="Paste the token alone, without quotes and without Bearer.",
            )
        if not _ACCOUNT_ID.fullmatch(self.account_id):
            raise SettingsError(
                "CLOUDFLARE_ACCOUNT_ID holds characters that no account id has",
                hint="It is 32 hexadecimal digits.",
            )


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """The result inside a successful envelope, and the headers by lower-case name."""

    result: Any
    headers: Mapping[str, str]


class CloudflareApi:
    """Cloudflare's API as one account sees it; every call is one request."""

    def __init__(
        self,
        account: Account,
        *,
        deadline_s: float = 30.0,
        now: Now = utc_now,
    ) -> None:
        """Prepare; nothing is sent before the first call.

        Args:
            account: whose account, and the token.
            deadline_s: of one call, whole.
            now: the clock, for waits given as a date and for the end of the day.

        Raises:
            SettingsError: the base URL, a proxy or a certificate file is of no use.
        """
        self._account = account
        self._deadline_s = deadline_s
        self._now = now
        self._redact = Redactor((account.token, account.account_id))
        self._http = HttpClient(account.base_url, self._redact)

    async def aclose(self) -> None:
        """Close every connection; calls in flight must have ended."""
        await self._http.aclose()

    def account_path(self, path: str) -> str:
        """Return a path inside the account: "ai/models/search"."""
        return f"accounts/{self._account.account_id}/{path}"

    async def get(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> ApiAnswer:
        """Ask for something that costs nothing. Raises the same as `post`."""
        return await self._call(
            HttpRequest(
                method="GET",
                url=path,
                headers=self._headers({}),
                params=params or {},
                deadline_s=self._deadline_s,
                largest_bytes=LONGEST_JSON_BYTES,
            )
        )

    async def post(
        self,
        path: str,
        body: Body,
        headers: Mapping[str, str] | None = None,
        largest_bytes: int = LONGEST_JSON_BYTES,
    ) -> ApiAnswer:
        """Send a body and return the result.

        Args:
            path: below the base URL; see `account_path`.
            body: what to send.
            headers: to send along.
            largest_bytes: of the answer; JSON may take thirty times that in memory.

        Raises:
            SettingsError: there is no such account, path or model (`ModelRetired`).
            AccessDenied: the token was refused.
            QuotaExhausted: the day's allocation is spent.
            RejectedImage: what was sent was refused, and would be again.
            TransientError: the same call may succeed later (RateLimited,
                ModelUnavailable, BadAnswer).
        """
        return await self._call(
            HttpRequest(
                method="POST",
                url=path,
                headers=self._headers(headers or {}),
                body=body,
                deadline_s=self._deadline_s,
                largest_bytes=largest_bytes,
            )
        )

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**more, "Authorization": f"Bearer {self._account.token}"}

    async def _call(self, request: HttpRequest) -> ApiAnswer:
        answer = await self._http.send(request)
        if answer.status != _OK:
            raise refusal_error(self._refusal(answer), self._now())
        if len(answer.body) > _SMALL_JSON_BYTES:
            envelope = await asyncio.to_thread(parse_json, answer.body)
        else:
            envelope = parse_json(answer.body)
        if not isinstance(envelope, dict) or envelope.get("success") is not True:
            raise refusal_error(self._refusal(answer), self._now())
        if "result" not in envelope:
            raise BadAnswer("Cloudflare's answer holds no result")
        return ApiAnswer(envelope["result"], answer.headers)

    def _refusal(self, answer: HttpAnswer) -> Refusal:
        complaints = list(_complaints(answer.body))
        said = "; ".join(message for _, message in complaints)
        if not said:
            said = answer.body[:_SMALL_JSON_BYTES].decode("utf-8", "replace")
        return Refusal(
            status=answer.status,
            headers=answer.headers,
            codes=frozenset(code for code, _ in complaints if code is not None),
            said=self._redact(said),
        )


def parse_json(body: bytes) -> Any:
    """Return what a body of strict JSON in UTF-8 says.

    Raises:
        BadAnswer: it is none, holds NaN or Infinity, or is nested too deeply.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise BadAnswer("the answer is nested too deeply") from error
    except ValueError as error:  # JSON, UTF-8, or a number of 5,000 digits
        raise BadAnswer("the answer is not JSON") from error


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("JSON has no such number")


def _complaints(body: bytes) -> Iterator[tuple[int | None, str]]:
    """Yield code and message of each error in a body, in either shape it comes in.

    The API wraps errors in its envelope; through a gateway one may come bare:
    `{"name": "AiError", "internalCode": 5006, "message": …}`.
    """
    if len(body) > _SMALL_JSON_BYTES:
        return  # no refusal is as long as this
    try:
        content = parse_json(body)
    except BadAnswer:
        return
    if not isinstance(content, dict):
        return
    errors = content.get("errors", content.get("error"))
    if "internalCode" in content:
        errors = [{**content, "code": content["internalCode"]}]
    for error in errors if isinstance(errors, list) else [errors]:
        if isinstance(error, dict):
            message = error.get("message")
            yield _code(error.get("code")), message if isinstance(message, str) else ""


def _code(value: Any) -> int | None:
    """Return an error code, which some gateways write as a text."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    return value if type(value) is int else None
