"""A server without manners: raw sockets on loopback that say whatever a test wants."""

import os
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

Script = Callable[[], Iterable[bytes]]

_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing sends a reset instead of an end
_MOST_REQUEST_BYTES = 2**20
ENVELOPE = b'{"result":[],"success":true,"errors":[],"messages":[]}'


@dataclass(slots=True)
class FaultyServer:
    """A server that says the same to everyone.

    Attributes:
        script: makes the chunks to send, perhaps without end.
        pause_s: between two chunks.
        resets: it ends with a reset in place of an orderly end.
        tls: the certificate to speak TLS with.
        garbles_tls: it ends with bytes that no TLS record begins with.
        url: where it listens.
        received: the beginning of what each client sent.
        connections: how many were begun, whether or not they came to say anything.
    """

    script: Script
    pause_s: float = 0.0
    resets: bool = False
    tls: ssl.SSLContext | None = None
    garbles_tls: bool = False
    url: str = ""
    received: list[bytes] = field(default_factory=list)
    connections: int = 0
    _closing: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Listen on 127.0.0.1 until the block ends."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        scheme = "http" if self.tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=self._listen, args=(listener,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._closing.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            thread.join()
            listener.close()

    def _listen(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closing the listener ends this
            while True:
                connection, _ = listener.accept()
                self.connections += 1
                threading.Thread(
                    target=self._talk, args=(connection,), daemon=True
                ).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:  # the client may leave at any time
            connection.settimeout(5)
            if self.tls is None:
                self._answer(connection)
                return
            with self.tls.wrap_socket(connection, server_side=True) as secured:
                self._answer(secured)
                if self.garbles_tls:
                    os.write(secured.fileno(), b"\xff" * 1_000)

    def _answer(self, connection: socket.socket) -> None:
        self.received.append(_request(connection))
        for chunk in self.script():
            if self._closing.is_set():
                return
            connection.sendall(chunk)
            self._closing.wait(self.pause_s)
        if self.resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)


def _request(connection: socket.socket) -> bytes:
    """Return a request, read as far as its own content length says."""
    data = b""
    while len(data) < _MOST_REQUEST_BYTES:
        head, end, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        if end and len(body) >= length:
            break
        chunk = connection.recv(65_536)
        if not chunk:
            break
        data += chunk
    return data


def head(*lines: str, status: str = "200 OK") -> bytes:
    """Return the head of an answer, with these header lines."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def whole(body: bytes = ENVELOPE, *lines: str, status: str = "200 OK") -> bytes:
    """Return a whole answer with the right length, after which the server hangs up.

    It says so: a client that takes the connection for open may send the next request
    just before it learns otherwise, and read an error.
    """
    usual = (f"Content-Length: {len(body)}", "Connection: close")
    return head(*usual, *lines, status=status) + body


def dripping() -> Iterator[bytes]:
    """Send a long answer one byte at a time."""
    yield head("Content-Length: 1000000")
    while True:
        yield b" "


def dripping_head() -> Iterator[bytes]:
    """Send the head of an answer one byte at a time."""
    for value in head(*(f"X-{number}: drip" for number in range(10_000))):
        yield bytes([value])


def endless() -> Iterator[bytes]:
    """Send a body that never ends."""
    yield head("Connection: close")
    while True:
        yield b"[" * 65_536


def endless_head() -> Iterator[bytes]:
    """Send a head that never ends."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: of the same\r\n" * 1_000


def endless_continues() -> Iterator[bytes]:
    """Promise an answer for ever."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def gzip_bomb() -> Iterator[bytes]:
    """Send 16 kB that unpack to 16 MB, two hundred times over."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    start = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    # A full flush forgets what came before, so the block may be sent again and again.
    block = packer.compress(b" " * 2**24) + packer.flush(zlib.Z_FULL_FLUSH)
    yield head("Content-Encoding: gzip", "Connection: close") + start
    for _ in range(200):
        yield block


def many_headers(count: int = 5_000) -> Iterator[bytes]:
    """Send a good answer under a heap of headers."""
    yield whole(ENVELOPE, *(f"X{number}: y" for number in range(count)))
