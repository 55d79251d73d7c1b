"""Processes that use the database and come to grief.

Run as `python children.py HOW DATABASE`. Each says on stdout, line by
line, what has been acknowledged.
"""

import asyncio
import resource
import signal
import sys
from itertools import count
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.domain.images import Identity, Picture, SourceImage
from imgai.errors import StoreError
from imgai.store.journal import Journal, open_journal
from imgai.store.lock import hold_database


def say(word: object) -> None:
    """Tell the parent at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def add(journal: Journal, number: int) -> None:
    """Store a picture, and say so once it is acknowledged."""
    picture_hash = f"p1-{number}"
    picture = Picture(picture_hash, 1, 1, "0" * 16, (), is_truncated=False)
    image = SourceImage(f"file:///{number}.jpg", 1, 1, None)
    identity = Identity("0" * 64, picture_hash, "jpeg", None)
    await journal.add_picture(picture, image, identity)
    say(picture_hash)


async def write_for_ever(path: Path) -> None:
    """Store pictures, several at a time, until killed."""
    async with open_journal(path, LabelRules()) as journal:
        numbers = count()
        while True:
            await asyncio.gather(*(add(journal, next(numbers)) for _ in range(4)))


async def write_to_a_full_disk(path: Path) -> None:
    """Store pictures until there is no room, then make room and go on."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with open_journal(path, LabelRules()) as journal:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, most))
        numbers = count()
        try:
            while True:
                await add(journal, next(numbers))
        except StoreError as error:
            say(f"StoreError: {error}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        for _ in range(3):
            await add(journal, next(numbers))


async def hold(path: Path) -> None:
    """Hold the database's lock until killed."""
    with hold_database(path):
        say("held")
        await asyncio.Event().wait()


if __name__ == "__main__":
    ways = {"write": write_for_ever, "fill": write_to_a_full_disk, "hold": hold}
    asyncio.run(ways[sys.argv[1]](Path(sys.argv[2])))
