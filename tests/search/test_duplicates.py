"""Duplicates of a library: three kinds, kept apart."""

import sqlite3

import pytest

from imgai.domain.duplicates import Difference, DuplicateGroup, DuplicateKind
from imgai.domain.images import Identity, Picture, SourceImage, Swatch
from imgai.domain.predictions import Vector, VectorSpace
from imgai.search.duplicates import find_duplicates
from imgai.search.similar import find_similar
from imgai.store.images import (
    add_picture,
    forget_picture_of,
    mark_gone,
    see_image,
)
from imgai.store.looks import look_of_image
from tests.search.library import NOW, Said, add, unit

PHOTO = 0x0F0F0F0F0F0F0F0F
CROP = PHOTO ^ 0xFFFF  # 16 bits away


def photo(  # noqa: PLR0913  a row of the table that a test is
    connection: sqlite3.Connection,
    name: str,
    bits: int = PHOTO,
    *,
    picture: str = "",
    file: str = "",
    size_px: tuple[int, int] = (400, 300),
    size_bytes: int = 1000,
    vector: Vector | None = None,
) -> str:
    """Add an image; return its URI."""
    uri = f"file:///{name}"
    picture_hash = f"p1-{picture or name}"
    swatches = (Swatch("#c08040", "tan", 1.0),)
    known = add_picture(
        connection,
        Picture(picture_hash, *size_px, f"{bits:016x}", swatches, is_truncated=False),
    )
    identity = Identity(f"file-{file or name}", picture_hash, "jpeg", None)
    image = SourceImage(uri, size_bytes, 1, None)
    see_image(connection, image, identity, known.id, NOW)
    if vector is not None:
        add(connection, uri, Said(["cat"], None, vector), picture_hash=picture_hash)
    return uri


def groups(connection: sqlite3.Connection, kind: DuplicateKind) -> list[DuplicateGroup]:
    return list(find_duplicates(connection, [kind]))


def names(group: DuplicateGroup) -> list[str]:
    return [one.image.uri.rpartition("/")[2] for one in group.members]


def test_the_three_kinds_are_kept_apart(connection: sqlite3.Connection) -> None:
    """A copy is no version, and neither is a near-duplicate."""
    photo(connection, "a.jpg", picture="p", file="f")
    photo(connection, "b.jpg", picture="p", file="f")
    photo(connection, "edited.jpg", picture="p", file="g", size_bytes=1100)
    photo(connection, "small.jpg", PHOTO ^ 3, size_px=(200, 150), size_bytes=300)
    photo(connection, "other.jpg", ~PHOTO & (2**64 - 1))

    found = {
        group.kind: group for group in find_duplicates(connection, list(DuplicateKind))
    }

    assert names(found[DuplicateKind.SAME_FILE]) == ["a.jpg", "b.jpg"]
    assert names(found[DuplicateKind.SAME_PICTURE]) == ["edited.jpg", "a.jpg"]
    near = found[DuplicateKind.NEAR_DUPLICATE]
    assert names(near) == ["edited.jpg", "small.jpg"]
    assert [one.distance for one in near.members] == [0, 2]
    assert near.differences == (Difference.PIXELS, Difference.BYTES)
    assert near.spare_bytes == 300
    assert found[DuplicateKind.SAME_FILE].differences == ()


@pytest.mark.parametrize(
    ("vectors", "distances"),
    [
        ((unit(1.0), unit(1.0, 0.1)), [16]),
        ((unit(1.0), unit(0.0, 1.0)), []),
        ((unit(1.0), None), []),
    ],
)
def test_a_crop_needs_embeddings_that_agree(
    connection: sqlite3.Connection,
    vectors: tuple[Vector, Vector | None],
    distances: list[int],
) -> None:
    """So far apart, hashes alone would take many photos for others."""
    first = photo(connection, "whole.jpg", vector=vectors[0])
    photo(connection, "crop.jpg", CROP, size_px=(380, 290), vector=vectors[1])

    found = groups(connection, DuplicateKind.NEAR_DUPLICATE)
    look = look_of_image(connection, first)
    assert look is not None
    like = find_similar(connection, look, first, 10, min_similarity=0.99)

    assert [one.distance for group in found for one in group.members[1:]] == distances
    assert [one.distance for one in like.found] == distances


