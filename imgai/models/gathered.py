"""Texts of many pictures gathered into one embedding request."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from imgai.domain.predictions import Backend, VectorSpace
from imgai.errors import RejectedImage, RunStopped
from imgai.limits.stop import Sleep
from imgai.models.base import EmbeddedText, TextEmbedder

# The most texts one request may hold:
# https://developers.cloudflare.com/workers-ai/models/bge-base-en-v1.5/
MOST_TEXTS = 100
# How long the first text waits for company.
_PATIENCE_S = 0.05


@dataclass(frozen=True, slots=True)
class _Waiting:
    text: str
    picture_hash: str
    done: "asyncio.Future[EmbeddedText]"


class GatheringEmbedder:
    """Embeds one text at a time for its callers, and up to 100 a request for the host.

    A request goes when it is full, when its first text has waited 50 ms, or when
    nobody else is on the way to add one.
    """

    def __init__(self, embedder: TextEmbedder, sleep: Sleep = asyncio.sleep) -> None:
        self._embedder = embedder
        self._sleep = sleep
        self._waiting: list[_Waiting] = []
        self._on_the_way = 0
        self._requests: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Task[None] | None = None

    @property
    def space(self) -> VectorSpace:
        """See `TextEmbedder.space`."""
        return self._embedder.space

    @property
    def backend(self) -> Backend:
        """See `TextEmbedder.backend`."""
        return self._embedder.backend

    @contextmanager
    def company(self) -> Iterator[None]:
        """Be on the way to add a text, perhaps, while the block runs."""
        self._on_the_way += 1
        try:
            yield
        finally:
            self._on_the_way -= 1
            self._send_if_due()

    async def embed(self, text: str, picture_hash: str) -> EmbeddedText:
        """Embed the text of one picture, inside `company`.

        An empty text has no vector; that is an answer too, and costs no request.

        Raises:
            ImgaiError: as `TextEmbedder.embed`; all texts of a request share its fate.
        """
        if not text:
            return EmbeddedText(None, self.space)
        done: asyncio.Future[EmbeddedText] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(text, picture_hash, done))
        self._on_the_way -= 1
        try:
            self._send_if_due()
            if self._waiting and self._timer is None:
                self._timer = asyncio.ensure_future(self._send_later())
            return await done
        finally:
            self._on_the_way += 1

    async def close(self) -> None:
        """Cancel the requests in flight, and wait until they are written down as such.

        There are some only when their callers were cancelled: nobody awaits them.
        """
        left = [*self._requests, *([self._timer] if self._timer else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _send_if_due(self) -> None:
        is_full = len(self._waiting) >= MOST_TEXTS
        if self._waiting and (is_full or self._on_the_way == 0):
            self._send()

    async def _send_later(self) -> None:
        try:
            await self._sleep(_PATIENCE_S)
        except RunStopped as error:
            self._timer = None
            waiting, self._waiting = self._waiting, []
            _fail(waiting, error)
            return
        self._timer = None
        if self._waiting:
            self._send()

    def _send(self) -> None:
        batch = self._waiting[:MOST_TEXTS]
        del self._waiting[:MOST_TEXTS]
        if self._timer is not None and not self._waiting:
            self._timer.cancel()
            self._timer = None
        request = asyncio.ensure_future(self._ask(batch))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)

    async def _ask(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._answer(batch)
        except BaseException as error:  # handed to each caller
            _fail(batch, error)
            if isinstance(error, asyncio.CancelledError):
                raise  # or the rest of a refused batch would still be asked for

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        try:
            embedded = await self._embedder.embed(
                [one.text for one in batch], [one.picture_hash for one in batch]
            )
        except RejectedImage:
            if len(batch) == 1:
                raise
            # One text is at fault, or they are too much together: in halves, 100 texts
            # with a bad one take 15 requests, and each of the others is paid for once.
            half = len(batch) // 2
            await self._ask(batch[:half])
            await self._ask(batch[half:])
            return
        for one, answer in zip(batch, embedded, strict=True):
            if not one.done.done():
                one.done.set_result(answer)


def _fail(batch: Iterable[_Waiting], error: BaseException) -> None:
    for one in batch:
        if not one.done.done():
            one.done.set_exception(error)
