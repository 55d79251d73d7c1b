"""What every source of images can do."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from imgai.domain.images import ImageFile, PassedOver, SourceImage

Listed = SourceImage | PassedOver


class Source(Protocol):
    """A folder, a bucket prefix or a list of them, as `classify SOURCE` names it.

    A source is listed once and read at many places at once.
    """

    @property
    def uri(self) -> str:
        """What is listed, as a URI; every listed URI of a folder begins with it."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether the listing so far left nothing out.

        Read it when `batches` has ended. False when a folder could not be read or
        the source is only a part by nature (one file, a list on stdin): then
        nothing that was not listed may be taken for gone.
        """
        ...

    def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """List the source in a stable order, some hundreds of entries at a time.

        Nothing is opened: what is named like an image is listed as one. Memory
        stays bounded however much there is. What is passed over is there all the
        same; a URI among it that ends with a slash is a folder that was not entered.

        Raises:
            SourceNotFound: there is no such place.
            SourceUnreadable: the listing broke off.
            AccessDenied: the store refused the key.
            TransientError: the store never answered.
        """
        ...

    async def read(self, image: SourceImage) -> ImageFile:
        """Return the image's bytes, and its size, time and ETag as of reading them.

        Raises:
            UnavailableImage: it vanished, or keeps changing.
            OversizedImage: it has more bytes than imgai reads.
            NotAnImage: it is no regular file, or its first bytes are no image's.
            UnreadableImage: permission denied, or the disk failed; not permanent.
            TransientError: the store may answer later.
        """
        ...
