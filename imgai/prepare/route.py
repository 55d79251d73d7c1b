"""Decides by a file's anatomy whether to decode it, where, and in how much memory."""

from dataclasses import dataclass

from imgai.errors import OversizedImage
from imgai.prepare.anatomy import Anatomy, Format
from imgai.prepare.decode import LARGEST_DRAFTED_PX, LARGEST_PX, fitting

# Their decoders are large, or written in Python (BMP's run lengths), and their
# pictures rare enough, or so slow to decode, that a child's cost does not show.
_RARE = {Format.TIFF, Format.BMP, Format.AVIF, Format.HEIC}
# At some 10 ns a pixel, up to 0.25 s in a thread that nobody can stop.
_LARGEST_IN_THREAD_PX = 25_000_000
# A progressive JPEG takes 0.3 to 0.6 ns a pixel and pass: honest 48 megapixels in ten
# scans take 0.2 s; three thousand scans of 24 megapixels, in 270 KB, half a minute.
_MOST_PASSED_PX = 600_000_000
_DRAFT_SCALES = (8, 4, 2)
_FIXED_BYTES = 4_000_000  # the small copies, and what does not grow with the picture


@dataclass(frozen=True, slots=True)
class Route:
    """Where to decode a file, and the memory to set aside for it."""

    needs_bytes: int
    in_child: bool


def route(anatomy: Anatomy, width_px: int, memory_bytes: int) -> Route:
    """Say how to decode a file.

    Args:
        anatomy: what the file is made of.
        width_px: how wide the copy may be.
        memory_bytes: what one decode may take.

    Raises:
        OversizedImage: more pixels, or memory, than imgai grants one picture.
    """
    in_one_pass = anatomy.format is Format.JPEG and anatomy.passes == 1
    if anatomy.pixels > (LARGEST_DRAFTED_PX if in_one_pass else LARGEST_PX):
        raise OversizedImage(_says(anatomy, "more than imgai decodes"))
    needs_bytes = _needs_bytes(anatomy, width_px)
    if needs_bytes > memory_bytes:
        raise OversizedImage(_says(anatomy, f"{needs_bytes >> 20} MB to decode"))
    return Route(needs_bytes, _is_dangerous(anatomy))


def _needs_bytes(anatomy: Anatomy, width_px: int) -> int:
    if anatomy.pixels == 0:  # the header does not say: leave room for what may come
        return _FIXED_BYTES + LARGEST_PX * 4
    kept = anatomy.kept_bytes_per_px
    per_px = (anatomy.bytes_per_px - kept) / _draft_scale(anatomy, width_px) ** 2 + kept
    return _FIXED_BYTES + int(anatomy.pixels * per_px)


def _draft_scale(anatomy: Anatomy, width_px: int) -> int:
    """Return how many times smaller than stored the decoder makes a picture."""
    if anatomy.format is not Format.JPEG:
        return 1
    width, height = fitting(anatomy.width_px, anatomy.height_px, width_px)
    smaller = min(anatomy.width_px // width, anatomy.height_px // height)
    return next((scale for scale in _DRAFT_SCALES if scale <= smaller), 1)


def _is_dangerous(anatomy: Anatomy) -> bool:
    """Whether decoding might take long, or go where nobody has looked."""
    if anatomy.format in _RARE or anatomy.pixels == 0:
        return True
    if anatomy.format is Format.JPEG:
        in_one_pass = anatomy.passes == 1
        passed = anatomy.pixels * anatomy.passes
        return not in_one_pass and passed > _MOST_PASSED_PX
    return anatomy.pixels > _LARGEST_IN_THREAD_PX


def _says(anatomy: Anatomy, why: str) -> str:
    return f"it says {anatomy.width_px} x {anatomy.height_px} px: {why}"
