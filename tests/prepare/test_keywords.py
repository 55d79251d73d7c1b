"""The words that people wrote into an image itself: XMP and IPTC."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgai.domain.images import OwnWords
from imgai.prepare.identity import identify
from tests.pictures import (
    encoded,
    quadrants,
    with_jpeg_segment,
    with_png_chunk,
    with_webp_chunk,
)

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:d="http://purl.org/dc/elements/1.1/"
  xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:i="urn:imgai:xmp:1.0/">
<d:subject><r:Bag><r:li>Grandmother</r:li><r:li>cat</r:li></r:Bag></d:subject>
<lr:hierarchicalSubject><r:Bag><r:li>Places|Zürich</r:li><r:li>imgai|cat</r:li></r:Bag>
</lr:hierarchicalSubject>
<i:keywords><r:Bag><r:li>cat</r:li></r:Bag></i:keywords>
<d:description><r:Alt><r:li xml:lang="x-default">Her 80th\nbirthday</r:li></r:Alt>
</d:description></r:Description></r:RDF></x:xmpmeta>""".encode()
WORDS = OwnWords(("Grandmother", "Places", "Zürich"), "", "Her 80th birthday")
JPEG = encoded(quadrants())
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"


def iptc(*records: tuple[int, bytes]) -> bytes:
    """Return an APP13 body with IPTC records of the second kind."""
    block = b"".join(
        struct.pack(">BBBH", 0x1C, 2, kind, len(value)) + value
        for kind, value in records
    )
    resource = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0"
    return b"Photoshop 3.0\0" + resource + struct.pack(">I", len(block)) + block


def test_xmp_is_read_in_every_format_that_carries_it() -> None:
    """By the packet, whatever is around it; what imgai wrote there is left out."""
    itxt = b"XML:com.adobe.xmp" + bytes(5) + XMP
    for content in (
        with_jpeg_segment(encoded(quadrants()), 0xE1, XMP_MARK + XMP),
        with_png_chunk(encoded(quadrants(), "PNG"), b"iTXt", itxt),
        with_webp_chunk(encoded(quadrants(), "WEBP"), b"XMP ", XMP),
        encoded(quadrants(), "AVIF", xmp=XMP),
        encoded(quadrants(), "TIFF", tiffinfo={700: XMP}),
    ):
        assert identify(content).words == WORDS


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Gro\xc3\x9fmutter", "Großmutter"),
        (b"Gro\xdfmutter", "Großmutter"),
        (b"a\0 b\n", "a b"),
    ],
)
def test_iptc_is_read_in_the_encodings_it_comes_in(raw: bytes, text: str) -> None:
    """UTF-8 that seldom says so, and Latin-1, which older programs write."""
    body = iptc((25, raw), (25, b"garden"), (120, b"In the garden."), (5, b"Title"))
    jpeg = with_jpeg_segment(encoded(quadrants()), 0xED, body)

    assert identify(jpeg).words == OwnWords((text, "garden"), "Title", "In the garden.")


def test_keywords_of_xmp_and_iptc_are_joined() -> None:
    """Programs write one, the other, or both."""
    jpeg = with_jpeg_segment(encoded(quadrants()), 0xED, iptc((25, b"garden")))
    jpeg = with_jpeg_segment(jpeg, 0xE1, XMP_MARK + XMP)

    assert identify(jpeg).words.keywords == (*WORDS.keywords, "garden")


def test_words_are_no_part_of_the_picture() -> None:
    """A keyword more or less never makes a picture look new."""
    plain = encoded(quadrants())
    told = with_jpeg_segment(plain, 0xE1, XMP_MARK + XMP)

    assert identify(plain).picture_hash == identify(told).picture_hash


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x:xmpmeta>&a;</x:xmpmeta>',
        b"<x:xmpmeta>" * 10_000 + b"</x:xmpmeta>",
        XMP[:-40],
        XMP.replace(b"Grandmother", b"\xff\xfe"),
        XMP.replace(b"Grandmother", b"&bomb;"),
        b"<x:xmpmeta" + b" " * 2_000_000 + b"</x:xmpmeta>",
    ],
    ids=["doctype", "many", "cut", "no UTF-8", "entity", "large"],
)
def test_broken_words_never_cost_the_picture(hostile: bytes) -> None:
    """There are just none."""
    assert identify(encoded(quadrants()) + hostile).words == OwnWords()


@given(body=st.binary(max_size=200))
def test_any_iptc_is_survived(body: bytes) -> None:
    """Whatever follows the mark."""
    resource = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + body
    jpeg = with_jpeg_segment(JPEG, 0xED, resource)

    assert len(identify(jpeg).words.keywords) <= 40


def test_long_texts_are_cut() -> None:
    """A hostile file does not fill the database."""
    body = iptc(*[(25, b"k%d " % n + b"x" * 300) for n in range(150)])
    words = identify(with_jpeg_segment(encoded(quadrants()), 0xED, body)).words

    assert len(words.keywords) == 150
    assert max(map(len, words.keywords)) == 200


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_what_exiftool_writes_is_read(tmp_path: Path) -> None:
    """The tool that photographers' scripts use."""
    photo = tmp_path / "a.jpg"
    photo.write_bytes(encoded(quadrants()))
    options = [
        *("-XMP-dc:Subject=Rügen", "-IPTC:Keywords=beach", "-IPTC:Keywords=dog"),
        *("-XMP-dc:Description=On the beach", "-XMP-dc:Title=Holiday"),
    ]
    command = ["exiftool", "-q", *options, str(photo)]
    subprocess.run(command, check=True, capture_output=True)

    assert identify(photo.read_bytes()).words == OwnWords(
        ("Rügen", "beach", "dog"), "Holiday", "On the beach"
    )
