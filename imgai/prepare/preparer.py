"""Prepares pictures for models: many at once, none of them able to harm the run."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from imgai.domain.images import Identity, PreparedImage
from imgai.prepare.admission import MemoryGate
from imgai.prepare.anatomy import Anatomy
from imgai.prepare.children import Children
from imgai.prepare.copy import make_copy
from imgai.prepare.identity import dissect, identify
from imgai.prepare.route import route

_WIDTH_PX = 384
# The largest picture that imgai takes, a WebP of 24 megapixels, needs about as much;
# with it a whole run stays under 512 MB.
_MEMORY_BYTES = 420_000_000
# The slowest honest picture, 50 megapixels of HEIC or TIFF, takes about a second here;
# four leave room for a slower or busy machine, and no picture holds a run for five.
_DEADLINE_S = 4.0


class Preparer:
    """Turns images' bytes into the copies that models see.

    Ordinary pictures are decoded in threads: Pillow lets go of Python's lock, and no
    byte is copied. What looks dangerous by its header goes to a child process that is
    killed at a deadline and limited in memory (see `imgai.prepare.route`). Decodes are
    admitted by the memory they will need, so a folder of large pictures takes longer,
    not more memory.

    Use it as an async context manager, on one event loop; leaving it ends its threads
    and child processes.

    Args:
        width_px: copies are at most this wide, and four times that high.
        memory_bytes: for all decodes at once, and the most for one.
        deadline_s: how long a decode in a child may take.
        workers: decodes at once, in threads and in children each; None: one a CPU.
    """

    def __init__(
        self,
        width_px: int = _WIDTH_PX,
        *,
        memory_bytes: int = _MEMORY_BYTES,
        deadline_s: float = _DEADLINE_S,
        workers: int | None = None,
    ) -> None:
        workers = workers or os.cpu_count() or 1
        self._width_px = width_px
        self._memory_bytes = memory_bytes
        self._gate = MemoryGate(memory_bytes)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="prepare")
        self._children = Children(workers, deadline_s, memory_bytes)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._children.close()
        # What a thread still decodes is bounded by its route; nobody waits for it.
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def tell_apart(self, content: bytes) -> tuple[Identity, Anatomy]:
        """Return what identifies an image, and what `prepare` can do without again.

        Raises:
            NotAnImage: it is no image, or none that imgai reads.
            UnreadableImage: it begins like an image and holds no image data.
        """
        # Not in threads of its own: more than there are processors for only wait for
        # Python's lock, which costs a run a twentieth of its processor time.
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._threads, _tell_apart, content)

    async def prepare(
        self, content: bytes, identity: Identity, anatomy: Anatomy | None = None
    ) -> PreparedImage:
        """Return the copy of a picture that models see, and what its pixels tell.

        Args:
            content: the image's bytes.
            identity: what `identify` says about them.
            anatomy: what `dissect` says about them, where that is known already.

        Raises:
            NotAnImage: its first bytes are an image's, its header is none.
            UnreadableImage: it is broken, or takes too long (reason `too-slow`).
            OversizedImage: it has more pixels, or needs more memory, than imgai grants.
        """
        run = asyncio.get_running_loop().run_in_executor
        if anatomy is None:
            anatomy = await run(self._threads, dissect, content)
        way = route(anatomy, self._width_px, self._memory_bytes)
        async with self._gate.admitted(way.needs_bytes):
            if way.in_child:
                return await self._children.prepare(
                    content, identity.picture_hash, self._width_px
                )
            return await run(
                self._threads,
                make_copy,
                content,
                anatomy,
                identity.picture_hash,
                self._width_px,
            )


def _tell_apart(content: bytes) -> tuple[Identity, Anatomy]:
    anatomy = dissect(content)
    return identify(content, anatomy), anatomy
