"""How many versions of a photo `imgai dupes` knows again, and what it takes for one.

    python -m tests.benchmarks.duplicates --made 300

makes versions of the example photos and of that many made-up pictures, has `imgai
classify` look at all of them with the local models, and finds near-duplicates among
the originals and one kind of version at a time: together, one version would vouch for
the next. Recall counts the versions in one group with their original. Precision counts
pairs in a group, and which of them are of one picture.
"""

import argparse
import io
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from imgai.domain.duplicates import DuplicateGroup, DuplicateKind
from imgai.search.duplicates import find_duplicates
from imgai.store.connection import writing
from imgai.store.images import mark_gone
from tests.benchmarks.measuring import Bench, say, say_head, say_machine
from tests.benchmarks.scenes import made_scene, read_photo

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
ORIGINALS = "originals"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

_LARGEST_PX = 1000
_MOST_PX = 3000  # of a version four times as large
_QUALITY = 90
_ORIENTATION = 0x0112

Version = Callable[[Image.Image], bytes]


def _jpeg(image: Image.Image, quality: int = _QUALITY, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, exif=exif.tobytes())
    return out.getvalue()


def _saved_at(quality: int) -> Version:
    return lambda image: _jpeg(image, quality)


def _scaled(share: float) -> Version:
    def version(image: Image.Image) -> bytes:
        times = min(share, _MOST_PX / max(image.size))
        size = round(image.width * times), round(image.height * times)
        return _jpeg(image.resize(size, Image.Resampling.BICUBIC))

    return version


def _cropped(share: float, *, at_corner: bool) -> Version:
    def version(image: Image.Image) -> bytes:
        across, down = round(image.width * share), round(image.height * share)
        left, top = (0, 0) if at_corner else (across // 2, down // 2)
        right, bottom = left + image.width - across, top + image.height - down
        return _jpeg(image.crop((left, top, right, bottom)))

    return version


def _turned(image: Image.Image) -> bytes:
    """A camera's copy: it lies on its side, and says how it is upright."""
    return _jpeg(image.transpose(Image.Transpose.ROTATE_90), orientation=6)


VERSIONS: Mapping[str, Version] = MappingProxyType(
    {
        **{f"quality {one}": _saved_at(one) for one in (30, 50, 75, 95)},
        **{f"scaled to {one:.0%}": _scaled(one) for one in (0.25, 0.5, 2, 4)},
        "turned by EXIF": _turned,
        **{
            f"cropped by {share:.0%} {where}": _cropped(share, at_corner=at_corner)
            for share in (0.02, 0.05, 0.08, 0.1)
            for where, at_corner in (
                ("around the middle", False),
                ("at a corner", True),
            )
        },
    }
)


def make_files(folder: Path, photos: int, made: range) -> int:
    """Write originals and versions, a folder a kind; return how many originals."""
    count = 0
    for name, image in _originals(photos, made):
        for kind, version in {ORIGINALS: _jpeg, **VERSIONS}.items():
            below = folder / _folder(kind)
            below.mkdir(parents=True, exist_ok=True)
            (below / f"{name}.jpg").write_bytes(version(image))
        count += 1
    return count


def _originals(photos: int, made: range) -> Iterator[tuple[str, Image.Image]]:
    paths = [one for one in sorted(PHOTOS.iterdir()) if one.suffix != ".md"]
    for path in paths[:photos]:
        yield path.stem, read_photo(path, _LARGEST_PX)
    for number in made:
        yield f"made-{number}", made_scene(number)


def _folder(kind: str) -> str:
    return kind.replace(" ", "-").replace("%", "")


@contextmanager
def only(connection: sqlite3.Connection, *kinds: str) -> Iterator[None]:
    """Hide all images but those of some kinds, for as long as this lasts."""
    shown = {_folder(kind) for kind in kinds}
    connection.execute("BEGIN IMMEDIATE")
    rows = connection.execute("SELECT id, uri FROM image").fetchall()
    hidden = [number for number, uri in rows if uri.split("/")[-2] not in shown]
    mark_gone(connection, hidden, NOW)
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def judge(groups: Iterable[DuplicateGroup]) -> tuple[set[str], int, int]:
    """Return the originals that are known again, the pairs, and the false ones."""
    known: set[str] = set()
    pairs = false = 0
    for group in groups:
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        places = [one.image.uri.split("/")[-2:] for one in group.members]
        for folder, name in places:
            kinds[name].add(folder)
        known |= {
            name for name, its in kinds.items() if ORIGINALS in its and len(its) > 1
        }
        pairs += len(places) * (len(places) - 1) // 2
        false += sum(one[1] != other[1] for one, other in combinations(places, 2))
    return known, pairs, false


def report(database: Path, originals: int) -> None:
    """Print recall and precision for each kind of version."""
    say_head(f"versions of {originals} pictures", "recall", "precision", "false pairs")
    every = (*VERSIONS, "all")
    with writing(database) as connection:
        for kind in every:
            kinds = VERSIONS if kind == "all" else (kind,)
            with only(connection, ORIGINALS, *kinds):
                found = find_duplicates(connection, [DuplicateKind.NEAR_DUPLICATE])
                known, pairs, false = judge(found)
            precision = 1 - false / pairs if pairs else 1.0
            say(kind, f"{len(known) / originals:.3f}", f"{precision:.4f}", str(false))


def main() -> None:
    """Make pictures, look at them, find duplicates, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--made", type=int, default=100, help="made-up pictures")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--photos", type=int, default=100, help="examples at most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="imgai-benchmark-") as folder:
        bench = Bench(Path(folder))
        made = range(options.first, options.first + options.made)
        originals = make_files(Path(folder) / "files", options.photos, made)
        say_machine()
        bench.imgai("classify", str(Path(folder) / "files"), "--backend", "local")
        report(bench.database, originals)


if __name__ == "__main__":
    main()
