"""The identity of files and pictures, and what is no picture."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgai.errors import ImageError, NotAnImage, Reason
from imgai.prepare.identity import dissect, identify
from tests import pictures

JPEG = pictures.encoded(pictures.scene(96, 64))
PNG = pictures.encoded(pictures.scene(96, 64), "PNG")
WEBP = pictures.encoded(pictures.scene(96, 64), "WEBP")
SAMPLES = {
    "jpeg": JPEG,
    "png": PNG,
    "webp": WEBP,
    "gif": pictures.animated("GIF"),
    "tiff": pictures.encoded(pictures.quadrants(), "TIFF"),
    "bmp": pictures.encoded(pictures.quadrants(), "BMP"),
    "avif": pictures.encoded(pictures.quadrants(), "AVIF"),
    "heic": pictures.encoded(pictures.quadrants(), "HEIF"),
}
BODY = st.binary(max_size=300)
# APP1 (EXIF, XMP), other users of APP2, APP3 to APP12, IPTC, APP15, comments.
METADATA_MARKERS = st.sampled_from([0xE1, 0xE2, *range(0xE3, 0xEE), 0xEF, 0xFE])
METADATA_CHUNKS = st.sampled_from(
    [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"prVt"]
)


def picture_hash(content: bytes) -> str:
    return identify(content).picture_hash


@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_is_told_by_content(name: str) -> None:
    """Names are not even asked for, so a wrong suffix changes nothing."""
    assert identify(SAMPLES[name]).format == name


def test_the_hashes_are_those_of_a_known_file() -> None:
    """A database outlives the program: the same bytes must hash alike for ever."""
    identity = identify(pictures.png_of((1, 1), 8, 0, b"\0\x80"))
    assert identity.picture_hash.startswith("p1-")
    assert len(identity.picture_hash) == 3 + 64
    assert identity.file_hash != identity.picture_hash.removeprefix("p1-")


@given(marker=METADATA_MARKERS, body=BODY)
def test_a_jpeg_keeps_its_hash_whatever_is_written_into_its_metadata(
    marker: int, body: bytes
) -> None:
    """Tagging a library must not make its pictures new: each would be paid again."""
    edited = pictures.with_jpeg_segment(JPEG, marker, body)
    assert picture_hash(edited) == picture_hash(JPEG)


@given(kind=METADATA_CHUNKS, body=BODY)
def test_a_png_keeps_its_hash_whatever_is_written_into_its_metadata(
    kind: bytes, body: bytes
) -> None:
    """Text, time, size in print and private chunks make no pixel."""
    edited = pictures.with_png_chunk(PNG, kind, body)
    assert picture_hash(edited) == picture_hash(PNG)


@given(kind=st.sampled_from([b"XMP ", b"EXIF", b"prVt"]), body=BODY)
def test_a_webp_keeps_its_hash_whatever_is_written_into_its_metadata(
    kind: bytes, body: bytes
) -> None:
    """Also when the first metadata turns a simple file into an extended one."""
    edited = pictures.with_webp_chunk(WEBP, kind, body)
    assert picture_hash(edited) == picture_hash(WEBP)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_metadata_that_pillow_writes_keeps_the_hash(file_format: str) -> None:
    """EXIF, XMP and comments as a real writer lays them out."""
    plain = pictures.encoded(pictures.quadrants(), file_format)
    dated = pictures.encoded(
        pictures.quadrants(),
        file_format,
        exif=pictures.exif(taken="2024:06:30 12:34:56"),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        comment=b"hello",
    )
    assert plain != dated
    assert picture_hash(plain) == picture_hash(dated)


def test_what_follows_a_jpegs_end_does_not_count() -> None:
    """A second image, a gain map or a phone's film is not this picture."""
    assert picture_hash(JPEG + JPEG + bytes(99)) == picture_hash(JPEG)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation_profile_and_pixels_change_the_hash(file_format: str) -> None:
    """Each of them changes what is seen."""
    image = pictures.quadrants()
    other = image.copy()
    other.paste((255, 0, 255), (40, 20, 60, 40))
    upside_down = pictures.exif(orientation=3)
    profile = pictures.foreign_profile()
    hashes = {
        picture_hash(pictures.encoded(image, file_format)),
        picture_hash(pictures.encoded(other, file_format)),
        picture_hash(pictures.encoded(image, file_format, exif=upside_down)),
        picture_hash(pictures.encoded(image, file_format, icc_profile=profile)),
    }
    assert len(hashes) == 4


