"""A Workers AI that costs next to nothing: for clocking whoever asks it.

`tests.stubs.workers_ai` is strict and takes some milliseconds a call, which would be
measured instead of imgai. This one looks at no picture: its answers are made before
the first question, as long as real ones are. In a process of its own:

    python -m tests.benchmarks.lean_host --latency 0.4

prints its URL. `GET /starts` there returns when the calls of each model came, in
seconds of a clock that only runs forward.
"""

import argparse
import asyncio
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable

ACCOUNT_ID = "0123456789abcdef0123456789abcdef"
TOKEN = "cfut_" + "0123456789" * 4
DIMS = 768
DETECTIONS = 20
_LABELS = ("person", "chair", "cup", "dining table", "potted plant", "bottle", "book")


def _envelope(result: object) -> bytes:
    return json.dumps({"result": result, "success": True, "errors": []}).encode()


def _detections() -> list[dict[str, object]]:
    """Return as many as a busy picture has, most of them faint, as detr gives them."""
    return [
        {
            "score": 0.9987654321 * 0.8**place,
            "label": _LABELS[place % len(_LABELS)],
            "box": {"xmin": place, "ymin": 3, "xmax": 200 + place, "ymax": 180},
        }
        for place in range(DETECTIONS)
    ]


_CAPTION = (
    "A group of friends share breakfast at a wooden table in a sunny garden, with cups"
    " of coffee, fresh bread and a small dog looking up at them."
)
_VECTOR = json.dumps([round(math.sin(place + 1) / 20, 9) for place in range(DIMS)])
_CHOICE = {"message": {"role": "assistant", "content": _CAPTION}}
_ANSWERS = {
    "detr": _envelope(_detections()),
    "resnet": _envelope(_detections()),
    "gemma": _envelope({"choices": [{**_CHOICE, "finish_reason": "stop"}]}),
    "moondream": _envelope({"caption": _CAPTION, "finish_reason": "stop"}),
    "llava": _envelope({"description": _CAPTION}),
}


def _embeddings(body: bytes) -> bytes:
    count = len(json.loads(body)["text"])
    vectors = ",".join([_VECTOR] * count)
    return (
        f'{{"result":{{"shape":[{count},{DIMS}],"data":[{vectors}],"pooling":"cls"}},'
        '"success":true,"errors":[]}'
    ).encode()


class LeanHost:
    """Answers after a fixed time, and remembers when it was asked."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._starts: dict[str, list[float]] = defaultdict(list)

    def answer(self, head: bytes, body: bytes, send: Callable[[bytes], None]) -> None:
        """Send the answer to a request when its time has come."""
        target = head.split(b" ", 2)[1].decode()
        if target.endswith("/starts"):
            send(_response(json.dumps(self._starts).encode()))
            return
        model = target.partition("/ai/run/")[2]
        loop = asyncio.get_running_loop()
        self._starts[model].append(loop.time())
        found = (
            _embeddings(body)
            if "bge" in model
            else next(_ANSWERS[name] for name in _ANSWERS if name in model)
        )
        if self._latency_s:
            loop.call_later(self._latency_s, send, _response(found))
        else:
            send(_response(found))


class Connection(asyncio.Protocol):
    """A client's connection; a protocol, since streams take three times as long."""

    def __init__(self, host: LeanHost) -> None:
        self._host = host
        self._held = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are whole."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            start = end + len(b"\r\n\r\n")
            length = _length(bytes(self._held[:start]))
            if len(self._held) < start + length:
                return
            head, body = bytes(self._held[:end]), bytes(self._held[start:][:length])
            del self._held[: start + length]
            self._host.answer(head, body, self._send)

    def _send(self, response: bytes) -> None:
        if not self._transport.is_closing():  # the client may have gone meanwhile
            self._transport.write(response)


def _length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"content-length:")
    return int(after.partition(b"\r\n")[0] or 0)


def _response(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncf-ai-neurons: 1.5\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )


async def _main(latency_s: float) -> None:
    host = LeanHost(latency_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(host), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}/client/v4\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    asyncio.run(_main(parser.parse_args().latency))


if __name__ == "__main__":
    main()
