"""A year of ten thousand sites in simulated time on SQLite: looks, events, rows, bytes, seconds. No network.

    python -m tests.bench year [--sites 10000] [--days 365] [--folder DIR]

The sites are taken in on the first day, and from then on the due list says who is looked at when, as in the daemon: the
intervals, the state machine, the tracker and the linker are the service's own, the looks are made
(``tests/bench/lived_sites.py``). What grows is told by site and year; what must not grow is checked: looks at which
nothing is new add no row, whoever is looked at. Seconds hold for a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from service.adapters.clock import DrivenClock
from service.adapters.database import engine_for, parse_url
from service.adapters.schema import upgrade
from service.adapters.store import SqlStore, open_store
from service.adapters.tables_base import Base
from service.core.model import Admission, NameMatch, Outlet
from service.core.persistence.inputs import Looked
from service.core.persistence.lifecycle import Rules
from service.core.states import Availability, Technique
from service.pipeline.link import Linker
from service.pipeline.track import Tracker
from service.ports import UnitOfWork
from tests.bench.figures import Figures, most_megabytes
from tests.bench.lived_sites import OUTLET, Life

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
QUANTUM = timedelta(hours=6)
"""What falls due within this is looked at together, as in a replay."""

AT_ONCE = 250
LEASE = timedelta(minutes=15)
SPIEGEL = Outlet(id=OUTLET, name="Der Spiegel", domain="spiegel.de", languages=("de",))
KILOBYTES_A_SITE = 40
"""What a site may leave behind in its first year, the busiest one, all of its rows and indexes counted."""

MILLISECONDS_A_LOOK = 3.0
"""So that a look is never kept more slowly than it is made: fetching and parsing take tens of milliseconds."""


class Year:
    """The daemon's loop over made looks."""

    def __init__(self, store: SqlStore, sites: int) -> None:
        self.store, self.clock = store, DrivenClock(BEGIN)
        self.tracker = Tracker(clock=self.clock, store=store, rules=Rules())
        self.linker = Linker(clock=self.clock, store=store)
        self.lives = {life.host: life for life in (Life(number, BEGIN) for number in range(sites))}
        self.dice = random.Random(20240101)  # noqa: S311 - the same looks in every run
        self.looks = self.hiccups = 0
        self.told: Counter[str] = Counter()

    async def admit(self) -> None:
        """Everything is found on the first day."""

        def step(uow: UnitOfWork) -> None:
            uow.outlets.put(SPIEGEL, BEGIN)
            for host in self.lives:
                match = NameMatch(
                    name=host, domain=host, outlet=OUTLET, technique=Technique.COMBOSQUAT, distance=0, score=0.8
                )
                uow.sites.admit(Admission(host=host, domain=host, source="sweep:edits", matches=(match,)), BEGIN)

        await self.store.write(step)

    async def until(self, end: datetime) -> None:
        """Look at what is due until ``end``."""
        while (due := await self.store.read(lambda uow: uow.sites.next_due())) is not None and due < end:
            quanta = -((BEGIN - due) // QUANTUM)
            self.clock.move_to(max(self.clock.now(), BEGIN + quanta * QUANTUM))
            while await self.store.write(self._batch):
                pass
            await self.linker.link_pending()

    def _batch(self, uow: UnitOfWork) -> int:
        """A transaction with many looks; the daemon has one for each."""
        now = self.clock.now()
        claimed = uow.sites.claim(now, now + LEASE, AT_ONCE)
        for site, _ in claimed:
            given: Looked = self.lives[site.host].look(site, now, self.dice)
            done = self.tracker.apply(uow, site.host, given)
            self.told.update(event.type for event in done.events)
            self.looks += 1
            self.hiccups += given.look.consensus is Availability.UNREACHABLE
        return len(claimed)


def main(arguments: Sequence[str]) -> int:
    """Print the figures; the exit code is 1 where one is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench year")
    parser.add_argument("--sites", type=int, default=10_000, metavar="N")
    parser.add_argument("--days", type=int, default=365, metavar="N")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the database goes; left there")
    given = parser.parse_args(arguments)
    figures = Figures()
    with folder_for(given.folder) as folder:
        measure(folder, given.sites, given.days, figures)
    return figures.exit_code


@contextmanager
def folder_for(given: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that goes with the bench."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


def measure(folder: Path, sites: int, days: int, figures: Figures) -> None:
    """Live the year, then say what is left of it."""
    file = folder / "year.db"
    url = f"sqlite:///{file}"
    upgrade(url)
    with closing(open_store(url)) as store:
        year = Year(store, sites)
        asyncio.run(year.admit())
        empty, began, used = size_of(file), time.monotonic(), time.process_time()
        asyncio.run(year.until(BEGIN + timedelta(days=days)))
        seconds, processor = time.monotonic() - began, time.process_time() - used
    size, rows = size_of(file), rows_of(url)
    years = sites * days / 365
    print(f"{sites:,} sites, {days} days: {year.looks:,} looks in {seconds:,.0f} s ({processor:,.0f} s of processor)")
    print(f"{year.looks / years:,.0f} looks, {sum(year.told.values()) / years:.2f} events a site and year")
    print("events: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(year.told.items())))
    print("rows:   " + ", ".join(f"{name} {count:,}" for name, count in rows.items() if count))
    print(f"file:   {size / 2**20:,.0f} MiB; memory at most {most_megabytes():,.0f} MiB")
    # The first look at each, two for each hiccup (down and up again), one for each change.
    news = sites + 2 * year.hiccups + sum(life.changes for life in year.lives.values())
    figures.at_most("rows of observations", rows["observation"], news)
    figures.at_most("growth of the file, a site and year", (size - empty) / 1024 / years, KILOBYTES_A_SITE, "KiB")
    figures.at_most("processor time, a look", processor / year.looks * 1000, MILLISECONDS_A_LOOK, "ms")


def size_of(file: Path) -> int:
    """Bytes of the database with everything in its one file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return file.stat().st_size


def rows_of(url: str) -> dict[str, int]:
    """Rows by table."""
    engine = engine_for(parse_url(url), writes=False)
    with engine.connect() as connection:
        found = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }
    engine.dispose()
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
