"""Folders as tests need them: hostile names, and a reader without rights."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgai.domain.images import PassedOver, SourceImage
from imgai.errors import Reason
from imgai.sources.base import Listed, Source

NOBODY = 65534


async def list_all(source: Source) -> list[Listed]:
    """Return all that a source lists."""
    return [entry async for batch in source.batches() for entry in batch]


def images(listed: Sequence[Listed]) -> list[str]:
    """Return the URIs of the images among what was listed, in order."""
    return [entry.uri for entry in listed if isinstance(entry, SourceImage)]


def passed_over(listed: Sequence[Listed]) -> dict[str, Reason]:
    """Return what was passed over, and why."""
    return {one.uri: one.reason for one in listed if isinstance(one, PassedOver)}


def make_file(path: Path | bytes, content: bytes = b"\xff\xd8 photo") -> None:
    """Write a file, or skip the test where the file system refuses its name."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    except OSError as error:
        pytest.skip(f"this file system refuses the name: {error.strerror}")
    os.write(descriptor, content)
    os.close(descriptor)


@contextmanager
def rights_given_up() -> Iterator[None]:
    """Act as a user without rights, for root is never refused anything.

    An ordinary user stays who they are.
    """
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    is_root = os.geteuid() == 0
    if is_root:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
            os.setegid(0)
