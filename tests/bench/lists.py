"""Zone files and lists of new registrations: lines and names a second through the whole path, and the memory it takes.

    python -m tests.bench lists [--lines N] [--data DIR]

Zone files are made up as CZDS has them (two NS records a name, gzipped); the second day has one name in four hundred
more and as many less. The difference is measured from both raw files, each read, kept and compared; beside it what a
day costs whose day before is kept already, and the same of a file that is not sorted. New registrations are a million
real ones where ``--data`` has them (``newly_registered.csv.gz``, ``outlets.csv``), else made-up names, and go through
the feed into a store on disk. Seconds are of processor time, of one core; the clock's stand beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import multiprocessing
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from pathlib import Path

from service.adapters.clock import SystemClock
from service.adapters.schema import upgrade
from service.adapters.store import open_store
from service.core.model import Outlet
from service.core.names.zone import Order, difference
from service.feeds.follow import follow
from service.feeds.kept_names import keep, order_of, read_kept
from service.feeds.name_lists import LocalLists, NameLists
from service.pipeline.watched import Watched
from tests.bench.figures import Figures, most_megabytes
from tests.bench.name_data import watchlist

SPAWN = multiprocessing.get_context("spawn")
OUTLETS = 78
NAMES = 1_000_000


def zone(path: Path, lines: int, day: int, *, shuffled: bool = False) -> None:
    """Write a zone file of so many lines; of four hundred names one is there on one of the two days only."""
    chance = random.Random(7)  # noqa: S311 - the same names every time
    wanted = lines // 2
    drawn = (f"{chance.getrandbits(44):011x}{number:07}.shop" for number in range(wanted * 401 // 400))
    names = sorted(name for number, name in enumerate(drawn) if number % 400 != day)
    if shuffled:
        chance.shuffle(names)
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    with path.open("wb") as stream:
        stream.write(packer.compress(b"shop.\t900\tin\tsoa\tns0.shop. hostmaster.shop. 1 1800 900 604800 86400\n"))
        reading = iter(names)
        while block := list(islice(reading, 50_000)):
            records = "".join(
                f"{name}.\t3600\tin\tns\tns1.host.example.\n{name}.\t3600\tin\tns\tns2.host.example.\n"
                for name in block
            )
            stream.write(packer.compress(records.encode()))
        stream.write(packer.flush())


def compared(first: Path, second: Path, folder: Path) -> tuple[float, float, int]:
    """Processor seconds for both files, those for the second alone, and how many names differ."""
    began = time.process_time()
    before = keep(first, folder, "before", Order.LINES)
    half = time.process_time()
    after = keep(second, folder, "after", order_of(before.file))
    changes = sum(
        len(come) + len(gone)
        for come, gone in difference(read_kept(folder, before.file), read_kept(folder, after.file))
    )
    done = time.process_time()
    return done - began, done - half, changes


def in_child(work: Callable[..., None], *arguments: object) -> None:
    """Run in a process of its own: what it takes of memory is not ours."""
    process = SPAWN.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def zones(lines: int) -> None:
    """A process: both differences; 1 where a figure was missed."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        first, second, shuffled = (folder / name for name in ("first.gz", "second.gz", "shuffled.gz"))
        in_child(zone, first, lines, 0)
        in_child(zone, second, lines, 1)
        both, day, changes = compared(first, second, folder / "kept")
        figures.at_least(
            "difference of two sorted zone files, both read", 2 * lines / both, 1_000_000, "lines a second"
        )
        figures.at_most("memory for it", most_megabytes(), 150, "MB")
        print(f"      a day whose day before is kept: {lines / day:,.0f} lines a second; {changes:,} names differ")
        second.unlink()
        in_child(_shuffled, shuffled, lines)
        both, day, _ = compared(first, shuffled, folder / "kept")
        print(f"      the second one not sorted: {lines / day:,.0f} lines a second, {most_megabytes():,.0f} MB")
    sys.exit(figures.exit_code)


def _shuffled(path: Path, lines: int) -> None:
    zone(path, lines, 1, shuffled=True)


def outlets(data: Path | None) -> list[Outlet]:
    """As many as the figure is for: the file's, filled up with made-up ones."""
    found = list(watchlist(data).outlets)[:OUTLETS]
    made = (Outlet(id=f"o{number}", name="", domain=f"paper{number:03}daily.com") for number in range(OUTLETS))
    return [*found, *islice(made, OUTLETS - len(found))]


def registrations(data: Path | None, folder: Path) -> Path:
    """The list: real where there is data."""
    path = folder / "new.csv.gz"
    if data is not None:
        return data / "newly_registered.csv.gz"
    chance = random.Random(5)  # noqa: S311 - the same names every time
    rows: Iterable[str] = (f"{chance.getrandbits(50):x}.com,2026-11-20\n" for _ in range(NAMES))
    path.write_bytes(gzip.compress(("domain,first_listed\n" + "".join(rows)).encode(), 1))
    return path


async def taken_in(path: Path, watched: list[Outlet], folder: Path) -> tuple[float, float, int, int]:
    """Seconds of processor time and of the clock for a list, names read, and matches."""
    url = f"sqlite:///{folder}/bench.db"
    upgrade(url)
    store, clock = open_store(url), SystemClock()
    await store.write(lambda uow: [uow.outlets.put(outlet, clock.now()) for outlet in watched])
    knowledge = Watched(store)
    await knowledge.now()
    feed = NameLists("bench", LocalLists(path), every=timedelta(hours=1), late_after=None)
    cpu, wall = time.process_time(), time.perf_counter()
    read = await follow(feed, clock=clock, store=store, watched=knowledge)
    spent = time.process_time() - cpu, time.perf_counter() - wall
    state = await store.read(lambda uow: uow.feeds.get("bench"))
    store.close()
    return *spent, read, state.matched if state is not None else 0


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench lists")
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        path = registrations(options.data, folder)
        cpu, wall, read, matched = asyncio.run(taken_in(path, outlets(options.data), folder))
        figures.at_least(f"{read:,} new registrations, {OUTLETS} outlets", read / cpu, 300_000, "names a second")
        print(f"      by the clock {read / wall:,.0f} names a second; {matched:,} matches")
    process = SPAWN.Process(target=zones, args=(options.lines,))
    process.start()
    process.join()
    return max(figures.exit_code, min(1, process.exitcode or 0))


if __name__ == "__main__":
    sys.exit(main())
