"""Images named as examples: looked up, or looked at on the spot, storing nothing."""

import asyncio
import re
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path

from imgai.commands.asking import PATIENCE
from imgai.commands.backends import choose_backend, chosen_profiles
from imgai.commands.places import open_images
from imgai.commands.searching import Asked
from imgai.commands.wiring import hosted_on, open_api
from imgai.domain.derive import LabelRules, derive, embedding_text
from imgai.domain.images import ImageFile, PreparedImage, SourceImage
from imgai.domain.matches import Example, SearchMode
from imgai.domain.predictions import (
    Backend,
    Embedding,
    Prediction,
    Task,
    Vector,
    VectorSpace,
)
from imgai.domain.report import Spent
from imgai.domain.similar import Look
from imgai.errors import (
    ImageError,
    ModelRetired,
    NotAnImage,
    Reason,
    SourceNotFound,
    UsageError,
)
from imgai.limits.stop import Stop
from imgai.models.base import Host
from imgai.models.guarded import JournalledHost, RetryingHost
from imgai.models.succession import TextSuccession
from imgai.models.workers_ai import HostedImageModel, HostedTextEmbedder
from imgai.prepare.identity import identify
from imgai.prepare.preparer import Preparer
from imgai.settings.values import Settings
from imgai.sources.location import (
    AllBuckets,
    BucketLocation,
    FileLocation,
    ListOnStdin,
    parse_location,
    path_to_uri,
    r2_uri,
)
from imgai.sources.selection import EVERYTHING
from imgai.store.lone_calls import LoneCalls
from imgai.store.looks import look_of_image, look_of_picture

_WEIGHTED = re.compile(r"(\d+(?:\.\d*)?|\.\d+):(.+)", re.DOTALL)


def find_examples(
    connection: sqlite3.Connection, asked: Asked, settings: Settings
) -> tuple[Example, ...]:
    """Return the examples of a search, with what is known of them.

    Raises:
        UsageError: the search goes by words alone.
        ImgaiError: see `find_look`.
    """
    if asked.mode is SearchMode.TEXT:
        raise UsageError("--like and --unlike go by meaning, --mode text by words.")
    examples: list[Example] = []
    for sign, named in asked.examples:
        weight, name = _weighed(named)
        look = find_look(connection, name, asked.backend, settings)
        examples.append(Example(name, sign * weight, look.vectors, look.picture_id))
    return tuple(examples)


def _weighed(named: str) -> tuple[float, str]:
    """Return weight and name of "0.5:pool.jpg"; a name alone weighs 1."""
    found = _WEIGHTED.fullmatch(named)
    return (float(found[1]), found[2]) if found else (1.0, named)


def find_look(
    connection: sqlite3.Connection, named: str, backend: str, settings: Settings
) -> Look:
    """Return how an image looks: as the database knows, else by looking at it.

    Args:
        connection: of the database; nothing is written but what calls cost.
        named: a path, a URI, or a picture hash (its beginning will do).
        backend: what looks at it, if need be: "local" or "workers-ai".
        settings: with credentials for the backend.

    Raises:
        SourceNotFound: nothing is there.
        ImageError: it cannot be read.
        SettingsError: the backend is not to be had.
        ImgaiError: what the backend raises.
    """
    if "://" in named and (known := look_of_image(connection, named)):
        return known
    uri = image_uri(named)
    known = (uri and look_of_image(connection, uri)) or None
    known = known or look_of_picture(connection, named)
    if known or uri is None:
        if known is None:
            raise SourceNotFound(f"{named} names no image.")
        return known
    chosen = choose_backend(backend, settings, holds_workers_ai=False)
    try:
        return asyncio.run(_look_at(connection, uri, chosen, settings))
    except ImageError as error:
        error.args = (f"{named}: {error}.",)  # of several, it has to say which
        raise


def image_uri(named: str) -> str | None:
    """Return the URI of what is named; None if it is a list, or no one place."""
    match parse_location(named, Path.cwd()):
        case FileLocation(path=path):
            return path_to_uri(path)
        case BucketLocation(bucket=bucket, prefix=key):
            return r2_uri(bucket, key)
        case AllBuckets() | ListOnStdin():
            return None


async def _look_at(
    connection: sqlite3.Connection, uri: str, backend: Backend, settings: Settings
) -> Look:
    file = await _read(uri, settings)
    identity = identify(file.content)
    if known := look_of_picture(connection, identity.picture_hash):
        return known  # under another name
    async with Preparer(width_px=settings.width_px) as preparer:
        prepared = await preparer.prepare(file.content, identity)
    if backend is Backend.LOCAL:
        vectors = await _local_vectors(prepared)
    else:
        vectors = await _hosted_vectors(prepared, settings)
    picture = prepared.picture
    return Look(
        picture.picture_hash,
        picture.perceptual_hash,
        picture.width_px,
        picture.height_px,
        picture.colours,
        vectors,
    )


async def _read(uri: str, settings: Settings) -> ImageFile:
    async with open_images([uri], EVERYTHING, settings, Stop()) as places:
        for source in places.sources:
            async for batch in source.batches():
                for listed in batch:
                    if isinstance(listed, SourceImage):
                        return await source.read(listed)
                    if listed.reason is not Reason.VANISHED:
                        raise NotAnImage(
                            "it is no image that imgai reads", reason=listed.reason
                        )
    raise SourceNotFound(f"There is no image at {uri}.")


async def _local_vectors(prepared: PreparedImage) -> dict[VectorSpace, Vector]:
    # Numpy and onnxruntime are only there with imgai[local].
    from imgai.models.local.backend import LocalModels  # noqa: PLC0415

    with closing(LocalModels()) as models:
        (prediction,) = await models.predict(prepared, frozenset({Task.EMBEDDING}))
    answer = prediction.answer
    if not isinstance(answer, Embedding) or answer.vector is None:
        return {}
    return {answer.space: answer.vector}


async def _hosted_vectors(
    prepared: PreparedImage, settings: Settings
) -> dict[VectorSpace, Vector]:
    """Ask for labels and a caption, then for the embedding of both."""
    models = settings.models
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(open_api(settings))
        calls = LoneCalls(settings.database)
        host: Host = JournalledHost(hosted_on(api, settings), calls, Spent())
        host = RetryingHost(host, PATIENCE)
        predictions = [await _ask(host, Task.LABELS, models.labels, prepared)]
        if settings.wants_captions:
            predictions.append(await _ask(host, Task.CAPTION, models.caption, prepared))
        rules = LabelRules(settings.max_labels, settings.min_score)
        text = embedding_text(derive(predictions, rules))
        if not text:
            return {}
        profiles = chosen_profiles(Task.EMBEDDING, models.embedding)
        embedders = [HostedTextEmbedder(host, profile) for profile in profiles]
        (embedded,) = await TextSuccession(embedders, (), lambda _: None).embed([text])
    return {embedded.space: embedded.vector} if embedded.vector else {}


async def _ask(
    host: Host, task: Task, named: str, prepared: PreparedImage
) -> Prediction:
    """Ask the first model of a task that is not retired."""
    *others, last = chosen_profiles(task, named)
    for profile in others:
        try:
            model = HostedImageModel(host, profile)
            (prediction,) = await model.predict(prepared, model.tasks)
        except ModelRetired:
            continue
        return prediction
    model = HostedImageModel(host, last)
    (prediction,) = await model.predict(prepared, model.tasks)
    return prediction
