"""The parent's side of decoding in a child process that can be killed.

Why children at all: Pillow cannot be stopped once it decodes, and TIFF, AVIF and HEIC
go through large C libraries in which new holes are found each year. A thread that
hangs or crashes takes the run with it; a process takes one image. Why not for all:
ordinary JPEGs would pay for the copying, and each child for its own start.
"""

import asyncio
import contextlib
import os
import sys

from imgai.domain.images import PreparedImage
from imgai.errors import Reason, UnavailableImage, UnreadableImage
from imgai.prepare import wire

_START_S = 30.0  # a cold disk may take its time; a hostile image has no part in it
# The child sees no secret: only what a Python needs to start.
_ENVIRONMENT = {
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "VIRTUAL_ENV",
}


class Children:
    """Up to `limit` child processes, started when needed and used again.

    Args:
        limit: how many may decode at once.
        deadline_s: how long one decode may take; its child is killed then.
        memory_bytes: how much memory one decode may take.
    """

    def __init__(self, limit: int, deadline_s: float, memory_bytes: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._idle: list[asyncio.subprocess.Process] = []
        self._deadline_s = deadline_s
        self._memory_bytes = memory_bytes

    async def prepare(
        self, content: bytes, picture_hash: str, width_px: int
    ) -> PreparedImage:
        """Have a child make the copy.

        Raises:
            ImageError: the image is to blame; UnreadableImage also if the child took
                too long or died. UnavailableImage: no child could be started.
        """
        async with self._free:
            child = await self._living()
            try:
                header = {"picture_hash": picture_hash, "width_px": width_px}
                reply = await self._ask(child, wire.frame(header, content))
            except BaseException:  # also when cancelled: its pipe is out of step now
                await _end(child)
                raise
            self._idle.append(child)
        try:
            return wire.read_reply(*reply, picture_hash)
        except ValueError as error:
            raise UnreadableImage("the decoder answered nonsense") from error

    async def close(self) -> None:
        """End all children; call it when nothing is being prepared."""
        while self._idle:
            await _end(self._idle.pop())

    async def _living(self) -> asyncio.subprocess.Process:
        """Return an idle child, or a new one where those have died meanwhile."""
        while self._idle:
            child = self._idle.pop()
            try:
                await self._ask(child, wire.frame({"ping": True}))
            except UnreadableImage:
                await _end(child)
            else:
                return child
        return await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        """Start a child and wait until it has imported what it needs.

        Raises:
            UnavailableImage: no process is to be had; the image may be fine.
        """
        try:
            child = await self._spawn()
        except OSError as error:
            raise UnavailableImage(
                f"no process to decode it in: {error}", reason=Reason.UNREADABLE
            ) from error
        try:
            async with asyncio.timeout(_START_S):
                await _receive(child)
        except BaseException as error:
            await _end(child)
            if isinstance(error, TimeoutError | OSError | asyncio.IncompleteReadError):
                raise UnavailableImage(
                    "the decoder's process did not start", reason=Reason.UNREADABLE
                ) from error
            raise
        return child

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "imgai.prepare.child",
            str(self._deadline_s),
            str(self._memory_bytes),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # libtiff prints what it thinks of a file.
            stderr=asyncio.subprocess.DEVNULL,
            env={
                **{key: os.environ[key] for key in _ENVIRONMENT & os.environ.keys()},
                # It must find this very package, wherever it was imported from.
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
        )

    async def _ask(
        self, child: asyncio.subprocess.Process, request: bytes
    ) -> tuple[bytes, bytes]:
        """Send a request and return the reply's header and body."""
        assert child.stdin is not None  # noqa: S101  (started with a pipe)
        try:
            async with asyncio.timeout(self._deadline_s):
                child.stdin.write(request)
                await child.stdin.drain()
                return await _receive(child)
        except TimeoutError as error:
            raise UnreadableImage(
                f"decoding it takes more than {self._deadline_s:g} s",
                reason=Reason.TOO_SLOW,
            ) from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise UnreadableImage("the decoder died of it") from error


async def _receive(child: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """Read one message: its header and its body."""
    assert child.stdout is not None  # noqa: S101  (started with a pipe)
    prefix = await child.stdout.readexactly(wire.PREFIX.size)
    header_bytes, body_bytes = wire.PREFIX.unpack(prefix)
    if header_bytes > wire.LARGEST_HEADER_BYTES:
        raise UnreadableImage("the decoder answered nonsense")
    if body_bytes > wire.LARGEST_REPLY_BYTES:
        raise UnreadableImage("the decoder answered nonsense")
    header = await child.stdout.readexactly(header_bytes)
    return header, await child.stdout.readexactly(body_bytes)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Kill a child, busy or idle, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    # Shielded, so that Ctrl-C in the middle leaves no zombie behind.
    await asyncio.shield(child.wait())
    if child.stdin is not None:
        child.stdin.close()
