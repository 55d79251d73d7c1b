"""The threads and sockets under a stub: HTTP/1.1 on loopback, and its bad manners."""

import json
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol, Self

from tests.stubs.faults import Fault, Manner

_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing sends a reset instead of an end
_DRIP_S = 0.05
_LONGEST_HANG_S = 120.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read whole."""

    method: str
    target: str
    headers: dict[str, str]  # by lower-case name
    body: bytes

    def json(self) -> Any:
        """Return what the body says in JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Answering(Protocol):
    """What stands behind a stub's sockets."""

    def answer(self, asked: Asked) -> Fault:
        """Return what to say to a request. Many threads call this at once."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait, unless the stub is closing."""
        ...

    def close(self) -> None:
        """Let go of every request that waits."""
        ...


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: "StubServer"

    def do_POST(self) -> None:
        """Answer as the stub says."""
        length = int(self.headers.get("Content-Length", 0))
        asked = Asked(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        self._give(self.server.answering.answer(asked))

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Say nothing: tests read the ledger."""

    def _give(self, answer: Fault) -> None:
        match answer.manner:
            case Manner.PLAIN:
                self._head(answer)
                self.wfile.write(answer.body)
            case Manner.RESET:
                self._hang_up(_LINGER_ZERO)
            case Manner.HANG:
                self.server.answering.wait(_LONGEST_HANG_S)
                self._hang_up(_LINGER_ZERO)
            case Manner.CUT:
                self._head(answer)
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self._hang_up(None)
            case Manner.DRIP:
                self._head(answer)
                for place in range(len(answer.body)):
                    self.wfile.write(answer.body[place : place + 1])
                    self.wfile.flush()
                    self.server.answering.wait(_DRIP_S)
        if not self.wfile.closed:
            self.wfile.flush()

    def _head(self, answer: Fault) -> None:
        self.send_response(answer.status)
        headers = {
            "Content-Type": "application/json",
            "cf-ray": "8f0a1b2c3d4e5f60-VIE",
            **answer.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    def _hang_up(self, linger: bytes | None) -> None:
        if self.wfile.closed is False:
            self.wfile.flush()
        if linger:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True


class StubServer(ThreadingHTTPServer):
    """Serves a stub on 127.0.0.1, one thread a connection."""

    daemon_threads = True
    request_queue_size = 256
    expected: ClassVar[tuple[type[BaseException], ...]] = (OSError,)

    def __init__(self, port: int, answering: Answering) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answering = answering

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Serve in a thread of its own, until the block ends."""
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.answering.close()
            self.shutdown()
            self.server_close()
            thread.join()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; with a linger of zero, by a reset."""
        linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        if linger == _LINGER_ZERO:
            request.close()  # shutting it down first would end it politely
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up; show everything else."""
        if not isinstance(sys.exception(), self.expected):
            super().handle_error(request, client_address)
