"""What was seen where: known, changed, gone, and two images of one picture."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from imgai.domain.images import Identity, Picture, SourceImage, Swatch
from imgai.store import images
from imgai.store.connection import open_for_writing
from tests.fakes import NOON

URI = "file:///photos/a.jpg"
LISTED = SourceImage(URI, 100, 5, None)
OBJECT = SourceImage("r2://bucket/a.jpg", 100, None, "etag")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database."""
    with closing(open_for_writing(tmp_path / "imgai.db")) as connection:
        yield connection


def see(db: sqlite3.Connection, image: SourceImage, name: str = "one") -> int:
    """Write down that a picture was seen; return the picture's id."""
    colours = (Swatch("#ff0000", "red", 0.5),)
    picture = images.add_picture(
        db, Picture(name, 30, 20, "0" * 16, colours, is_truncated=False)
    )
    identity = Identity(f"file of {name}", name, "jpeg", None)
    images.see_image(db, image, identity, picture.id, NOON)
    return picture.id


def is_unchanged(db: sqlite3.Connection, listed: SourceImage) -> bool:
    (known,) = images.find_known(db, [listed])
    assert known is not None
    return known.is_unchanged


def test_a_batch_is_answered_in_its_order(db: sqlite3.Connection) -> None:
    """What is unknown is None; a URI listed twice is found twice."""
    picture = see(db, LISTED)
    see(db, OBJECT, "two")
    other = LISTED._replace(uri="file:///photos/b.jpg")

    found = images.find_known(db, [other, OBJECT, LISTED, LISTED])

    assert [one and one.picture_hash for one in found] == [None, "two", "one", "one"]
    assert found[2] == found[3]
    assert found[3] is not None
    assert found[3].picture_id == picture
    assert images.find_known(db, []) == []


@pytest.mark.parametrize(
    ("seen", "listed", "expected"),
    [
        (LISTED, LISTED, True),
        (LISTED, LISTED._replace(size_bytes=101), False),
        (LISTED, LISTED._replace(mtime_ns=6), False),
        (LISTED._replace(mtime_ns=None), LISTED, False),
        (LISTED._replace(mtime_ns=None), LISTED._replace(mtime_ns=None), False),
        (OBJECT, OBJECT, True),
        (OBJECT, OBJECT._replace(etag="other"), False),
        (OBJECT, OBJECT._replace(size_bytes=101), False),
    ],
)
def test_size_and_time_or_etag_tell_whether_it_changed(
    db: sqlite3.Connection, seen: SourceImage, listed: SourceImage, *, expected: bool
) -> None:
    """A time that was too young to trust when it was read proves nothing."""
    see(db, seen)

    assert is_unchanged(db, listed) is expected


def test_an_image_seen_again_keeps_its_first_day(db: sqlite3.Connection) -> None:
    """It was first seen then, whatever it shows now."""
    see(db, LISTED)
    picture = images.add_picture(
        db, Picture("two", 1, 1, "0" * 16, (), is_truncated=True)
    )
    identity = Identity("file", "two", "png", NOON.replace(tzinfo=None))
    images.see_image(db, LISTED, identity, picture.id, NOON + timedelta(days=1))

    rows = db.execute("SELECT picture_hash, format, first_seen_at, taken_at FROM image")
    assert rows.fetchall() == [
        ("two", "png", "2026-01-01T12:00:00.000Z", "2026-01-01T12:00:00")
    ]


def test_one_picture_at_two_places_is_one_row(db: sqlite3.Connection) -> None:
    """Adding it again changes nothing, whatever colours are said to be in it."""
    first = see(db, LISTED)
    second = see(db, OBJECT)

    assert first == second
    assert db.execute("SELECT count(*) FROM picture").fetchone() == (1,)
    names = db.execute("SELECT names FROM image_fts").fetchall()
    assert len(names) == 1


def test_gone_and_back(db: sqlite3.Connection) -> None:
    """What is gone is known to be, and not searchable; back, it is as before."""
    see(db, LISTED)
    (known,) = images.find_known(db, [LISTED])
    assert known is not None

    images.mark_gone(db, [known.image_id], NOON)
    (gone,) = images.find_known(db, [LISTED])
    rows_while_gone = db.execute("SELECT count(*) FROM image_fts").fetchone()
    images.come_back(db, [known.image_id])
    (back,) = images.find_known(db, [LISTED])

    assert gone is not None
    assert gone.is_gone
    assert rows_while_gone == (0,)
    assert back == known
    assert db.execute("SELECT count(*) FROM image_fts").fetchone() == (1,)


def test_an_image_read_again_is_no_longer_gone(db: sqlite3.Connection) -> None:
    """Whoever could read it has found it."""
    see(db, LISTED)
    images.mark_gone(db, [1], NOON)

    see(db, LISTED)

    assert db.execute("SELECT gone_at FROM image").fetchone() == (None,)


def test_a_picture_can_be_taken_from_a_broken_image(db: sqlite3.Connection) -> None:
    """Its row stays, the picture and its answers stay, and the search forgets it."""
    see(db, LISTED)

    images.forget_picture_of(db, URI)
    images.forget_picture_of(db, "file:///unknown.jpg")

    (known,) = images.find_known(db, [LISTED])
    assert known is not None
    assert (known.picture_id, known.picture_hash) == (None, None)
    assert images.find_picture(db, "one") is not None
    assert db.execute("SELECT count(*) FROM image_fts").fetchone() == (0,)


def test_a_source_has_lost_what_it_had_and_does_not_show(
    db: sqlite3.Connection,
) -> None:
    """Not what is gone already, not what this run saw first, not a neighbour's."""
    later = NOON + timedelta(minutes=1)
    for name in ("photos/a.jpg", "photos/z%F0%9F%98%80.jpg", "photos2/b.jpg"):
        see(db, LISTED._replace(uri=f"file:///{name}"))
    see(db, LISTED._replace(uri="file:///photos/gone.jpg"))
    images.mark_gone(db, [4], NOON)

    def lost(since: datetime, *seen: int, without: str = "-") -> tuple[int, list[int]]:
        return images.find_lost(
            db,
            "file:///photos/",
            since,
            lambda uri: without not in uri,
            lambda image_id: image_id in seen,
        )

    assert lost(later) == (2, [1, 2])
    assert lost(later, 1) == (2, [2])
    assert lost(later, 1, without="z%") == (1, [])
    assert lost(NOON) == (0, [])
