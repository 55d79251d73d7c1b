"""Threads and children: bombs, hangs and crashes stay one picture's matter."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from imgai.domain.images import PreparedImage
from imgai.errors import ImageError, OversizedImage, Reason, UnreadableImage
from imgai.prepare import children as children_module
from imgai.prepare.children import Children
from imgai.prepare.identity import dissect, identify
from imgai.prepare.preparer import Preparer
from imgai.prepare.route import route
from tests import pictures

pytestmark = pytest.mark.anyio
MEMORY_BYTES = 420_000_000
BOMBS = pictures.bombs()
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


async def prepare(preparer: Preparer, content: bytes) -> PreparedImage:
    return await preparer.prepare(content, identify(content))


def child_processes() -> set[int]:
    """Return the ids of this process's children, dead ones that linger included."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has just ended
            found |= set(map(int, (task / "children").read_text().split()))
    return found


async def new_children(before: set[int]) -> set[int]:
    """Wait until a child has been started."""
    async with asyncio.timeout(20):
        while child_processes() == before:  # noqa: ASYNC110  (the kernel sets no Event)
            await asyncio.sleep(0.01)
    return child_processes() - before


def environment_of(process: int) -> bytes:
    """Return a process's environment as the kernel shows it."""
    return Path(f"/proc/{process}/environ").read_bytes()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_ordinary_pictures_start_no_process(file_format: str) -> None:
    """Their decoders are quick, and a child would cost more than it protects."""
    content = pictures.encoded(pictures.scene(), file_format)
    assert not route(dissect(content), 384, MEMORY_BYTES).in_child
    async with Preparer() as preparer:
        prepared = await prepare(preparer, content)
    assert (prepared.width_px, prepared.height_px) == (384, 256)
    assert prepared.picture.picture_hash == identify(content).picture_hash


async def test_a_child_and_a_thread_make_the_same_copy() -> None:
    """Where a picture is decoded shows in nothing."""
    scene = pictures.scene()
    async with Preparer() as preparer:
        png = await prepare(preparer, pictures.encoded(scene, "PNG"))
        bmp = await prepare(preparer, pictures.encoded(scene, "BMP"))
    assert png.jpeg == bmp.jpeg
    assert png.picture.colours == bmp.picture.colours
    assert png.picture.perceptual_hash == bmp.picture.perceptual_hash


@pytest.mark.parametrize("file_format", ["TIFF", "BMP", "AVIF", "HEIF"])
async def test_rare_formats_are_decoded_in_a_child(file_format: str) -> None:
    """Several at once share the children, and each gets its own answer."""
    contents = [
        pictures.encoded(pictures.scene(120 + 8 * number, 80), file_format)
        for number in range(5)
    ]
    async with Preparer(workers=2) as preparer:
        prepared = await asyncio.gather(*(prepare(preparer, c) for c in contents))
    assert [image.width_px for image in prepared] == [120, 128, 136, 144, 152]


@pytest.mark.parametrize("progressive", [False, True])
async def test_the_largest_camera_photos_are_let_in(*, progressive: bool) -> None:
    """Forty-eight megapixels, as phones make them, however they were saved."""
    jpeg = pictures.encoded(pictures.quadrants(), progressive=progressive)
    anatomy = dissect(pictures.resized_jpeg(jpeg, 7000))
    assert route(anatomy, 384, MEMORY_BYTES).needs_bytes < 200_000_000


@pytest.mark.parametrize("name", BOMBS)
async def test_bombs_are_refused_by_their_header(name: str) -> None:
    """Some hundred bytes that ask for gigabytes; nothing is decoded."""
    async with Preparer() as preparer:
        with pytest.raises(OversizedImage):
            await prepare(preparer, BOMBS[name])


@on_linux
async def test_a_decode_without_end_is_stopped_and_the_next_one_works() -> None:
    """Three thousand scans would keep a thread busy for ever; the child is killed."""
    endless = pictures.many_scans_jpeg()
    assert route(dissect(endless), 384, MEMORY_BYTES).in_child
    before = child_processes()
    async with Preparer(deadline_s=0.2) as preparer:
        with pytest.raises(UnreadableImage) as caught:
            await prepare(preparer, endless)
        assert caught.value.reason is Reason.TOO_SLOW
        assert child_processes() == before
        content = pictures.encoded(pictures.quadrants(), "BMP")
        assert (await prepare(preparer, content)).picture.width_px == 96
    assert child_processes() == before


