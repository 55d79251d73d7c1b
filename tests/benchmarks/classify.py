"""How fast classify is beside the decoding it cannot do without: a table.

    python -m tests.benchmarks.classify

makes photographs of 1 and 12 megapixels, runs `imgai classify` over them against a
host that answers at once, then against slow ones with many workers and with an
account's limits. Processor time is that of the process and its children; beside it
stands, from the same minute, that of Pillow decoding the same files. `--limits` adds
two runs at an account's limits, of more than a minute each.
"""

import argparse
import io
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from PIL import Image

from tests.benchmarks.measuring import (
    Bench,
    Took,
    call_starts,
    lean_host,
    say,
    say_head,
    say_machine,
)
from tests.benchmarks.photographs import make_photographs

WIDTH_PX = 384
ROUNDS = 18  # pictures that each worker carries, if there are enough
FEW = 4  # what a run costs that has nearly nothing to do
UNLIMITED = {"AI_REQUESTS_PER_MINUTE": "1000000"}
MINUTE_S = 60.0
WARM_S = 10.0
CAPTIONERS = {
    300: "@cf/google/gemma-4-26b-a4b-it",
    720: "@cf/moondream/moondream3.1-9B-A2B",
}


def decoding_s(paths: Iterable[Path]) -> float:
    """Return the processor time that one picture takes to decode and downscale."""
    took_s = 0.0
    count = 0
    for path in paths:
        content = path.read_bytes()
        before_s = time.process_time()
        with Image.open(io.BytesIO(content)) as image:
            size = WIDTH_PX, round(WIDTH_PX * image.height / image.width)
            image.draft("RGB", size)
            image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        took_s += time.process_time() - before_s
        count += 1
    return took_s / count


def classify(bench: Bench, folder: Path, count: int, *more: str) -> Took:
    """Classify some pictures of a folder into an empty database."""
    bench.forget()
    return bench.imgai(
        "classify", str(folder), "--limit", str(count), "--yes", *more, **UNLIMITED
    )


def clock_pictures(home: Path, megapixels: float, count: int) -> None:
    """Print what a picture of a size costs, beside decoding it."""
    folder = home / f"{megapixels:g}"
    make_photographs(folder, count, megapixels)
    with lean_host(0) as url:
        bench = Bench(home, url)
        few = classify(bench, folder, FEW)
        decoding = decoding_s(sorted(folder.iterdir())[: max(FEW, count // 4)])
        all_of_them = classify(bench, folder, count)
    each_s = (all_of_them.cpu_s - few.cpu_s) / (count - FEW)
    each_wall_s = (all_of_them.wall_s - few.wall_s) / (count - FEW)
    say(
        f"{megapixels:g} MP, answered at once",
        f"{each_s * 1e3:.1f} ms of CPU a picture, {1 / each_wall_s:.0f} pictures/s",
        f"{each_s / decoding:.2f} x decoding alone ({decoding * 1e3:.1f} ms)",
        f"{all_of_them.peak_mb:.0f} MB",
    )
    size_bytes = bench.database.stat().st_size
    if megapixels == 1:
        say(
            "database",
            f"{size_bytes / count:,.0f} bytes a picture",
            f"{largest_tables(bench.database)}",
            "",
        )


def largest_tables(database: Path) -> str:
    """Return how many bytes a picture each large table takes, where SQLite can say."""
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM picture").fetchone()
        try:
            rows = connection.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
                " ORDER BY 2 DESC LIMIT 6"
            ).fetchall()
        except sqlite3.OperationalError:
            return ""  # built without dbstat
    return ", ".join(f"{name} {size / count:,.0f}" for name, size in rows)


def clock_concurrency(
    home: Path, latency_s: float, workers: Sequence[int], most: int
) -> None:
    """Print what a picture costs with more and more workers.

    Rates are those of a run under way: by the difference of two runs, a third and
    three thirds as long. Beside them stands that of the longer run from its start,
    where each model's first call goes alone, to its end, where workers run out of
    pictures.
    """
    folder = home / "1"
    make_photographs(folder, most, 1)
    with lean_host(latency_s) as url:
        bench = Bench(home, url)
        first_s = 0.0
        for number in workers:
            count = min(most, ROUNDS * number)
            flag = ("--workers", str(number))
            third = classify(bench, folder, count // 3, *flag)
            took = classify(bench, folder, count, *flag)
            more = count - count // 3
            each_s = (took.cpu_s - third.cpu_s) / more
            first_s = first_s or each_s
            say(
                f"1 MP, answered after {latency_s * 1e3:.0f} ms, {number} workers",
                f"{each_s * 1e3:.1f} ms of CPU a picture,"
                f" {more / (took.wall_s - third.wall_s):.0f} pictures/s under way,"
                f" {count / took.wall_s:.0f} from start to end of {count:,}",
                f"{each_s / first_s:.2f} x the CPU of the first",
                f"{took.peak_mb:.0f} MB",
            )


def keep_to_limits(home: Path, per_minute: int, seconds: float) -> None:
    """Print how near a run comes to a limit, and whether it ever passes it."""
    model = CAPTIONERS[per_minute]
    folder = home / "small"
    make_photographs(folder, round(per_minute * seconds / MINUTE_S), 0.05)
    with lean_host(3.0) as url:
        bench = Bench(home, url)
        bench.forget()
        took = bench.imgai(
            *("classify", str(folder), "--yes", "--workers", "120"),
            AI_CAPTION_MODEL=model,
        )
        starts = call_starts(url)[model]
    most = max(_in_a_minute(starts))
    # Minutes that lie wholly within the run, once the first calls, which go alone,
    # have been answered.
    whole = [
        calls
        for start, calls in zip(starts, _in_a_minute(starts), strict=True)
        if starts[0] + WARM_S <= start <= starts[-1] - MINUTE_S
    ]
    say(
        f"{per_minute} captions a minute, answered after 3 s",
        f"{most} in the fullest 60 s",
        f"{min(whole, default=0) / per_minute:.1%} of the limit in the emptiest",
        f"{took.peak_mb:.0f} MB",
    )


def _in_a_minute(starts: Sequence[float]) -> list[int]:
    """Return how many calls came in the minute that each call begins."""
    return [
        sum(1 for other in starts if start <= other < start + MINUTE_S)
        for start in starts
    ]


def main() -> None:
    """Make photographs, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--large", type=int, default=60, help="pictures of 12 MP")
    parser.add_argument("--small", type=int, default=600, help="pictures of 1 MP")
    parser.add_argument("--many", type=int, default=1_200, help="with more workers")
    parser.add_argument("--latency", type=float, default=0.4, help="seconds")
    parser.add_argument("--workers", type=int, nargs="*", default=[16, 64, 128])
    parser.add_argument("--limits", action="store_true", help="takes three minutes")
    options = parser.parse_args()
    say_machine()
    say_head("what", "measured", "beside it", "peak memory")
    with tempfile.TemporaryDirectory(prefix="imgai-benchmark-") as name:
        home = Path(name)
        clock_pictures(home, 12, options.large)
        clock_pictures(home, 1, options.small)
        clock_concurrency(home, options.latency, options.workers, options.many)
        if options.limits:
            for per_minute in CAPTIONERS:
                keep_to_limits(home, per_minute, 80)


if __name__ == "__main__":
    main()