def test_what_is_gone_is_no_duplicate(connection: sqlite3.Connection) -> None:
    """Nobody could delete it again."""
    photo(connection, "a.jpg", picture="p", file="f")
    photo(connection, "b.jpg", picture="p", file="f")
    photo(connection, "small.jpg", PHOTO ^ 1)
    mark_gone(connection, [2, 3], NOW)

    assert list(find_duplicates(connection, list(DuplicateKind))) == []


def test_a_file_that_broke_is_no_longer_the_same(
    connection: sqlite3.Connection,
) -> None:
    """Its bytes are others now; a group of one would be no group."""
    photo(connection, "a.jpg", picture="p", file="f")
    broken = photo(connection, "b.jpg", picture="p", file="f")
    forget_picture_of(connection, broken)

    assert list(find_duplicates(connection, list(DuplicateKind))) == []


def test_versions_of_versions_are_one_group(connection: sqlite3.Connection) -> None:
    """A chain of pairs joins them, and the best is that with most pixels."""
    for step in range(4):
        bits = PHOTO ^ ((1 << 8 * step) - 1)
        photo(connection, f"{step}.jpg", bits, size_px=(400 + step * 4, 300 + step * 3))

    (group,) = groups(connection, DuplicateKind.NEAR_DUPLICATE)

    assert names(group)[0] == "3.jpg"
    assert len(group.members) == 4


def test_a_thousand_empty_frames_are_one_group(
    connection: sqlite3.Connection,
) -> None:
    """They are not compared each with each."""
    for number in range(1000):
        photo(connection, f"{number}.jpg", 0)

    (group,) = groups(connection, DuplicateKind.NEAR_DUPLICATE)

    assert len(group.members) == 1000


def test_a_known_image_has_its_copies_then_its_versions(
    connection: sqlite3.Connection,
) -> None:
    """And then what shows the same; itself it is not like."""
    own = photo(connection, "a.jpg", picture="p", vector=unit(1.0))
    photo(connection, "copy.jpg", picture="p")
    photo(connection, "small.jpg", PHOTO ^ 7, vector=unit(1.0, 0.2))
    photo(connection, "cat.jpg", ~PHOTO & (2**64 - 1), vector=unit(1.0, 0.3))
    photo(connection, "dog.jpg", 0x123456789ABCDEF0, vector=unit(-1.0))
    look = look_of_image(connection, own)
    assert look is not None

    like = find_similar(connection, look, own, 10, min_similarity=0.5)

    assert [(one.match.uri[8:], one.kinship, one.distance) for one in like.found] == [
        ("copy.jpg", "copy", 0),
        ("small.jpg", "near-duplicate", 3),
        ("cat.jpg", "same-subject", 64),
    ]
    assert find_similar(connection, look, own, 1).found == like.found[:1]


def test_of_two_spaces_the_greater_similarity_is_told(
    connection: sqlite3.Connection,
) -> None:
    """As a search tells it, and near-duplicates: whichever space comes last."""
    other = VectorSpace("other", "cls", 8)
    own = photo(connection, "a.jpg", vector=unit(1.0))
    like = photo(connection, "b.jpg", ~PHOTO & (2**64 - 1), vector=unit(1.0))
    for uri, vector in ((own, unit(1.0)), (like, unit(0.6, 0.8))):
        said = Said(vector=vector, space=other)
        add(connection, uri, said, picture_hash=f"p1-{uri.rpartition('/')[2]}")
    look = look_of_image(connection, own)
    assert look is not None

    (one,) = find_similar(connection, look, own, 10, min_similarity=0.5).found

    assert one.similarity == pytest.approx(1.0, abs=1e-3)
