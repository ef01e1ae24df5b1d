"""Every export of a large database: seconds, bytes, and memory over what the process had before.

    python -m tests.bench exports [--entries 100000]

A database is filled with flagged lookalikes of 100 outlets, nine in ten confirmed. The limit on memory is that of a
service that has other things to do meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from service.adapters.database import engine_for, parse_url
from service.adapters.schema import upgrade
from service.adapters.store import open_store
from service.adapters.tables import LOOKALIKE, SITE, VERDICT
from service.core.exports.formats import FORMATS
from service.core.model import Outlet
from service.pipeline.export import Chosen, Exporter, ExportPlan
from service.pipeline.watched import Watched
from tests.bench.figures import Figures, most_megabytes
from tests.fakes import FakeClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTLETS = 100
MOST_MEGABYTES = 100
_CHUNK = 5_000
_SIGNALS = (
    '[{"name":"structure","value":0.9,"weight":0.2,"evidence":"97 %% of the structure"},'
    '{"name":"brand","value":%s,"weight":0.2,"evidence":"calls itself by the outlet\'s name"}]'
)


def fill(connection: Connection, entries: int) -> None:
    """Flagged lookalikes, one a site."""
    for start in range(0, entries, _CHUNK):
        numbers = range(start + 1, min(start + _CHUNK, entries) + 1)
        connection.execute(insert(SITE), [_site(number) for number in numbers])
        connection.execute(insert(LOOKALIKE), [_lookalike(number) for number in numbers])
        connection.execute(insert(VERDICT), [_verdict(number) for number in numbers])


def _site(number: int) -> dict[str, Any]:
    host = f"name{number}-news.ltd"
    return {
        "id": number,
        "host": host,
        "domain": host,
        "suffix": "ltd",
        "source": "sweep:exact",
        "version": 1,
        "admitted_at": NOW,
        "due_at": NOW,
        "availability": "live",
        "availability_reason": "as the bench has it",
        "registered_at": NOW - timedelta(days=3),
        "registrar": "Registrar Ltd",
        "observations": 0,
    }


def _lookalike(number: int) -> dict[str, Any]:
    return _verdict(number, of_lookalike=False) | {
        "id": number,
        "site_id": number,
        "outlet": f"outlet{number % OUTLETS}",
        "technique": "combosquat",
        "name_score": 0.9,
        "distance": 0,
        "discovered_at": NOW,
        "flagged": True,
        "first_seen_as": "unknown",
        "announced": True,
        "predecessor": "",
    }


def _verdict(number: int, *, of_lookalike: bool = True) -> dict[str, Any]:
    shown = {
        "verdict": "impersonation",
        "score": 0.9,
        "reason": "the page is built like the outlet's and calls itself by its name",
        "signals_json": _SIGNALS % ("0.1" if number % 10 == 0 else "1.0"),
    }
    return shown | ({"lookalike_id": number, "at": NOW} if of_lookalike else {})


async def measure(url: str, figures: Figures) -> None:
    """Write every format to a file that is thrown away."""
    store = open_store(url)
    try:
        outlets = [Outlet(id=f"outlet{n}", name=f"Outlet {n}", domain=f"outlet{n}.example") for n in range(OUTLETS)]
        await store.write(lambda uow: [uow.outlets.put(outlet, NOW) for outlet in outlets])
        watched = Watched(store)
        await watched.refresh()
        exporter = Exporter(clock=FakeClock(NOW), store=store, watched=watched, plan=ExportPlan())
        before = most_megabytes()
        for name in FORMATS:
            with tempfile.TemporaryFile() as file:
                began = time.process_time()
                written = await exporter.write(name, Chosen(), file)
                seconds = time.process_time() - began
            print(f"{name:8} {seconds:6.1f} s of processor time, {written.size / 1e6:6.1f} MB", flush=True)
        figures.at_most("memory over the base", most_megabytes() - before, MOST_MEGABYTES, "MB")
    finally:
        store.close()


def main() -> int:
    """Fill, write, show."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench exports", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    asked = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'exports.db'}"
        upgrade(url)
        engine = engine_for(parse_url(url), writes=True)
        with engine.begin() as connection:
            fill(connection, asked.entries)
        engine.dispose()
        asyncio.run(measure(url, figures))
    return figures.exit_code


if __name__ == "__main__":
    sys.exit(main())
