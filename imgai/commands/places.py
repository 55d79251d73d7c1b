"""From SOURCE arguments to sources that can be listed and read."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from imgai.domain.images import ImageFile, SourceImage
from imgai.domain.shards import Shard
from imgai.errors import SettingsError, SourceNotFound
from imgai.limits.stop import Stop
from imgai.settings.values import Settings
from imgai.sources.base import Source
from imgai.sources.listed import OnlyThese
from imgai.sources.local import LocalFiles, open_path, paths_listed
from imgai.sources.location import (
    AllBuckets,
    BucketLocation,
    FileLocation,
    ListOnStdin,
    Location,
    parse_location,
    parse_r2_uri,
    uri_to_path,
)
from imgai.sources.reading import ReadingRules
from imgai.sources.selection import EVERYTHING, Selection

if TYPE_CHECKING:  # loaded for a bucket only: 60 ms
    from imgai.sources.r2_keys import GetResult, S3Keys
    from imgai.sources.s3 import S3
    from imgai.transport.cloudflare import CloudflareApi


def _check_head(head: bytes) -> None:
    """See `check_head`, which is loaded for the first image that is read."""
    from imgai.prepare.identity import check_head  # noqa: PLC0415

    check_head(head)


# What begins like no image is not read, or fetched, to its end.
_RULES = ReadingRules(check_head=_check_head)


def parse_selection(
    include: Sequence[str], exclude: Sequence[str], shard: str | None
) -> Selection:
    """Return what of the sources is wanted.

    Raises:
        BadParameter: a glob or the shard is malformed.
    """
    part = None if shard is None else parse_shard(shard)
    try:
        return Selection(tuple(include), tuple(exclude), part)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def parse_shard(text: str) -> Shard:
    """Return the shard that --shard names.

    Raises:
        BadParameter: it is malformed.
    """
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@dataclass(frozen=True, slots=True)
class Places:
    """The sources of a run, and which of them can be looked at beforehand."""

    sources: tuple[Source, ...]
    countable: tuple[Source, ...]  # listed for nothing, and a second time
    uncounted: tuple[str, ...]  # the URIs of the others


@asynccontextmanager
async def open_places(
    arguments: Sequence[str], selection: Selection, settings: Settings, stop: Stop
) -> AsyncIterator[Places]:
    """Open the sources that the command line names, in its order.

    Raises:
        SourceNotFound: one of them is not there.
        SourceUnreadable: it is there, and cannot be looked at.
        SettingsError: a bucket is named and its keys are not set.
        AccessDenied: no S3 keys belong to the API token.
    """
    cwd = Path.cwd()
    async with AsyncExitStack() as stack:
        locations = [parse_location(argument, cwd) for argument in arguments]
        opener = _Opener(selection, settings, stop, stack)
        sources = [await opener.open(location, cwd) for location in locations]
        pairs = list(zip(locations, sources, strict=True))
        yield Places(
            sources=tuple(sources),
            countable=tuple(
                open_path(location.path, selection, _RULES)
                for location, _ in pairs
                if isinstance(location, FileLocation)
            ),
            uncounted=tuple(
                source.uri
                for location, source in pairs
                if not isinstance(location, FileLocation)
            ),
        )


@asynccontextmanager
async def open_images(
    uris: Sequence[str], selection: Selection, settings: Settings, stop: Stop
) -> AsyncIterator[Places]:
    """Open sources that list just these images, wherever they are."""
    files = [Path(uri_to_path(uri)) for uri in uris if uri.startswith("file:")]
    objects = [uri for uri in uris if uri.startswith("r2:")]
    async with AsyncExitStack() as stack:
        opener = _Opener(selection, settings, stop, stack)
        sources: list[Source] = [LocalFiles(files, selection, _RULES)] if files else []
        for uri in objects:
            bucket = await opener.open(BucketLocation(*parse_r2_uri(uri)), Path())
            sources.append(OnlyThese(bucket, {uri}))
        countable = (LocalFiles(files, selection, _RULES),) if files else ()
        yield Places(tuple(sources), countable, tuple(objects))


def only_these(places: Places, uris: Iterable[str]) -> Places:
    """Return the places with only some of their images."""
    wanted = frozenset(uris)
    return Places(
        tuple(OnlyThese(source, wanted) for source in places.sources),
        tuple(OnlyThese(source, wanted) for source in places.countable),
        places.uncounted,
    )


class AnyImages:
    """Reads images by their URIs alone, wherever they are: a `Reader`."""

    def __init__(self, settings: Settings, stop: Stop, stack: AsyncExitStack) -> None:
        """Open nothing yet; what is opened for a bucket, the stack closes."""
        self._opener = _Opener(EVERYTHING, settings, stop, stack)
        self._files = LocalFiles([], rules=_RULES)
        self._buckets: dict[str, Source] = {}
        self._turn = asyncio.Lock()

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        if image.uri.startswith("file:"):
            return await self._files.read(image)
        bucket, _ = parse_r2_uri(image.uri)
        async with self._turn:
            if bucket not in self._buckets:
                location = BucketLocation(bucket, "")
                self._buckets[bucket] = await self._opener.open(location, Path())
        return await self._buckets[bucket].read(image)


async def list_buckets(settings: Settings) -> list[str]:
    """Return the names of the buckets that the keys may list.

    Raises:
        SettingsError: no keys are set.
        AccessDenied: they were refused.
        TransientError: the store does not answer.
    """
    async with AsyncExitStack() as stack:
        s3 = await open_s3(settings, stack)
        return await s3.list_buckets()


@dataclass(slots=True)
class _Opener:
    selection: Selection
    settings: Settings
    stop: Stop
    stack: AsyncExitStack
    _s3: "S3 | None" = None  # opened for the first bucket

    async def open(self, location: Location, cwd: Path) -> Source:
        match location:
            case FileLocation(path=path):
                return open_path(path, self.selection, _RULES)
            case ListOnStdin():
                return _list_on_stdin(cwd, self.selection)
            case BucketLocation():
                from imgai.sources.r2 import R2Bucket  # noqa: PLC0415

                if self._s3 is None:
                    self._s3 = await open_s3(self.settings, self.stack)
                return R2Bucket(
                    self._s3, location, self.selection, _RULES, sleep=self.stop.sleep
                )
            case AllBuckets():
                raise SourceNotFound(
                    "r2:// names no bucket.",
                    hint="`imgai classify r2://` alone lists the buckets.",
                )


async def open_s3(settings: Settings, stack: AsyncExitStack) -> "S3":
    """Open the store with the keys that are set, or those derived from the token.

    Raises:
        SettingsError: no keys are set, or where the store is.
        AccessDenied: no S3 keys belong to the API token.
        TransientError: Cloudflare does not answer.
    """
    from imgai.sources.r2_keys import S3Keys, r2_endpoint  # noqa: PLC0415
    from imgai.sources.s3 import S3  # noqa: PLC0415

    r2, account_id = settings.r2, settings.cloudflare.account_id
    if not r2.endpoint_url and not account_id:
        raise SettingsError(
            "A bucket is named, and neither CLOUDFLARE_ACCOUNT_ID nor R2_ENDPOINT_URL"
            " is set.",
            hint="Set the account id, or the URL of another S3-compatible store.",
        )
    if r2.access_key_id and r2.secret_access_key:
        keys = S3Keys(
            r2.access_key_id,
            r2.secret_access_key.reveal(),
            r2.session_token.reveal() if r2.session_token else None,
        )
    else:
        keys = await _derived_keys(settings)
    endpoint = r2.endpoint_url or r2_endpoint(account_id, r2.jurisdiction)
    return await stack.enter_async_context(aclosing(S3(endpoint, keys)))


async def _derived_keys(settings: Settings) -> "S3Keys":
    from imgai.commands.wiring import open_api  # noqa: PLC0415
    from imgai.sources.r2_keys import derive_keys  # noqa: PLC0415

    token = settings.cloudflare.api_token
    if not settings.cloudflare.account_id or token is None:
        raise SettingsError(
            "A bucket is named, and its keys are not set.",
            hint="Set R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY, or"
            " CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN, from which they follow.",
        )
    async with open_api(settings) as api:
        return await derive_keys(
            settings.cloudflare.account_id, token.reveal(), _getter(api)
        )


def _getter(api: "CloudflareApi") -> "GetResult":
    async def get_result(path: str) -> Any:
        return (await api.get(path)).result

    return get_result


def _list_on_stdin(cwd: Path, selection: Selection) -> Source:
    stdin = sys.stdin
    if stdin is None:
        raise SourceNotFound("The list was to come on stdin, which is closed.")
    return LocalFiles(paths_listed(stdin.buffer, cwd), selection, _RULES)
