"""What a library past one machine costs in time and memory: a table.

    python -m tests.benchmarks.scale --objects 1000000 --pictures 300

lists and plans so many objects that are not there, in shards of one and of ten; then
runs `imgai classify` over photographs of 1 megapixel against a host that answers
after 50 ms, with more and more workers, in one process and on a Ray cluster of this
machine. The runs have no account's limit, which would be reached first.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from imgai.domain.derive import LabelRules
from imgai.domain.images import ImageFile, SourceImage
from imgai.domain.plan import Wanted
from imgai.domain.predictions import Backend, Task
from imgai.domain.shards import Shard
from imgai.pipeline.candidates import Candidates
from imgai.sources.base import Listed
from imgai.store.journal import open_journal
from tests.benchmarks.measuring import Bench, lean_host, say, say_head, say_machine
from tests.benchmarks.photographs import make_photographs

LATENCY_S = 0.05
PAGE = 1_000  # objects a listing's page holds
UNLIMITED = {"AI_REQUESTS_PER_MINUTE": "1000000"}
WANTED = Wanted(
    frozenset({Task.LABELS, Task.CAPTION, Task.EMBEDDING}), Backend.WORKERS_AI
)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A bucket of any size that is not there: a `Source`."""

    count: int
    shard: Shard
    uri: str = "r2://made-up/"
    is_complete: bool = True

    async def batches(self) -> AsyncIterator[Sequence[Listed]]:
        """See `Source.batches`."""
        for start in range(0, self.count, PAGE):
            page = range(start, min(start + PAGE, self.count))
            uris = (f"{self.uri}{number:09}.jpg" for number in page)
            yield [
                SourceImage(uri, 4_000_000, None, f'"{uri[-13:]}"')
                for uri in uris
                if self.shard.has(uri)
            ]

    async def read(self, image: SourceImage) -> ImageFile:
        """See `Source.read`: nobody reads it."""
        raise NotImplementedError(image.uri)


async def plan(source: MadeUp, folder: Path) -> int:
    """Compare a source with an empty database; return how many images want work."""
    async with open_journal(folder / "plan.db", LabelRules()) as journal:
        candidates = Candidates(source, journal, WANTED, lambda _: None)
        return sum([1 async for _ in candidates])


def measure_plans(objects: int, folder: Path) -> None:
    """Print how fast objects are listed and planned, and in how much memory."""
    say_head("listed and planned", "wanted", "seconds", "peak MB of this process")
    for count in (1, 10):
        source = MadeUp(objects, Shard(1, count))
        before_s = time.perf_counter()
        wanted = asyncio.run(plan(source, folder))
        took_s = time.perf_counter() - before_s
        unit = 1 if sys.platform == "darwin" else 1024
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
        what = f"{objects:,} objects, shard 1/{count}"
        say(what, f"{wanted:,}", f"{took_s:.1f}", f"{peak_mb:.0f}")


def measure_engines(pictures: int, workers: Sequence[int], folder: Path) -> None:
    """Print how many pictures a second each engine takes through all stations."""
    photos = folder / "photos"
    make_photographs(photos, pictures, 1)
    engines = ["local", *(["ray"] if find_spec("ray") else [])]
    say_head(f"{LATENCY_S * 1_000:.0f} ms a call", "workers", "pictures/s", "peak MB")
    with lean_host(LATENCY_S) as url:
        bench = Bench(folder, url)
        for engine in engines:
            for count in workers:
                options = ["--engine", engine, "--workers", str(count), "--quiet"]
                bench.forget()
                few = bench.imgai(
                    "classify", str(photos), *options, "--limit", "2", **UNLIMITED
                )
                bench.forget()
                all_of_them = bench.imgai(
                    "classify", str(photos), *options, **UNLIMITED
                )
                took_s = all_of_them.wall_s - few.wall_s  # less what starting takes
                rate = (pictures - 2) / took_s
                say(engine, str(count), f"{rate:.1f}", f"{all_of_them.peak_mb:.0f}")


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16, 64])
    asked = parser.parse_args(arguments)
    say_machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_plans(asked.objects, folder)
        sys.stdout.write("\n")
        measure_engines(asked.pictures, asked.workers, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
