"""The child process that decodes what might do harm: `python -m imgai.prepare.child`.

It reads requests from stdin and answers on stdout until stdin closes. Its memory is
limited where the system can do that, and it ends itself when one decode takes too
long, so that none is left running even if the parent was killed in the middle.
"""

import faulthandler
import json
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from imgai.errors import ImageError, OversizedImage
from imgai.prepare import wire
from imgai.prepare.copy import make_copy
from imgai.prepare.identity import dissect

# Code, libraries and the decoders' own threads need address space beside the pixels.
_ROOM_BYTES = 300_000_000
_GRACE_S = 2.0  # the parent's deadline comes first; this one is for when it is gone
_READY = wire.frame({"ready": True})


def main() -> None:
    """Answer requests until there are no more."""
    deadline_s, memory_bytes = float(sys.argv[1]), int(sys.argv[2])
    # Ctrl-C goes to the whole terminal; the parent decides what that means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _learn_heic()
    limit_memory(memory_bytes)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    with Path(os.devnull).open("w") as nowhere:
        _send(replies, _READY)
        while prefix := requests.read(wire.PREFIX.size):
            header_bytes, body_bytes = wire.PREFIX.unpack(prefix)
            header = requests.read(header_bytes)
            # A thread in C ends the process, whatever the decoder is doing.
            faulthandler.dump_traceback_later(
                deadline_s + _GRACE_S, exit=True, file=nowhere
            )
            _send(replies, _answer(header, requests, body_bytes))
            faulthandler.cancel_dump_traceback_later()


def _answer(header: bytes, requests: BinaryIO, body_bytes: int) -> bytes:
    """Return the reply to one request."""
    asked = json.loads(header)
    if "ping" in asked:
        return _READY
    try:
        content = requests.read(body_bytes)
        image = make_copy(
            content, dissect(content), asked["picture_hash"], asked["width_px"]
        )
        return wire.reply_of(image)
    except ImageError as error:
        return wire.refusal_of(error)
    except MemoryError:
        return wire.refusal_of(OversizedImage("decoding it takes too much memory"))


def _send(replies: BinaryIO, message: bytes) -> None:
    replies.write(message)
    replies.flush()


def _learn_heic() -> None:
    """Teach Pillow HEIC, and keep the decoders to one thread: images share the CPU."""
    # Only here: both plugins parse untrusted boxes in C and C++.
    import pillow_heif  # noqa: PLC0415
    from PIL import AvifImagePlugin  # noqa: PLC0415

    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)


def limit_memory(memory_bytes: int) -> None:
    """Let this process's allocations beyond an allowance fail, if the system can.

    Args:
        memory_bytes: for the pixels; what is in use by now comes on top.
    """
    try:
        import resource  # noqa: PLC0415  (not on Windows)

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    in_use = pages * resource.getpagesize()
    limit = in_use + memory_bytes + _ROOM_BYTES
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        limit = min(limit, most)  # a cluster's, perhaps, which nobody may raise
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
