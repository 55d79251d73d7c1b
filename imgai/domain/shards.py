"""Shards: the stable parts of all URIs that several machines divide among them."""

import hashlib
import re
from dataclasses import dataclass

_SHARD = re.compile(r"(\d{1,9})/(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of all URIs that one of several machines takes."""

    number: int  # 1 to `count`
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ValueError(
                f"there is no shard {self.number} of {self.count}: four machines take"
                " 1/4 to 4/4"
            )

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Return the shard that "I/N" names.

        Raises:
            ValueError: it has another form, or I is not in 1 to N.
        """
        parts = _SHARD.fullmatch(text)
        if parts is None:
            raise ValueError(f"{text!r} is no shard: write I/N, such as 1/4")
        return cls(int(parts[1]), int(parts[2]))

    def has(self, uri: str) -> bool:
        """Return whether this shard takes a URI; of N shards exactly one does.

        It depends on the URI alone, so shards agree however they list.
        """
        digest = hashlib.blake2b(uri.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.number - 1
