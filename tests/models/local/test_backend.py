"""The local models on real photographs, and under the contracts of the seams."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from imgai.domain.predictions import (
    Caption,
    CaptionSource,
    Embedding,
    Labels,
    NsfwScore,
    Task,
    Vector,
)
from imgai.errors import UnreadableImage
from imgai.models.base import ImageModel, TextEmbedder
from imgai.models.local.backend import MODELS, LocalModels
from imgai.models.local.colouring import COLOURS
from imgai.models.local.embedder import LocalEmbedder
from imgai.models.local.grammar import is_person
from imgai.models.local.imagenet import read_classes
from imgai.models.local.semantics import embedded_texts
from imgai.models.local.text_encoder import TextEncoder
from imgai.models.local.weights import LABEL_EMBEDDINGS
from tests.contracts.image_model import ImageModelContract
from tests.contracts.text_embedder import TextEmbedderContract
from tests.models.local.photos import NAMES, photo
from tests.models.prepared import prepared_image

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModels]:
    """Return the local models, loaded once for all tests here."""
    models = LocalModels(threads=2, now=lambda: NOON)
    yield models
    models.close()


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    """Return the local text embedder, loaded once for all tests here."""
    return LocalEmbedder()


class TestLocalModelsKeepTheContract(ImageModelContract):
    """See `ImageModel`."""


class TestLocalEmbedderKeepsTheContract(TextEmbedderContract):
    """See `TextEmbedder`."""


async def labels_of(model: ImageModel, name: str) -> set[str]:
    (found,) = await model.predict(photo(name), frozenset({Task.LABELS}))
    assert isinstance(found.answer, Labels)
    return {one.label for one in found.answer.detections if one.score >= 0.1}


async def caption_of(model: ImageModel, name: str) -> str:
    (found,) = await model.predict(photo(name), frozenset({Task.CAPTION}))
    assert isinstance(found.answer, Caption)
    assert found.answer.source is CaptionSource.COMPOSED
    return found.answer.text


async def vector_of(model: ImageModel, name: str) -> Vector:
    (found,) = await model.predict(photo(name), frozenset({Task.EMBEDDING}))
    assert isinstance(found.answer, Embedding)
    assert found.answer.vector is not None
    return found.answer.vector


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_0412.png", {"cat"}),
        ("IMG_0533.jpg", {"dog", "German shepherd"}),
        ("IMG_0607.jpg", {"horse"}),
        ("IMG_0611.webp", {"sheep"}),
        ("DSC_1187.jpg", {"red panda"}),
        ("DSC_1204.jpg", {"bird"}),
        ("DSC_1261.jpg", {"bear", "polar bear"}),
        ("P2030871.jpg", {"castle", "building"}),
        ("P2030902.jpg", {"viaduct", "bridge"}),
        ("IMG_0420.png", {"cup", "coffee", "espresso"}),
        ("IMG_0850.jpg", {"person"}),
    ],
)
async def test_photos_get_the_labels_people_look_for(
    model: ImageModel, name: str, expected: set[str]
) -> None:
    """The thing itself, and the wider word for it."""
    assert expected <= await labels_of(model, name)


async def nearness_to(
    query: str, model: ImageModel, embedder: TextEmbedder
) -> dict[str, float]:
    """Return each photo's similarity to a query."""
    (asked,) = await embedder.embed([query])
    assert asked.vector is not None
    asked_for = np.array(asked.vector)
    return {name: float(asked_for @ await vector_of(model, name)) for name in NAMES}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("ginger cat", {"IMG_0412.png"}),
        ("bird", {"DSC_1204.jpg", "IMG_0702.jpg"}),
        ("castle", {"P2030871.jpg"}),
        ("musicians", {"IMG_0850.jpg", "IMG_0863.jpg"}),
        ("hot drink", {"IMG_0420.png"}),
        ("bridge", {"P2030902.jpg"}),
        ("dog", {"IMG_0533.jpg"}),
        ("white bear", {"DSC_1261.jpg"}),
    ],
)
async def test_a_query_finds_a_right_photo_first(
    model: ImageModel, embedder: TextEmbedder, query: str, right: set[str]
) -> None:
    """Pictures and queries share a space: the nearest picture shows what is asked."""
    nearness = await nearness_to(query, model, embedder)

    assert max(nearness, key=nearness.__getitem__) in right


