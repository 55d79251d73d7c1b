"""Tells what a file is by its content, never by its name."""

import re
from collections.abc import Callable

from imgai.errors import NotAnImage, Reason
from imgai.prepare import boxes
from imgai.prepare.anatomy import Format

_OURS = {
    b"\xff\xd8\xff": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
    b"II*\0": Format.TIFF,
    b"MM\0*": Format.TIFF,
    b"II+\0": Format.TIFF,  # BigTIFF, as is the next
    b"MM\0+": Format.TIFF,
    b"II\0*": Format.TIFF,  # a byte order mixed up, which decoders forgive
    b"MM*\0": Format.TIFF,
}
_BMP_HEADERS = {
    size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124)
}
# Formats of images that imgai does not read, by their first bytes.
_OTHER_IMAGES = {
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"II\xbc\x01": "JPEG XR",
    b"8BPS": "Photoshop",
    b"gimp xcf": "GIMP",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"qoif": "QOI",
    b"icns": "Apple icon",
    b"DanM": "Microsoft Paint",
    b"LinS": "Microsoft Paint",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"\xd7\xcd\xc6\x9a": "Windows metafile",
    b"\x8aMNG\r\n\x1a\n": "MNG",
    b"\x8bJNG\r\n\x1a\n": "JNG",
    b"SIMPLE  =": "FITS",
    b"BPG\xfb": "BPG",
    b"AT&TFORM": "DjVu",
    b"Image type:": "IFUNC",
    b"/* XPM */": "XPM",
    b"farbfeld": "farbfeld",
}
_OTHER_TEXTS = {  # by what their first kilobyte looks like
    "Netpbm": re.compile(rb"P([1-7]|[fF])(#[^\n]*)?\s+(#|\d|WIDTH)"),
    "X bitmap": re.compile(rb"\s*(/\*.*?\*/\s*)?#define\s+\w*_?width\s+\d", re.DOTALL),
}
# Cameras' raw files that are no plain TIFF; those are told by their tags.
_CAMERA_RAW = {
    b"IIRO": "Olympus",
    b"IIRS": "Olympus",
    b"MMOR": "Olympus",
    b"IIU\0": "Panasonic",
    b"FUJIFILMCCD-RAW": "Fujifilm",
    b"FOVb": "Sigma",
    b"\0MRM": "Minolta",
    b"II\x1a\0\0\0HEAPCCDR": "Canon",
}
_HEAD_BYTES = 1024
_LARGEST_TEXTURE_PX = 16_384  # Direct3D's limit of a side


def recognise(content: bytes) -> Format:
    """Return the format of a file that imgai can read.

    Raises:
        NotAnImage: it is none; the reason tells an image of a format that imgai
            does not read, a camera's raw file, and no image apart.
    """
    if ours := _ours(content):
        return ours
    head = content[:_HEAD_BYTES]
    for mark, maker in _CAMERA_RAW.items():
        if head.startswith(mark):
            raise NotAnImage(f"a raw file of {maker}", reason=Reason.CAMERA_RAW)
    if head[4:12] == b"ftypcrx ":
        raise NotAnImage("a raw file of Canon", reason=Reason.CAMERA_RAW)
    if name := _other_image(head, content):
        raise NotAnImage(
            f"imgai does not read {name}",
            reason=Reason.UNSUPPORTED_FORMAT,
            hint="Convert it to JPEG or PNG.",
        )
    raise NotAnImage("its first bytes are no image's")


def _ours(content: bytes) -> Format | None:
    """Return the format if it is one that imgai reads."""
    for mark, our_format in _OURS.items():
        if content.startswith(mark):
            return our_format
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return Format.WEBP
    if content.startswith(b"BM") and content[14:18] in _BMP_HEADERS:
        return Format.BMP
    return boxes.brand_format(content) if content[4:8] == b"ftyp" else None


def _other_image(head: bytes, content: bytes) -> str | None:
    """Return the name of an image format that imgai does not read."""
    for mark, name in _OTHER_IMAGES.items():
        if head.startswith(mark):
            return name
    for name, pattern in _OTHER_TEXTS.items():
        if pattern.match(head):
            return name
    for name, looks_so in _OTHER_SHAPES.items():
        if looks_so(content):
            return name
    return None


def _looks_like_svg(content: bytes) -> bool:
    """SVG, alone or behind what XML may begin with; not a page that holds one."""
    head = content[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    prologs = (b"<?xml", b"<!--", b"<!DOCTYPE svg")
    return head.startswith(b"<svg") or (head.startswith(prologs) and b"<svg" in head)


def _looks_like_icon(content: bytes) -> bool:
    """ICO and CUR: two zeros prove little, so the first picture must be there too."""
    if content[:4] not in {b"\0\0\1\0", b"\0\0\2\0"} or content[4:6] == b"\0\0":
        return False
    size = int.from_bytes(content[14:18], "little")
    at = int.from_bytes(content[18:22], "little")
    picture = content[at : at + 16]
    is_whole_png = picture.startswith(b"\x89PNG\r\n\x1a\n") and picture[12:] == b"IHDR"
    return at + size <= len(content) and (is_whole_png or picture[:4] == b"(\0\0\0")


def _looks_like_texture(content: bytes) -> bool:
    """DDS, with sides that a graphics card could hold."""
    height = int.from_bytes(content[12:16], "little")
    width = int.from_bytes(content[16:20], "little")
    return content.startswith(b"DDS |\0\0\0") and max(width, height) <= (
        _LARGEST_TEXTURE_PX
    )


def _looks_like_sgi(content: bytes) -> bool:
    """SGI: a two-byte mark, so that the fields behind it must make sense as well."""
    storage, channel_bytes = content[2:3], content[3:4]
    if content[:2] != b"\x01\xda" or channel_bytes not in {b"\1", b"\2"}:
        return False
    rows = int.from_bytes(content[8:10], "big") * int.from_bytes(content[10:12], "big")
    first_row = int.from_bytes(content[512:516], "big")
    table_end = 512 + 8 * rows
    return storage == b"\0" or table_end <= first_row < len(content)


def _looks_like_animation(content: bytes) -> bool:
    """FLI and FLC, whose first frame follows a header of 128 bytes."""
    size = int.from_bytes(content[:4], "little")
    return (
        content[4:6] in {b"\x11\xaf", b"\x12\xaf"}
        and content[14:16] in {b"\0\0", b"\3\0"}
        and size <= len(content) + 128
    )


def _looks_like_targa(content: bytes) -> bool:
    """TGA has no mark at its beginning, and at its end only since 1989."""
    return content[-18:-1] == b"TRUEVISION-XFILE."


_OTHER_SHAPES: dict[str, Callable[[bytes], bool]] = {
    "SVG": _looks_like_svg,
    "icons": _looks_like_icon,
    "DirectDraw textures": _looks_like_texture,
    "SGI images": _looks_like_sgi,
    "FLIC animations": _looks_like_animation,
    "Targa": _looks_like_targa,
}
