"""Pictures that no decoder should be given, through the command line."""

from pathlib import Path

import pytest

from tests import pictures
from tests.commands.running import Imgai
from tests.hostile import faults
from tests.hostile.measured import measured
from tests.stubs.workers_ai import WorkersAIStub

_MOST_BYTES = 512 * 2**20


def tiff(shift: int) -> bytes:
    """Return a picture that is decoded in a child; each shift another."""
    return pictures.encoded(pictures.scene(shift=shift), "TIFF")


def became(lines: list[dict[str, str]]) -> dict[str, str | None]:
    """Return the reason that each file was left out for, None if it was not."""
    return {Path(line["uri"]).name: line["reason"] for line in lines}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (faults.DIE, "corrupt"),
        (faults.EAT, "too-large"),
        pytest.param(faults.HANG, "too-slow", marks=pytest.mark.slow),
    ],
    ids=["dies", "eats memory", "never ends"],
)
def test_a_decoder_that_misbehaves_takes_one_picture_with_it(
    hosted: Imgai, folder: Path, tmp_path: Path, order: bytes, reason: str
) -> None:
    """The others are analysed, the run ends as documented, and nothing is left over."""
    for number in range(4):
        (folder / f"{number}.tiff").write_bytes(tiff(number))
    (folder / "bad.tiff").write_bytes(tiff(9) + order)

    came = measured(
        hosted,
        "classify",
        folder,
        "--json",
        **faults.misbehaving_decoder(tmp_path / "faults"),
    )

    assert came.ran.exit_code == 3, came.ran.err
    assert became(came.ran.lines) == {
        "bad.tiff": reason,
        **{f"{number}.tiff": None for number in range(4)},
    }
    assert came.left_over == []
    recorded = hosted.rows("SELECT error, permanent FROM failure")
    assert recorded == [(reason, 1)]


def test_bombs_are_refused_by_their_headers(
    hosted: Imgai, workers_ai: WorkersAIStub, folder: Path
) -> None:
    """A few bytes that say they are enormous cost no memory, no call, and no run."""
    for name, content in pictures.bombs().items():
        (folder / f"{name}.jpg").write_bytes(content)
    (folder / "good.jpg").write_bytes(pictures.encoded(pictures.scene()))

    came = measured(hosted, "classify", folder, "--json", "--no-embeddings")

    reasons = became(came.ran.lines)
    assert reasons.pop("good.jpg") is None
    assert set(reasons.values()) == {"too-large"}
    assert len(reasons) == len(pictures.bombs())
    assert came.peak_bytes < _MOST_BYTES
    assert len(workers_ai.calls) == 2


@pytest.mark.slow
def test_three_thousand_scans_are_stopped_and_recorded(
    hosted: Imgai, folder: Path
) -> None:
    """Half a minute of decoding in 270 KB: given up in seconds, and not tried again."""
    (folder / "scans.jpg").write_bytes(pictures.many_scans_jpeg())
    (folder / "good.jpg").write_bytes(pictures.encoded(pictures.scene()))

    first = hosted("classify", folder, "--json")
    second = hosted("classify", folder, "--json")

    assert first.exit_code == 3
    assert became(first.lines) == {"good.jpg": None, "scans.jpg": "too-slow"}
    assert second.exit_code == 0
    assert [line["status"] for line in second.lines] == ["skipped"]


def ways_to_store_pixels() -> dict[str, bytes]:
    """Return honest pictures of unusual kinds, by the name of a file."""
    made = {
        f"{file_format}-{orientation}.jpg": pictures.oriented(file_format, orientation)
        for file_format in ("JPEG", "PNG", "TIFF", "WEBP", "HEIF")
        for orientation in range(1, 9)
    }
    made["cmyk.jpg"] = pictures.cmyk_jpeg()
    made["grey16.png"] = pictures.grey16_png((0, 40_000))
    made["palette.png"] = pictures.palette_png()
    for file_format in ("GIF", "PNG", "WEBP"):
        made[f"animated.{file_format.lower()}"] = pictures.animated(file_format)
    profile = pictures.swapping_profile()
    made["profile.png"] = pictures.encoded(
        pictures.quadrants(), "PNG", icc_profile=profile
    )
    return made


def test_every_honest_way_to_store_pixels_is_read(hosted: Imgai, folder: Path) -> None:
    """All eight orientations in five formats, CMYK, 16 bits, palettes, animations."""
    made = ways_to_store_pixels()
    for name, content in made.items():
        (folder / name).write_bytes(content)

    ran = hosted("classify", folder, "--json", "--all")

    assert ran.exit_code == 0, ran.err
    assert {line["status"] for line in ran.lines} <= {"analysed", "known"}
    assert len(ran.lines) == len(made)
    sizes = hosted.rows("SELECT DISTINCT width_px, height_px FROM picture")
    assert set(sizes) == {(96, 64), (64, 48), (32, 32), (64, 32)}


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_picture_is_flagged_or_fails_by_name(
    hosted: Imgai, folder: Path, file_format: str
) -> None:
    """Cut at every tenth of its length: never silently, and never the run."""
    whole = pictures.encoded(pictures.scene(), file_format)
    for tenths in range(10):
        content = pictures.truncated(whole, tenths)
        (folder / f"{tenths}.img.jpg").write_bytes(content)

    ran = hosted("classify", folder, "--json", "--all")

    assert ran.exit_code in {0, 3}, ran.err
    assert len(ran.lines) == 10
    allowed = {None, "corrupt", "not-an-image", "too-large"}
    assert {line["reason"] for line in ran.lines} <= allowed
    assert {line["status"] for line in ran.lines} <= {"failed", "skipped"}
    looked_at = [line for line in ran.lines if line["picture_hash"]]
    cut = hosted.rows("SELECT count(*) FROM picture WHERE truncated")
    assert cut == [(len(looked_at),)]


def test_what_a_decoder_says_is_one_line(hosted: Imgai, folder: Path) -> None:
    """Libheif ends its messages with a newline; a log has one line for each failure."""
    whole = pictures.encoded(pictures.scene(), "HEIF")
    (folder / "cut.heic").write_bytes(whole[: len(whole) // 2])

    ran = hosted("classify", folder, "--json")
    ((message,),) = hosted.rows("SELECT message FROM failure")

    assert ran.exit_code == 3, ran.err
    assert message.startswith("the decoder says: ")
    assert message.isprintable()
