"""Makes camera raw files for tests: DNGs that LibRaw reads, of a few thousand bytes."""

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

Entry: TypeAlias = tuple[int, int, int, bytes]  # tag, type, count, value
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_SENSOR = (64, 48)  # px: what the sensor saw is not what is looked at


def dng(preview: bytes, size: tuple[int, int], orientation: int = 1) -> bytes:
    """Return a DNG with a JPEG preview in it.

    Args:
        preview: a JPEG; empty for none.
        size: of the preview, in px.
        orientation: EXIF's, of the camera.
    """
    file = _File()
    width, height = _SENSOR
    sensor = file.add(struct.pack(f"<{width * height}H", *range(width * height)))
    jpeg = file.add(preview)
    sub = file.add_directory(
        [
            *(_long(254, 0), _long(256, width), _long(257, height), _short(258, 16)),
            *(_short(259, 1), _short(262, 32803), _long(273, sensor), _short(277, 1)),
            *(_long(278, height), _long(279, width * height * 2)),
            (33421, _SHORT, 2, struct.pack("<2H", 2, 2)),
            (33422, _BYTE, 4, bytes([0, 1, 1, 2])),
        ]
    )
    whole = struct.pack("<ii", 10_000, 10_000)
    none = struct.pack("<ii", 0, 10_000)
    shown = [
        *(_long(254, 1), _long(256, size[0]), _long(257, size[1]), _short(259, 7)),
        *((258, _SHORT, 3, struct.pack("<3H", 8, 8, 8)), _short(262, 6)),
        *(_long(273, jpeg), _short(277, 3), _long(278, size[1])),
        _long(279, len(preview)),
    ]
    top = file.add_directory(
        [
            *(shown if preview else []),
            *((271, _ASCII, 6, b"Maker\0"), (272, _ASCII, 6, b"Model\0")),
            *(_short(274, orientation), _long(330, sub)),
            (50706, _BYTE, 4, bytes([1, 4, 0, 0])),
            (50708, _ASCII, 12, b"Maker Model\0"),
            (50721, _SRATIONAL, 9, b"".join([whole, none, none, none] * 2 + [whole])),
            (50728, _RATIONAL, 3, whole * 3),
            _short(50778, 21),
        ]
    )
    return b"II*\0" + struct.pack("<I", top) + file.content


@dataclass(slots=True)
class _File:
    """What follows the header of a TIFF."""

    content: bytes = field(default=b"")

    @property
    def end(self) -> int:
        return 8 + len(self.content)

    def add(self, more: bytes) -> int:
        """Append bytes; return where they are."""
        at = self.end
        self.content += more + b"\0" * (len(more) % 2)
        return at

    def add_directory(self, entries: list[Entry]) -> int:
        """Append a directory and the values that do not fit into it."""
        packed = []
        for tag, kind, count, value in sorted(entries):
            held = value.ljust(4, b"\0")
            if len(value) > 4:
                held = struct.pack("<I", self.add(value))
            packed.append(struct.pack("<HHI", tag, kind, count) + held)
        head = struct.pack("<H", len(packed))
        return self.add(head + b"".join(packed) + bytes(4))


def _short(tag: int, value: int) -> Entry:
    return tag, _SHORT, 1, struct.pack("<H", value)


def _long(tag: int, value: int) -> Entry:
    return tag, _LONG, 1, struct.pack("<I", value)