@given(data=st.data())
def test_a_changed_byte_of_the_image_data_changes_the_hash(data: st.DataObject) -> None:
    """The hash is of the coded pixels, all of them."""
    for content in (JPEG, PNG, WEBP):
        end = len(content) - 20  # in front of the end markers
        at = data.draw(st.integers(len(content) * 3 // 4, end - 1))
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        assert picture_hash(changed) != picture_hash(content)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "heic", "avif"])
def test_the_date_taken_is_read(name: str) -> None:
    """In the camera's local time, as it wrote it."""
    plugin = {"heic": "HEIF"}.get(name, name.upper())
    block = pictures.exif(taken="2024:06:30 12:34:56")
    content = pictures.encoded(pictures.quadrants(), plugin, exif=block)
    assert identify(content).taken_at == datetime(2024, 6, 30, 12, 34, 56)  # noqa: DTZ001  (EXIF has no zone)


@pytest.mark.parametrize(
    "taken",
    ["0000:00:00 00:00:00", "    :  :     :  :  ", "2024", "2024:13:45 99:99:99"],
)
def test_a_senseless_date_is_no_date(taken: str) -> None:
    """Cameras without a clock write zeros or blanks."""
    content = pictures.encoded(pictures.quadrants(), exif=pictures.exif(taken=taken))
    assert identify(content).taken_at is None


@pytest.mark.parametrize("name", pictures.NOT_IMAGES)
def test_what_is_no_image_is_passed_over(name: str) -> None:
    """Under any name: scripts and PDFs called .jpg are common enough."""
    with pytest.raises(NotAnImage) as caught:
        identify(pictures.NOT_IMAGES[name])
    assert caught.value.reason is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("name", pictures.UNREAD_IMAGES)
def test_formats_that_are_not_read_are_named(name: str) -> None:
    """The reason tells people to convert them; nothing is started for them."""
    with pytest.raises(NotAnImage) as caught:
        identify(pictures.UNREAD_IMAGES[name])
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT


@pytest.mark.usefixtures("without_raw")
@pytest.mark.parametrize("name", pictures.CAMERA_RAWS)
def test_raw_files_are_told_by_content(name: str) -> None:
    """Pillow would open their tiny preview, and models judge the photo by that."""
    with pytest.raises(NotAnImage) as caught:
        identify(pictures.CAMERA_RAWS[name])
    assert caught.value.reason is Reason.CAMERA_RAW


@pytest.mark.parametrize("name", SAMPLES)
def test_a_truncated_file_is_identified_or_refused_by_name(name: str) -> None:
    """Wherever it breaks off, no other exception comes out."""
    content = SAMPLES[name]
    for end in range(0, len(content), max(1, len(content) // 60)):
        try:
            assert identify(content[:end]).format == name
        except ImageError as error:
            assert error.reason in {Reason.CORRUPT, Reason.NOT_AN_IMAGE}  # noqa: PT017  (both outcomes are right)


@settings(max_examples=200)
@given(name=st.sampled_from(sorted(SAMPLES)), data=st.data())
def test_damaged_headers_raise_nothing_but_image_errors(
    name: str, data: st.DataObject
) -> None:
    """Any bytes may stand in a header: sizes that lie, loops, offsets to nowhere."""
    content = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(4, min(len(content), 400) - 1))
        content[at] = data.draw(st.integers(0, 255))
    try:
        identity = identify(bytes(content))
    except ImageError:
        return
    assert identity == identify(bytes(content))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff\xfe\0\2" * 500_000,
        b"\xff\xd8" + b"\xff" * 2_000_000,
        PNG[:33] + pictures.png_chunk(b"tEXt", b"") * 200_000,
        WEBP[:12] + pictures.webp_chunk(b"JUNK", b"") * 300_000,
        b"\0\0\0\x10ftypheic\0\0\0\0" + b"\0\0\0\x08free" * 200_000,
        pictures.encoded(pictures.quadrants(), "TIFF")[:8] + b"\xff" * 2_000_000,
    ],
    ids=["comments", "padding", "text", "junk", "boxes", "directory"],
)
def test_endless_headers_end(content: bytes) -> None:
    """Megabytes of empty segments are walked once, and only so far."""
    try:
        identify(content)
    except ImageError as error:
        assert error.reason in {Reason.CORRUPT, Reason.NOT_AN_IMAGE}  # noqa: PT017  (both outcomes are right)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool not installed")
@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_exiftools_edits_keep_the_hash(name: str, tmp_path: Path) -> None:
    """The tool most libraries are tagged with."""
    path = tmp_path / f"a.{name}"
    path.write_bytes(SAMPLES[name])
    tags = ["-Artist=A", "-XMP-dc:Subject=cat", "-DateTimeOriginal=2024:01:01 00:00:00"]
    subprocess.run(["exiftool", "-q", *tags, str(path)], check=True)  # noqa: S607  (whichever is installed)
    assert path.read_bytes() != SAMPLES[name]
    assert picture_hash(path.read_bytes()) == picture_hash(SAMPLES[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_need_not_be_taken_apart_twice(name: str) -> None:
    """Whoever has its anatomy hands it on, and learns the same."""
    content = SAMPLES[name]
    assert identify(content, dissect(content)) == identify(content)
