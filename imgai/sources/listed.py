"""Some images of a source, named one by one."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from imgai.domain.images import ImageFile, SourceImage
from imgai.sources.base import Listed, Source


@dataclass(frozen=True, slots=True)
class OnlyThese:
    """Another source, of which only some images are shown: it is a `Source`."""

    source: Source
    uris: Collection[str]

    @property
    def uri(self) -> str:
        """See `Source.uri`."""
        return self.source.uri

    @property
    def is_complete(self) -> bool:
        """Always False: what is not shown may well be there."""
        return False

    async def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Source.batches`. What is passed over anyway is left out."""
        async for batch in self.source.batches():
            kept = [
                one
                for one in batch
                if isinstance(one, SourceImage) and one.uri in self.uris
            ]
            if kept:
                yield kept

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`."""
        return await self.source.read(image)