@on_linux
async def test_a_decoder_that_dies_takes_only_its_picture_with_it() -> None:
    """As a crash in a C library does; the next picture gets a new child."""
    content = pictures.encoded(pictures.quadrants(), "BMP")
    before = child_processes()
    async with Preparer(workers=1) as preparer:
        await prepare(preparer, content)
        task = asyncio.create_task(prepare(preparer, pictures.many_scans_jpeg()))
        (child,) = child_processes() - before
        await asyncio.sleep(0.2)  # by now it decodes
        os.kill(child, signal.SIGKILL)
        with pytest.raises(UnreadableImage):
            await task
        assert (await prepare(preparer, content)).picture.width_px == 96
    assert child_processes() == before


@on_linux
async def test_a_child_that_died_while_idle_costs_no_picture() -> None:
    """The system may kill it for memory; that is no picture's fault."""
    content = pictures.encoded(pictures.quadrants(), "BMP")
    before = child_processes()
    async with Preparer(workers=1) as preparer:
        await prepare(preparer, content)
        (child,) = child_processes() - before
        os.kill(child, signal.SIGKILL)
        assert (await prepare(preparer, content)).picture.width_px == 96
    assert child_processes() == before


@on_linux
async def test_a_decoder_that_eats_memory_is_refused_it() -> None:
    """The child may take what it was granted, and some room for its own code."""
    content = pictures.png_of((7000, 7000), 8, 0, bytes(7001) * 7000)
    # Less than nothing, so that the room for its own code is not enough for 49 MB.
    pool = Children(1, deadline_s=20, memory_bytes=-270_000_000)
    try:
        with pytest.raises(OversizedImage):
            await pool.prepare(content, "p1-test", 384)
    finally:
        await pool.close()


@on_linux
async def test_cancelling_leaves_no_process_behind() -> None:
    """Ctrl-C in the middle of a decode."""
    before = child_processes()
    async with Preparer() as preparer:
        task = asyncio.create_task(prepare(preparer, pictures.many_scans_jpeg()))
        await new_children(before)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert child_processes() == before


@on_linux
async def test_a_child_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that was taken over finds no token in its environment."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "secret-token")
    before = child_processes()
    async with Preparer(workers=1) as preparer:
        await prepare(preparer, pictures.encoded(pictures.quadrants(), "BMP"))
        (child,) = child_processes() - before
        environment = environment_of(child)
    assert b"secret" not in environment
    assert b"PYTHONPATH" in environment


async def test_a_child_ends_when_its_parent_is_gone() -> None:
    """Its stdin closes then, however the parent ended."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "imgai.prepare.child",
        "5",
        str(MEMORY_BYTES),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(children_module.__file__).parents[2],
    )
    async with asyncio.timeout(20):
        await child.communicate(b"")
    assert child.returncode == 0


async def test_many_at_once_stay_within_their_memory() -> None:
    """Admission by need: however many come, each gets its answer."""
    content = pictures.encoded(pictures.scene(), "PNG")
    async with Preparer(memory_bytes=6_000_000, workers=4) as preparer:
        async with asyncio.timeout(30):
            prepared = await asyncio.gather(
                *(prepare(preparer, content) for _ in range(20))
            )
    assert {image.jpeg for image in prepared} == {prepared[0].jpeg}


@on_linux
def test_a_child_keeps_within_the_limit_it_was_born_with() -> None:
    """Clusters give each process so much memory; a child may not ask for more."""
    born_with = 2_000_000_000

    limited = subprocess.run(
        [sys.executable, "-c", _BORN_POOR, str(born_with)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert limited.stdout.strip() == str(born_with), limited.stderr


_BORN_POOR = """
import encodings.ascii, os, resource, sys
from imgai.prepare.child import limit_memory
if os.getuid() == 0:
    os.setuid(65534)  # root may ask for anything
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
limit_memory(2 * limit)
print(resource.getrlimit(resource.RLIMIT_AS)[0])
"""


@pytest.mark.parametrize("file_format", ["TIFF", "BMP", "AVIF", "HEIF"])
async def test_errors_of_a_child_are_those_of_a_thread(file_format: str) -> None:
    """A truncated file keeps its reason across the pipe."""
    content = pictures.truncated(pictures.encoded(pictures.scene(), file_format), 5)
    async with Preparer() as preparer:
        with pytest.raises(ImageError) as caught:
            await prepare(preparer, content)
    assert caught.value.reason in {Reason.CORRUPT, Reason.NOT_AN_IMAGE}


async def test_an_image_is_told_apart_before_it_is_prepared() -> None:
    """A known picture is not decoded again; what was learnt is handed on."""
    content = pictures.encoded(pictures.scene())
    async with Preparer() as preparer:
        identity, anatomy = await preparer.tell_apart(content)
        prepared = await preparer.prepare(content, identity, anatomy)

        assert (identity, anatomy) == (identify(content), dissect(content))
        assert prepared == await preparer.prepare(content, identity)
