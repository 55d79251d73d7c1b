"""One HTTP exchange, whole: bounded in time and memory, and never sent elsewhere."""

import asyncio
import ipaddress
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from imgai import __version__
from imgai.errors import BadAnswer, ModelUnavailable, SettingsError
from imgai.transport.certificates import certificate_refused
from imgai.transport.wording import Redactor

_KEEP_IDLE_S = 30.0  # far below the minutes after which Cloudflare hangs up itself
_MOST_HEADERS = 256
_MOST_URLS = 32  # that are remembered
_REDIRECTION = 3  # the first digit of such a status
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32  # zlib tells the two apart by their first bytes


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent with a request."""

    content: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, and what may become of it at the most.

    Attributes:
        deadline_s: for everything, from connecting to the answer's last byte.
        largest_bytes: of the answer, once unpacked.
    """

    method: str
    url: str = field(repr=False)  # it holds the account's id
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    deadline_s: float = 30.0
    largest_bytes: int = 4 * 2**20


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: status, headers by lower-case name, unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(slots=True)
class _Progress:
    is_sent: bool = False  # in full: from here on the host may be doing the work


class HttpClient:
    """Talks to one server, over as many connections as there are requests at once.

    Each has a pool of httpx's to itself: when a request begins and when it ends, a
    pool looks at all its connections, and asks the kernel about each. In one pool of
    200 a request costs 20 ms, in pools of eight 1, alone 0.6, however many there are.

    Certificates are always checked, cookies never kept, redirects never followed: a
    token must not travel. Proxies of the environment are used, except to loopback.
    """

    def __init__(
        self,
        base_url: str,
        redact: Redactor,
        *,
        setting: str = "CLOUDFLARE_API_BASE_URL",
        sends_token: bool = True,
    ) -> None:
        """Prepare; nothing is sent before the first request.

        Args:
            base_url: of the server; without https only on this machine, unless
                requests carry no token.
            redact: takes secrets out of error messages.
            setting: where the URL comes from, for error messages.
            sends_token: False when requests are signed instead.

        Raises:
            SettingsError: the URL, or a proxy or certificate file named in the
                environment, cannot be used.
        """
        self._base_url = _checked(base_url, setting, sends_token=sends_token)
        self._redact = redact
        self._setting = setting
        # Reading a URL is a tenth of a request's work, and models have few.
        self._read_urls: dict[str, httpx.URL] = {}
        self._idle: list[httpx.AsyncClient] = []  # the last used last
        self._busy: set[httpx.AsyncClient] = set()
        self._uses_proxies = not _is_loopback(self._base_url.host)
        try:
            self._tls = httpx.create_ssl_context()
            self._idle.append(self._new_client())
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
            raise SettingsError(
                f"the network settings of the environment do not work: "
                f"{redact(str(error))}",
                hint="Look at HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR.",
            ) from error

    async def aclose(self) -> None:
        """Close every connection; calls in flight must have ended."""
        clients, self._idle = [*self._idle, *self._busy], []
        for client in clients:
            await client.aclose()

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request once and return the whole answer, whatever its status.

        Raises:
            ModelUnavailable: no whole answer came in time, or it is a redirect; it
                says whether the request may have been billed.
            BadAnswer: the answer is too large, or does not unpack.
            HostUnreachable: the server could not prove who it is.
        """
        progress = _Progress()
        # The one used last: its connection is most likely still open.
        client = self._idle.pop() if self._idle else self._new_client()
        self._busy.add(client)
        try:
            async with asyncio.timeout(request.deadline_s):
                return await self._exchange(client, request, progress)
        except TimeoutError as error:
            doing = "answer in full" if progress.is_sent else "take the request"
            raise self._unavailable(
                f"did not {doing} within {request.deadline_s:g} s", progress
            ) from error
        except httpx.ConnectError as error:
            host = self._base_url.host
            if refused := certificate_refused(error, host, self._setting):
                raise refused from error
            raise self._unavailable(
                f"cannot be reached: {self._redact(str(error))}", progress
            ) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            reason = self._redact(str(error)) or type(error).__name__
            raise self._unavailable(f"broke off: {reason}", progress) from error
        finally:
            self._busy.remove(client)
            self._idle.append(client)

    async def _exchange(
        self, client: httpx.AsyncClient, request: HttpRequest, progress: _Progress
    ) -> HttpAnswer:
        headers = dict(request.headers)
        content = None
        if request.body is not None:
            headers["Content-Type"] = request.body.content_type
            headers["Content-Length"] = str(len(request.body.content))
            content = _upload(request.body.content, progress)
        outgoing = client.build_request(
            request.method,
            self._read_urls.get(request.url, request.url),
            params=request.params or None,  # httpx drops a URL's query for an empty one
            headers=headers,
            content=content,
        )
        if len(self._read_urls) < _MOST_URLS and not request.params:
            self._read_urls[request.url] = outgoing.url
        response = await client.send(outgoing, stream=True)
        try:
            _check_head(response, self._setting)
            body = await _read(response, request.largest_bytes)
        finally:
            await response.aclose()
        return HttpAnswer(response.status_code, dict(response.headers), body)

    def _unavailable(self, what: str, progress: _Progress) -> ModelUnavailable:
        return ModelUnavailable(
            f"{self._base_url.host} {what}", perhaps_billed=progress.is_sent
        )

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._base_url,
            headers={
                "User-Agent": f"imgai/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            # Without domains that may set any, the jar stays empty.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            limits=httpx.Limits(
                max_connections=1,
                max_keepalive_connections=1,
                keepalive_expiry=_KEEP_IDLE_S,
            ),
            timeout=None,  # noqa: S113 - one deadline covers the whole call instead
            trust_env=self._uses_proxies,
            verify=self._tls,
        )


def _checked(base_url: str, setting: str, *, sends_token: bool) -> httpx.URL:
    """Return the URL, which must keep a token from eavesdroppers."""
    hint = f"Check {setting}: it begins with https:// and the server's name."
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise SettingsError("the base URL is no URL", hint=hint) from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise SettingsError("the base URL is not that of a web server", hint=hint)
    if sends_token and url.scheme == "http" and not _is_loopback(url.host):
        raise SettingsError(
            f"the token would travel to {url.host} for anyone to read",
            hint=hint,
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def _upload(content: bytes, progress: _Progress) -> AsyncIterator[bytes]:
    yield content
    # Asked for more, since all of it has gone out.
    progress.is_sent = True


def _check_head(response: httpx.Response, setting: str) -> None:
    if response.status_code // 100 == _REDIRECTION:
        raise ModelUnavailable(
            f"{response.url.host} redirects elsewhere, and imgai does not follow",
            hint=f"Check {setting}, and what stands in between.",
        )
    if len(response.headers.raw) > _MOST_HEADERS:
        raise BadAnswer(
            f"{response.url.host} answered with more than {_MOST_HEADERS} headers"
        )


async def _read(response: httpx.Response, largest_bytes: int) -> bytes:
    """Return the unpacked body, holding little more than `largest_bytes` of it.

    httpx would unpack a whole chunk, a thousand times its size, before anyone could
    look at how large it is.
    """
    unpacker = _unpacker(response.headers.get("content-encoding", ""))
    body = bytearray()
    try:
        async for packed in response.aiter_raw():
            room = largest_bytes - len(body) + 1
            body += unpacker.decompress(packed, room) if unpacker else packed
            if len(body) > largest_bytes:
                raise BadAnswer(f"the answer is larger than {largest_bytes:,} bytes")
    except zlib.error as error:
        raise BadAnswer("the answer does not unpack") from error
    if unpacker and body and not unpacker.eof:
        raise BadAnswer("the answer's packed body ends too soon")
    return bytes(body)


def _unpacker(encoding: str) -> "zlib._Decompress | None":
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(_GZIP_OR_ZLIB)
        case _:
            raise BadAnswer("the answer is packed in a way nobody asked for")
