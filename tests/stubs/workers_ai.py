"""A Workers AI on loopback: strict, deterministic, scripted, with its own ledger.

By hand: `python -m tests.stubs.workers_ai --port 0` prints what to put into the
environment, and answers until it is interrupted.
"""

import argparse
import hashlib
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from tests.stubs import faults, hosted_models
from tests.stubs.catalogue import catalogue
from tests.stubs.faults import Fault, Manner, enveloped, refusal
from tests.stubs.hosted_models import Look, Refused, Reply, look_at_colours
from tests.stubs.http_server import Asked, StubServer

ACCOUNT_ID = "0123456789abcdef0123456789abcdef"
TOKEN = "cfut_" + "0123456789" * 4
EVERY_MODEL = ""

_BEARER = re.compile(r"Bearer [!-~]+")


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a model, as the stub's ledger keeps it."""

    at_s: float  # when it was answered, by a clock that only runs forward
    model: str
    body_hash: str  # SHA-256
    headers: dict[str, str]  # by lower-case name
    content: bytes
    status: int  # 0 while unanswered, or when the connection was reset instead
    neurons: float  # billed for it

    @property
    def is_answered(self) -> bool:
        """Whether the model's answer went out."""
        return self.status == HTTPStatus.OK


@dataclass(slots=True)
class WorkersAIStub:
    """What the stub does and has seen; tests set the first and read the second.

    Attributes:
        look: says what a picture shows.
        latency_s: how long a model thinks.
        tells_neurons: whether `cf-ai-neurons` is sent.
        allocation_neurons: refused as spent once this much is billed; None: never.
        retired: models that answer 410.
        routes: answers in place of the truth, by path; the account's own begin with
            "mine/": "mine/ai/models/search". Model calls are scripted by `reply`.
        weather: says what to answer in place of the truth, if anything; it is asked
            at every call that no script is for.
        calls: every request for a model that came with the right token.
        requests: method and path of every request at all.
        most_at_once: the most model calls that were in flight together.
    """

    account_id: str = ACCOUNT_ID
    token: str = TOKEN
    look: Look = look_at_colours
    latency_s: float = 0.0
    tells_neurons: bool = True
    allocation_neurons: float | None = None
    retired: set[str] = field(default_factory=lambda: {hosted_models.UFORM})
    weather: Callable[[], Fault | None] = lambda: None
    routes: dict[str, Fault] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    url: str = ""
    _in_flight: int = 0
    _scripts: dict[str, deque[Fault]] = field(default_factory=dict)
    _always: dict[str, Fault] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def in_flight(self) -> int:
        """How many calls are being answered now."""
        return self._in_flight

    @property
    def neurons(self) -> float:
        """What has been billed so far."""
        return sum(call.neurons for call in self.calls)

    def environment(self) -> dict[str, str]:
        """Return the variables that lead imgai here."""
        return {
            "CLOUDFLARE_ACCOUNT_ID": self.account_id,
            "CLOUDFLARE_API_TOKEN": self.token,
            "CLOUDFLARE_API_BASE_URL": self.url,
        }

    def calls_of(self, model: str) -> list[Call]:
        """Return the calls of one model, in the order they came."""
        return [call for call in self.calls if call.model == model]

    def reply(self, *answers: Fault, model: str = EVERY_MODEL) -> None:
        """Give these answers to the next calls, one each, then the truth again."""
        with self._lock:
            self._scripts.setdefault(model, deque()).extend(answers)

    def reply_always(self, answer: Fault, model: str = EVERY_MODEL) -> None:
        """Give this answer to every call until `reply_truth`."""
        with self._lock:
            self._always[model] = answer

    def reply_truth(self) -> None:
        """Forget everything that was scripted."""
        with self._lock:
            self._scripts.clear()
            self._always.clear()

    def answer(self, asked: Asked) -> Fault:
        """Return what to say to a request. Many threads call this at once."""
        with self._lock:
            self.requests.append((asked.method, asked.target))
        bearer = asked.headers.get("authorization", "")
        if not _BEARER.fullmatch(bearer):
            return refusal(400, 6003, "Invalid request headers")
        if bearer != f"Bearer {self.token}":
            return faults.token_refused()
        url = urlsplit(asked.target)
        mine = f"/client/v4/accounts/{self.account_id}/"
        place = url.path.replace(mine, "mine/", 1)
        return self.routes.get(place) or self._routed(asked, place)

    def _routed(self, asked: Asked, place: str) -> Fault:
        url = urlsplit(asked.target)
        match asked.method, place:
            case "GET", "mine/tokens/verify" | "/client/v4/user/tokens/verify":
                return _verified()
            case "GET", "mine/ai/models/search":
                return catalogue(parse_qs(url.query), self.retired)
            case "POST", run if run.startswith("mine/ai/run"):
                return self._call(run.removeprefix("mine/ai/run").lstrip("/"), asked)
        return refusal(404, 7003, f"Could not route to {url.path}")

    def close(self) -> None:
        """Let go of every request that waits."""
        self._closing.set()

    def wait(self, seconds: float) -> None:
        """Wait, unless the stub is closing."""
        self._closing.wait(seconds)

    def _call(self, model: str, asked: Asked) -> Fault:
        if not model:
            model, asked = _unwrapped(asked)
        with self._in_flight_once_more():
            answer, neurons = self._answer(model, asked)
            call = Call(
                at_s=time.monotonic(),
                model=model,
                body_hash=hashlib.sha256(asked.body).hexdigest(),
                headers=asked.headers,
                content=asked.body,
                status=answer.status if answer.manner is Manner.PLAIN else 0,
                neurons=neurons,
            )
            with self._lock:
                self.calls.append(call)
        return answer

    def _answer(self, model: str, asked: Asked) -> tuple[Fault, float]:
        refused = self._refused(model)
        if refused is not None:
            return refused, 0.0
        self.wait(self.latency_s)
        content_type = asked.headers.get("content-type", "")
        try:
            reply = hosted_models.run(model, content_type, asked.body, self.look)
        except Refused as error:
            return faults.bad_input(f"Bad input: Error: {error}"), 0.0
        return self._truth(reply), reply.neurons

    def _refused(self, model: str) -> Fault | None:
        """Return why a call is not even looked at, if it is not."""
        scripted = self._scripted(model) or self.weather()
        if scripted is not None:
            return scripted
        if model in self.retired:
            return faults.retired()
        if model not in hosted_models.ALL:
            said = f"No such model {model} or task"
            return faults.workers_ai_refusal(400, 5007, said)
        allocation = self.allocation_neurons
        if allocation is not None and self.neurons >= allocation:
            return faults.quota_spent()
        return None

    def _truth(self, reply: Reply) -> Fault:
        if reply.is_stream:
            return Fault(
                200, b"data: [DONE]\n\n", {"Content-Type": "text/event-stream"}
            )
        answer = enveloped(200, _envelope(reply.result), cf_ai_req_id="c627d6a0")
        if not self.tells_neurons:
            return answer
        headers = {**answer.headers, "cf-ai-neurons": f"{reply.neurons:g}"}
        return replace(answer, headers=headers)

    def _scripted(self, model: str) -> Fault | None:
        with self._lock:
            for key in (model, EVERY_MODEL):
                if self._scripts.get(key):
                    return self._scripts[key].popleft()
                if key in self._always:
                    return self._always[key]
        return None

    @contextmanager
    def _in_flight_once_more(self) -> Iterator[None]:
        with self._lock:
            self._in_flight += 1
            self.most_at_once = max(self.most_at_once, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1


@contextmanager
def serve(port: int = 0) -> Iterator[WorkersAIStub]:
    """Yield a stub that listens on 127.0.0.1, and stop it afterwards."""
    stub = WorkersAIStub()
    with StubServer(port, stub).running() as server:
        stub.url = f"http://127.0.0.1:{server.server_address[1]}/client/v4"
        yield stub


def _unwrapped(asked: Asked) -> tuple[str, Asked]:
    """Return model and input of a request that came through a gateway."""
    given = asked.json()
    is_wrapped = isinstance(given, dict) and set(given) == {"model", "input"}
    if not is_wrapped or "cf-aig-gateway-id" not in asked.headers:
        return "", asked
    return str(given["model"]), replace(asked, body=json.dumps(given["input"]).encode())


def _verified() -> Fault:
    message = {"code": 10000, "message": "This API Token is valid and active"}
    result = {"id": "ed17574386854bf78a67040be0a770b0", "status": "active"}
    return enveloped(200, {**_envelope(result), "messages": [message]})


def _envelope(result: object) -> dict[str, object]:
    return {"result": result, "success": True, "errors": [], "messages": []}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    options = parser.parse_args()
    with serve(options.port) as stub:
        stub.latency_s = options.latency
        for name, value in stub.environment().items():
            print(f"export {name}={value}", flush=True)  # noqa: T201 - its output
        threading.Event().wait()


if __name__ == "__main__":
    main()
