"""What comes back from a decoder's process, which may be under a stranger's control."""

import json
from typing import Any

import pytest

from imgai.domain.images import Picture, PreparedImage, Swatch
from imgai.errors import ImageError, NotAnImage, OversizedImage, Reason, UnreadableImage
from imgai.prepare import wire

IMAGE = PreparedImage(
    Picture(
        "p1-ab",
        4000,
        3000,
        "00ff00ff00ff00ff",
        (Swatch("#ff8000", "orange", 0.5),),
        is_truncated=True,
    ),
    b"jpeg",
    384,
    288,
)
HEADER = {
    "picture": {
        "width_px": 4000,
        "height_px": 3000,
        "perceptual_hash": "00ff00ff00ff00ff",
        "colours": [{"hex": "#ff8000", "name": "orange", "share": 0.5}],
        "is_truncated": True,
    },
    "width_px": 384,
    "height_px": 288,
}


def parted(message: bytes) -> tuple[bytes, bytes]:
    """Return a message's header and body."""
    header_bytes, body_bytes = wire.PREFIX.unpack_from(message)
    header = message[wire.PREFIX.size :][:header_bytes]
    body = message[wire.PREFIX.size + header_bytes :]
    assert len(body) == body_bytes
    return header, body


def changed(path: str, value: Any) -> bytes:
    """Return a header in which one value is another."""
    header = json.loads(json.dumps(HEADER))
    *parents, last = path.split("/")
    place = header
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    place[last] = value
    return json.dumps(header).encode()


def test_a_copy_comes_back_as_it_was_made() -> None:
    """Whatever the child knows of it."""
    assert wire.read_reply(*parted(wire.reply_of(IMAGE)), "p1-ab") == IMAGE


@pytest.mark.parametrize(
    "error",
    [
        OversizedImage("too many pixels"),
        NotAnImage("no image", reason=Reason.CAMERA_RAW),
        UnreadableImage("broken"),
    ],
)
def test_a_refusal_comes_back_as_it_was_raised(error: ImageError) -> None:
    """Its type decides whether the image failed, its reason is kept."""
    with pytest.raises(type(error), match=str(error)) as caught:
        wire.read_reply(*parted(wire.refusal_of(error)), "p1-ab")

    assert caught.value.reason is error.reason


def test_a_decoder_cannot_speak_of_another_picture() -> None:
    """It would put its own pixels in the place of somebody else's."""
    header = changed("picture/picture_hash", "p1-other")

    assert wire.read_reply(header, b"jpeg", "p1-ab").picture.picture_hash == "p1-ab"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{}",
        b"[]",
        b"3",
        b"\xff",
        b'{"picture": "a"}',
        b'{"picture": []}',
        b'{"reason": "no such reason", "message": ""}',
        b'{"reason": "corrupt"}',
        b'{"reason": ["corrupt"], "message": ""}',
        b"[" * 60_000,
        changed("width_px", "384"),
        changed("width_px", 0),
        changed("height_px", 10**30),
        changed("picture/width_px", -1),
        changed("picture/height_px", 1.5),
        changed("picture/perceptual_hash", "no hash"),
        changed("picture/perceptual_hash", 7),
        changed("picture/is_truncated", "yes"),
        changed("picture/colours", None),
        changed("picture/colours", ["#ff8000"]),
        changed("picture/colours/0/hex", "red"),
        changed("picture/colours/0/name", "\x1b[2J"),
        changed("picture/colours/0/share", 2),
        changed("picture/colours/0/share", "0.5"),
    ],
)
def test_an_answer_that_makes_no_sense_is_none(header: bytes) -> None:
    """It fails that one image; nothing of it reaches the database or ends the run."""
    with pytest.raises(ValueError, match="sense"):
        wire.read_reply(header, b"jpeg", "p1-ab")
