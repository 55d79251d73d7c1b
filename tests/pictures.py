"""Makes pictures for tests, honest and hostile; every function returns a file's bytes.

Honest ones show `quadrants`: red at the top left, green at the top right, blue at the
bottom left, white at the bottom right, so that a wrong turn or colour is seen at once.
"""

import io
import struct
import zlib
from functools import cache
from typing import Any

import pillow_heif
from PIL import Image, ImageCms

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
_ORIENTATION, _EXIF_IFD, _DATE_TIME_ORIGINAL = 0x0112, 0x8769, 0x9003
# How to lay pixels down so that EXIF's orientation turns them upright.
_LAID = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quadrants(width: int = 96, height: int = 64) -> Image.Image:
    """Return an RGB image of four colours."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def scene(width: int = 480, height: int = 320, shift: int = 0) -> Image.Image:
    """Return an RGB image with shades and shapes; another `shift`, another scene."""
    down = Image.linear_gradient("L").resize((width, height))
    round_ = Image.radial_gradient("L").resize((width, height))
    image = Image.merge("RGB", (down, round_, Image.new("L", (width, height), 90)))
    for index in range(6):
        left = (37 * index + 53 * shift) % (width - width // 5)
        top = (61 * index + 29 * shift) % (height - height // 5)
        box = (left, top, left + width // 5, top + height // 5)
        image.paste(((60 * index + 40) % 256, 40 * index, 255 - 40 * index), box)
    return image


def encoded(image: Image.Image, file_format: str = "JPEG", **options: Any) -> bytes:
    """Return an image as a file of any format that Pillow, or pillow-heif, writes."""
    if file_format == "HEIF":
        pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def exif(orientation: int = 1, taken: str = "") -> bytes:
    """Return an EXIF block; `taken` is like "2024:06:30 12:00:00"."""
    block = Image.Exif()
    if orientation != 1:
        block[_ORIENTATION] = orientation
    if taken:
        block.get_ifd(_EXIF_IFD)[_DATE_TIME_ORIGINAL] = taken
    return block.tobytes()


def oriented(file_format: str, orientation: int) -> bytes:
    """Return `quadrants`, stored turned, with the orientation that rights it."""
    image = quadrants()
    if orientation in _LAID:
        image = image.transpose(_LAID[orientation])
    return encoded(image, file_format, exif=exif(orientation))


# Files taken apart and put together again.


def with_jpeg_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """Return a JPEG with one more segment, right behind its first marker."""
    segment = struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    return jpeg[:2] + segment + jpeg[2:]


def with_png_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """Return a PNG with one more chunk, right behind its header."""
    return png[:33] + png_chunk(kind, body) + png[33:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG."""
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def webp_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a WebP, padded."""
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def with_webp_chunk(webp: bytes, kind: bytes, body: bytes) -> bytes:
    """Return a WebP in its extended form, with one more chunk at the end."""
    chunks = webp[12:]
    if not chunks.startswith(b"VP8X"):
        with Image.open(io.BytesIO(webp)) as image:
            width, height = image.size
        sides = [(side - 1).to_bytes(3, "little") for side in (width, height)]
        flags = bytes([0b1100, 0, 0, 0])  # EXIF and XMP
        chunks = webp_chunk(b"VP8X", flags + b"".join(sides)) + chunks
    return webp_file(chunks + webp_chunk(kind, body))


def webp_file(chunks: bytes) -> bytes:
    """Return a WebP made of chunks."""
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def truncated(content: bytes, tenths: int) -> bytes:
    """Return the first so many tenths of a file."""
    return content[: len(content) * tenths // 10]


# Unusual ways to store pixels.


def cmyk_jpeg(ink: tuple[int, int, int, int] = (0, 255, 255, 0)) -> bytes:
    """Return a CMYK JPEG as Adobe writes it, inverted; full magenta and yellow: red."""
    return encoded(Image.new("CMYK", (64, 48), ink), "JPEG", quality=95)


def grey16_png(levels: tuple[int, int]) -> bytes:
    """Return a 16-bit grey PNG of two halves, at levels of 0 to 65535."""
    row = struct.pack(">32H", *[levels[0]] * 16, *[levels[1]] * 16)
    return png_of((32, 32), 16, 0, (b"\0" + row) * 32)


def palette_png() -> bytes:
    """Return a palette PNG: its left half red, its right half see-through green."""
    image = Image.new("P", (64, 32), 0)
    image.putpalette([*RED, *GREEN])
    image.paste(1, (32, 0, 64, 32))
    return encoded(image, "PNG", transparency=1)


def animated(file_format: str) -> bytes:
    """Return an animation, GIF, PNG or WEBP, whose first frame is `quadrants`."""
    others = [Image.new("RGB", (96, 64), colour) for colour in (BLUE, RED)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    return encoded(
        quadrants(), file_format, save_all=True, append_images=others, **options
    )


def swapping_profile() -> bytes:
    """Return sRGB's ICC profile with red and green swapped: red pixels mean green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for tag in (b"XYZ", b"TRC"):
        profile = profile.replace(b"r" + tag, b"-" + tag, 1)
        profile = profile.replace(b"g" + tag, b"r" + tag, 1)
        profile = profile.replace(b"-" + tag, b"g" + tag, 1)
    return profile