@pytest.mark.anyio
async def test_the_ginger_cat_comes_before_the_other_cat(
    model: ImageModel, embedder: TextEmbedder
) -> None:
    """Both are cats; the colour decides."""
    nearness = await nearness_to("ginger cat", model, embedder)

    assert nearness["IMG_0412.png"] > nearness["IMG_0418.jpg"]


@pytest.mark.anyio
@pytest.mark.parametrize("name", NAMES)
async def test_captions_of_photos_are_one_sentence_without_coloured_people(
    model: ImageModel, name: str
) -> None:
    """Whatever is seen, a caption is a sentence, and no colour stands by a person."""
    text = await caption_of(model, name)

    assert text[0].isupper()
    assert text.endswith(".")
    for part in text.rstrip(".").replace(" and ", ", ").split(", "):
        if is_person(part):
            assert set(part.split()).isdisjoint(COLOURS)


@pytest.mark.anyio
async def test_a_picture_of_nothing_is_described_by_its_colours(
    model: ImageModel,
) -> None:
    """An honest caption is never empty, and never makes things up."""
    grey = prepared_image((128, 128, 128))
    (found,) = await model.predict(grey, frozenset({Task.CAPTION}))
    assert found.answer == Caption(
        "A picture in black and white.", CaptionSource.COMPOSED
    )


@pytest.mark.anyio
async def test_predictions_are_filed_and_dated(model: ImageModel) -> None:
    """The model's name of each task is stable, the date is the clock's, all is free."""
    for found in await model.predict(photo("IMG_0412.png"), model.tasks):
        assert found.model == MODELS[found.task]
        assert found.predicted_at == NOON
        assert found.neurons == 0


@pytest.mark.anyio
async def test_holiday_photos_are_harmless(model: ImageModel) -> None:
    """The NSFW score of every example photo is low."""
    for name in NAMES:
        (found,) = await model.predict(photo(name), frozenset({Task.NSFW}))
        assert isinstance(found.answer, NsfwScore)
        assert found.answer.score < 0.2


@pytest.mark.anyio
@pytest.mark.parametrize("content", [b"", b"no JPEG", b"\xff\xd8\xff\xe0 broken"])
async def test_a_broken_copy_concerns_this_image_only(
    model: ImageModel, content: bytes
) -> None:
    """It is an ImageError, so that the run goes on."""
    broken = replace(prepared_image(), jpeg=content)
    with pytest.raises(UnreadableImage):
        await model.predict(broken, model.tasks)


@pytest.mark.anyio
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 400), (384, 1)])
async def test_the_narrowest_pictures_are_answered(
    model: ImageModel, width: int, height: int
) -> None:
    """No view of a picture is ever empty."""
    image = prepared_image((200, 30, 30), width, height)
    assert len(await model.predict(image, model.tasks)) == len(Task)


def test_shipped_embeddings_are_those_of_the_encoder() -> None:
    """They were made with this encoder, from the names as they are now."""
    shipped = np.load(io.BytesIO(LABEL_EMBEDDINGS.read()), allow_pickle=False)
    texts = embedded_texts(read_classes())
    some = range(0, len(texts), len(texts) // 20)

    fresh = TextEncoder().encode([texts[row] for row in some])

    assert shipped.shape == (len(texts), 384)
    nearness = (fresh * shipped[list(some)]).sum(axis=1)
    assert nearness == pytest.approx(1, abs=2e-3)
