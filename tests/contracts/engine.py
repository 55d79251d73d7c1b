"""What every `Engine` must do, wherever it does it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from imgai.domain.images import SourceImage
from imgai.domain.predictions import Backend, Caption, NsfwScore, Task
from imgai.errors import (
    ImgaiError,
    ModelUnavailable,
    NotAnImage,
    QuotaExhausted,
    RateLimited,
    Reason,
    UnavailableImage,
    UnreadableImage,
)
from imgai.models.base import ModelReply, ModelRequest
from imgai.models.profiles import PROFILES
from imgai.pipeline.engine import Engine, Fetched, InProcess, Unreadable
from imgai.prepare.identity import identify
from imgai.prepare.preparer import Preparer
from imgai.sources.local import LocalFiles
from imgai.sources.location import path_to_uri
from tests.fakes import FakeImageModel
from tests.models.prepared import prepared_image
from tests.pictures import encoded, scene

PROFILE = PROFILES[0]
NSFW = frozenset({Task.NSFW})
PHOTO = encoded(scene())
FILES = LocalFiles([])  # which reads any file


@dataclass(frozen=True, slots=True)
class SpokenHost:
    """Answers with the first text of a request; some words it refuses."""

    async def ask(self, request: ModelRequest) -> ModelReply:
        """See `Host.ask`."""
        refusals: dict[str, ImgaiError] = {
            "busy": RateLimited("busy", retry_after_s=7.0, pauses_everything=True),
            "spent": QuotaExhausted("spent", hint="Come back tomorrow."),
            "lost": ModelUnavailable("lost", perhaps_billed=True),
        }
        (text,) = request.texts
        if text in refusals:
            raise refusals[text]
        return ModelReply(Caption(text), 1.5, 400)


@asynccontextmanager
async def open_spoken() -> AsyncIterator[InProcess]:
    """Open an engine that asks nobody, as any engine's worker may open one."""
    model = FakeImageModel({Task.NSFW: NsfwScore(0.25)}, Backend.LOCAL, "nsfw")
    async with Preparer(width_px=64, workers=1) as preparer:
        yield InProcess(preparer, SpokenHost(), model)


def listed(path: Path) -> SourceImage:
    """Return a file as a listing shows it."""
    status = path.stat() if path.exists() else None
    return SourceImage(
        path_to_uri(path),
        status.st_size if status else 1,
        status.st_mtime_ns if status else 1,
        None,
    )


def request(text: str) -> ModelRequest:
    """Return a request that a `SpokenHost` answers with the text."""
    return ModelRequest(PROFILE, texts=(text,), picture_hashes=("p1-1",))


async def fetched(engine: Engine, path: Path) -> Fetched:
    """Fetch a file that can be read."""
    found = await engine.fetch(FILES, listed(path))
    assert isinstance(found, Fetched), found
    return found


class EngineContract:
    """Subclass it in an engine's test module and give it an `engine` fixture.

    Its workers open `open_spoken`.
    """

    @pytest.fixture
    def photo(self, tmp_path: Path) -> Path:
        """Return a photo."""
        path = tmp_path / "photo.jpg"
        path.write_bytes(PHOTO)
        return path

    @pytest.mark.anyio
    async def test_what_is_fetched_is_told_apart(
        self, engine: Engine, photo: Path
    ) -> None:
        """By its bytes, as they are when they are read."""
        found = await fetched(engine, photo)

        assert found.identity == identify(PHOTO)
        assert found.image.size_bytes == len(PHOTO)

    @pytest.mark.anyio
    async def test_what_cannot_be_read_is_an_outcome(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        """With the reason, and with the hash of what was read if anything was."""
        text = tmp_path / "text.jpg"
        text.write_bytes(b"no image at all")

        gone = await engine.fetch(FILES, listed(tmp_path / "gone.jpg"))
        other = await engine.fetch(FILES, listed(text))

        assert isinstance(gone, Unreadable)
        assert isinstance(gone.error, UnavailableImage)
        assert gone.error.reason is Reason.VANISHED
        assert not gone.error.is_permanent
        assert isinstance(other, Unreadable)
        assert isinstance(other.error, NotAnImage)

    @pytest.mark.anyio
    async def test_the_copy_is_the_one_that_any_engine_makes(
        self, engine: Engine, photo: Path
    ) -> None:
        """Byte for byte: models see the same wherever it was made."""
        prepared = await engine.prepare(await fetched(engine, photo))

        async with Preparer(width_px=64) as preparer:
            assert prepared == await preparer.prepare(PHOTO, identify(PHOTO))

    @pytest.mark.anyio
    async def test_what_cannot_be_decoded_is_told_by_name(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        """The error is the one of this process, with all it carries."""
        broken = tmp_path / "broken.png"
        broken.write_bytes(encoded(scene(), "PNG")[:200])

        with pytest.raises(UnreadableImage) as raised:
            await engine.prepare(await fetched(engine, broken))
        assert raised.value.reason is Reason.CORRUPT

    @pytest.mark.anyio
    async def test_the_local_models_are_asked(self, engine: Engine) -> None:
        """And answer with predictions of their own."""
        (found,) = await engine.predict(prepared_image(), NSFW)

        assert (found.task, found.model) == (Task.NSFW, "nsfw")
        assert found.answer == NsfwScore(0.25)

    @pytest.mark.anyio
    async def test_the_host_is_asked(self, engine: Engine) -> None:
        """And what it says comes back, with its cost."""
        assert await engine.ask(request("a cat")) == ModelReply(
            Caption("a cat"), 1.5, 400
        )

    @pytest.mark.anyio
    async def test_the_hosts_refusals_come_back_whole(self, engine: Engine) -> None:
        """Guards look at their kinds, and at what they carry."""
        with pytest.raises(RateLimited) as busy:
            await engine.ask(request("busy"))
        with pytest.raises(QuotaExhausted, match="spent") as spent:
            await engine.ask(request("spent"))
        with pytest.raises(ModelUnavailable) as lost:
            await engine.ask(request("lost"))

        assert busy.value.retry_after_s == 7.0
        assert busy.value.pauses_everything
        assert spent.value.hint == "Come back tomorrow."
        assert lost.value.perhaps_billed

    @pytest.mark.anyio
    async def test_many_calls_at_once_do_not_mix(
        self, engine: Engine, photo: Path
    ) -> None:
        """Each gets its own answer, whoever gives it."""
        texts = [f"picture {number}" for number in range(24)]
        replies = await asyncio.gather(*(engine.ask(request(one)) for one in texts))
        found = await asyncio.gather(*(fetched(engine, photo) for _ in range(8)))
        copies = await asyncio.gather(*(engine.prepare(one) for one in found))

        assert [one.answer for one in replies] == [Caption(one) for one in texts]
        assert copies == [copies[0]] * 8