def foreign_profile() -> bytes:
    """Return an ICC profile for pixels that no camera writes."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def camera_raw() -> bytes:
    """Return a DNG: a TIFF that shows a small preview and keeps the photo elsewhere."""
    return encoded(quadrants(16, 16), "TIFF", tiffinfo={0xC612: b"\1\4\0\0"})


# Files that mean harm, or are no pictures at all.


def png_of(size: tuple[int, int], bits: int, colour: int, raw: bytes) -> bytes:
    """Return a PNG of rows that each begin with their filter."""
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(raw, 9))
        + png_chunk(b"IEND", b"")
    )


def bombs() -> dict[str, bytes]:
    """Return small files, by name, that say they are enormous."""
    side = 13_000
    jpeg, progressive = encoded(quadrants()), encoded(quadrants(), progressive=True)
    bmp, gif = bytearray(encoded(quadrants(), "BMP")), bytearray(animated("GIF"))
    bmp[18:26] = struct.pack("<ii", side, side)
    gif[6:10] = struct.pack("<HH", side, side)
    canvas = (side - 1).to_bytes(3, "little") * 2
    frame = webp_chunk(b"VP8X", b"\0\0\0\0" + canvas) + webp_chunk(b"VP8 ", b"")
    return {
        "webp of 38 bytes": webp_file(frame),
        "png of 88 MP": png_of((11_000, 8_000), 1, 0, bytes(1376) * 8000),
        "jpeg": resized_jpeg(jpeg, 20_000),
        "progressive jpeg": resized_jpeg(progressive, side),
        "bmp": bytes(bmp),
        "gif": bytes(gif),
        "tiff": tiff_header(side, side),
    }


def resized_jpeg(jpeg: bytes, side: int) -> bytes:
    """Return a JPEG whose frame says another size."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2"))
    return jpeg[: at + 5] + struct.pack(">HH", side, side) + jpeg[at + 9 :]


def tiff_header(width: int, height: int) -> bytes:
    """Return a TIFF that says its size and how its pixels lie, and holds none."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 279: 8}
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()]
    directory = struct.pack("<H", len(tags)) + b"".join(entries) + bytes(4)
    return b"II*\0\x08\0\0\0" + directory


@cache
def many_scans_jpeg(scans: int = 3000) -> bytes:
    """Return a small progressive JPEG of 24 megapixels whose last scan never ends.

    Each scan is a few bytes that say "nothing changes here", and each makes the decoder
    walk over the whole picture.
    """
    jpeg = encoded(Image.new("RGB", (6000, 4000), RED), progressive=True)
    last_scan = jpeg[jpeg.rfind(b"\xff\xda") : -2]
    return jpeg[:-2] + last_scan * scans + jpeg[-2:]


NOT_IMAGES = {
    "empty": b"",
    "text": b"Dear diary, today I took no photo.\n" * 20,
    "a page": b"<!doctype html><html><body><svg></svg></body></html>",
    "a script": b"#!/bin/sh\nrm -rf photos\n",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "zip": b"PK\x03\x04" + bytes(100),
    "zeros": bytes(1000),
    "half a mark": b"\xff\xd8",
    "a film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(40),
    "a sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(20),
}
UNREAD_IMAGES = {
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(x) run\n",
    "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "jxl": b"\xff\x0a" + bytes(40),
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40),
    "psd": b"8BPS\0\1" + bytes(40),
    "ppm": b"P6\n2 2\n255\n" + bytes(12),
    "ico": encoded(Image.new("RGB", (16, 16)), "ICO"),
    "sgi": encoded(Image.new("RGB", (16, 16)), "SGI"),
    "dds": encoded(Image.new("RGB", (16, 16)), "DDS"),
    "tga": encoded(Image.new("RGB", (16, 16)), "TGA"),
}
CAMERA_RAWS = {
    "dng": camera_raw(),
    "cr2": b"II*\0\x10\0\0\0CR\2\0" + bytes(40),
    "cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(40),
    "orf": b"IIRO\x08\0\0\0" + bytes(40),
    "rw2": b"IIU\0\x18\0\0\0" + bytes(40),
    "raf": b"FUJIFILMCCD-RAW 0201" + bytes(40),
}
