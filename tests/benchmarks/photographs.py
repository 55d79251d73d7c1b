"""Photographs for benchmarks, made of the examples: large, noisy, with EXIF.

python -m tests.benchmarks.photographs FOLDER COUNT MEGAPIXELS
"""

import argparse
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops

EXAMPLES = Path(__file__).parents[2] / "examples" / "photos"
PIXELS = 1_000_000
_NOISE = 6  # standard deviation in 255, of a phone's sensor indoors
_QUALITY = 90
_DISTINCT = 6  # scenes; making one of 12 megapixels takes a second
_TABLE = b"\xff\xdb\x00\x43"  # a quantisation table of 64 bytes and its number
_UNUSED = 3  # no channel uses table 3
_CAMERA = {0x010F: "Made up", 0x0110: "Benchmark 12", 0x0132: "2025:07:14 10:00:00"}


def make_photographs(folder: Path, count: int, megapixels: float) -> None:
    """Fill a folder with so many different pictures of a size.

    In a process of its own: Linux counts what a process has ever held as held by
    every program that it starts afterwards, too.
    """
    command = [sys.executable, "-m", "tests.benchmarks.photographs", str(folder)]
    subprocess.run([*command, str(count), str(megapixels)], check=True)


def _make(folder: Path, count: int, megapixels: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scenes = list(_scenes(min(count, _DISTINCT), megapixels))
    for number in range(count):
        content = _told_apart(scenes[number % len(scenes)], number)
        (folder / f"IMG_{number:05}.jpg").write_bytes(content)


def _scenes(count: int, megapixels: float) -> Iterator[bytes]:
    paths = sorted(EXAMPLES.glob("*.jpg"))
    for number in range(count):
        with Image.open(paths[number % len(paths)]) as photo:
            yield _photograph(photo.convert("RGB"), megapixels)


def _photograph(photo: Image.Image, megapixels: float) -> bytes:
    """Return a JPEG of a size as a camera writes it."""
    scale = (megapixels * PIXELS / (photo.width * photo.height)) ** 0.5
    size = round(photo.width * scale), round(photo.height * scale)
    large = photo.resize(size, Image.Resampling.BICUBIC)
    noise = Image.effect_noise(size, _NOISE).convert("RGB")
    noisy = ImageChops.add(large, noise, offset=-128)  # the noise is around grey
    exif = Image.Exif()
    exif.update(_CAMERA)
    out = io.BytesIO()
    noisy.save(out, "JPEG", quality=_QUALITY, exif=exif.tobytes())
    return out.getvalue()


def _told_apart(jpeg: bytes, number: int) -> bytes:
    """Return another picture that costs the same to decode.

    A table that no channel uses is part of what the decoder reads, so of the
    picture's hash.
    """
    table = bytes([_UNUSED]) + f"{number:064}".encode()  # no entry may be zero
    frame = jpeg.index(_TABLE)
    return jpeg[:frame] + _TABLE + table + jpeg[frame:]


def main() -> None:
    """Make what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("megapixels", type=float)
    options = parser.parse_args()
    _make(options.folder, options.count, options.megapixels)


if __name__ == "__main__":
    main()
