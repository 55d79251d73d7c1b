"""The duplicates of a library: same file, same picture, near-duplicate, kept apart."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator

from imgai.domain.duplicates import (
    DuplicateGroup,
    DuplicateKind,
    ImageFacts,
    Member,
    best_first,
)
from imgai.domain.resemblance import (
    FAR_SIMILARITY,
    Sketch,
    hamming_distance,
    is_sure,
)
from imgai.search.lookalikes import lookalikes
from imgai.store.duplicates import (
    images_of,
    same_files,
    same_pictures,
    similarity_of,
    sketches,
)


def find_duplicates(
    connection: sqlite3.Connection, kinds: Collection[DuplicateKind]
) -> Iterator[DuplicateGroup]:
    """Yield groups of duplicates, kind by kind, those that free most bytes first.

    An image may be in a group of each kind: its file may be there twice, its picture
    in another file, and its photo in another size.
    """
    for kind in DuplicateKind:
        if kind in kinds:
            groups = _groups(connection, kind)
            yield from sorted(groups, key=lambda one: (-one.spare_bytes, one.best.uri))


def _groups(
    connection: sqlite3.Connection, kind: DuplicateKind
) -> Iterable[DuplicateGroup]:
    match kind:
        case DuplicateKind.SAME_FILE:
            found = same_files(connection)
        case DuplicateKind.SAME_PICTURE:
            found = same_pictures(connection)
        case DuplicateKind.NEAR_DUPLICATE:
            return _near_duplicates(connection)
    return [
        DuplicateGroup(kind, tuple(Member(one) for one in best_first(images)))
        for images in found
    ]


def _near_duplicates(connection: sqlite3.Connection) -> list[DuplicateGroup]:
    sketched = {one.picture_id: one for one in sketches(connection)}
    families = _Families()
    # A thousand empty frames would make half a million pairs: one stands for all.
    first_like: dict[object, Sketch] = {}
    for one in sketched.values():
        first = first_like.setdefault(_rounded(one), one)
        if first is not one:
            families.join(first.picture_id, one.picture_id)
    for one, other in lookalikes(first_like.values()):
        if is_sure(one, other) or _agree(connection, one, other):
            families.join(one.picture_id, other.picture_id)
    return [
        _group(connection, [sketched[picture_id] for picture_id in family])
        for family in families.all()
    ]


def _rounded(one: Sketch) -> object:
    """Return what only pictures share that are surely one photo."""
    mean = tuple(round(value / 2) for value in one.mean)
    return one.bits, mean, round(one.proportions * 20)


def _agree(connection: sqlite3.Connection, one: Sketch, other: Sketch) -> bool:
    similarity = similarity_of(connection, one.picture_id, other.picture_id)
    return similarity is not None and similarity >= FAR_SIMILARITY


def _group(connection: sqlite3.Connection, family: list[Sketch]) -> DuplicateGroup:
    hashes = {one.picture_id: one.bits for one in family}
    images = best_first(images_of(connection, hashes))
    # The best image of each picture; its copies are in groups of their own.
    each: dict[int, ImageFacts] = {}
    for image in images:
        each.setdefault(image.picture_id, image)
    best, *others = each.values()
    members = [Member(best)]
    members += [
        Member(
            one,
            hamming_distance(hashes[best.picture_id], hashes[one.picture_id]),
            similarity_of(connection, best.picture_id, one.picture_id),
        )
        for one in others
    ]
    return DuplicateGroup(DuplicateKind.NEAR_DUPLICATE, tuple(members))


class _Families:
    """Pictures that belong together because a chain of pairs joins them."""

    def __init__(self) -> None:
        self._family: dict[int, list[int]] = {}

    def join(self, one: int, other: int) -> None:
        first = self._family.setdefault(one, [one])
        second = self._family.setdefault(other, [other])
        if first is second:
            return
        larger, smaller = sorted((first, second), key=len, reverse=True)
        larger += smaller
        for member in smaller:
            self._family[member] = larger

    def all(self) -> list[list[int]]:
        return list({id(one): one for one in self._family.values()}.values())
