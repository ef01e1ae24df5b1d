"""The core query over REST on a large database, beside the bare SQL that it comes down to.

    python -m tests.bench api [--lookalikes 100000] [--observations 20] [--rounds 60] [--sqlite-only]

A database is filled with lookalikes of 100 outlets and with as many observations a site as asked for, on SQLite and on
PostgreSQL (from the wheel of the test tools, where it can be started). Each query is asked through the whole
application (token, filters, JSON), without a network, and its SQL alone on a connection of the driver's own. The
figures hold for a machine that does nothing else; processor time, of both in a round, tells a busy machine from a slow
query.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, event, insert, text

from service.adapters.database import engine_for, parse_url
from service.adapters.lookalike_queries import page_rows
from service.adapters.schema import upgrade
from service.adapters.store import SqlStore, open_store
from service.adapters.tables import LOOKALIKE, SITE
from service.api.app import create_app
from service.core.states import Availability, Technique, Verdict
from service.core.tokens import Scope, Token, new_token
from tests.bench.figures import Figures
from tests.fakes_api import ApiUnderTest
from tests.postgres import new_postgres

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTLETS = 100
PAGE = 50
SUFFIXES = ("ltd", "com", "online", "co.com", "pics", "today", "agency", "fun", "cam", "website")
RARE_SUFFIX = "fyi"
_CHUNK = 5_000


def queries() -> dict[str, dict[str, Any]]:
    """What people ask, by name."""
    month = NOW - timedelta(days=30)
    return {
        "newest": {},
        "flagged": {"flagged": True},
        "flagged, registered lately": {"flagged": True, "registered_after": month},
        "registered lately": {"registered_after": NOW - timedelta(days=3)},
        "registered to come (none)": {"registered_after": NOW + timedelta(days=1)},
        "one outlet": {"outlet": "outlet7"},
        "one outlet, flagged": {"outlet": "outlet7", "flagged": True},
        "one outlet, flagged, registered lately": {"outlet": "outlet7", "flagged": True, "registered_after": month},
        "impersonations that are live": {"verdict": "impersonation", "availability": "live"},
        "technique": {"technique": "homoglyph", "flagged": True},
        "a rare suffix": {"suffix": RARE_SUFFIX},
        "a common suffix, flagged": {"suffix": "com", "flagged": True},
        "a rare grade": {"availability": "seized"},
        "text": {"q": "name4711"},
        "text that is nowhere": {"q": "nowhere-at-all"},
        "discovered lately": {"discovered_after": month, "verdict": "suspected"},
    }


def fill(connection: Connection, lookalikes: int, observations: int) -> None:
    """Rows as years of watching leave them: one in eight flagged, most of it dead."""
    chance = random.Random(7)  # noqa: S311 - the same rows each time
    for start in range(0, lookalikes, _CHUNK):
        numbers = range(start + 1, min(start + _CHUNK, lookalikes) + 1)
        connection.execute(insert(SITE), [_site(number, lookalikes, chance) for number in numbers])
        connection.execute(insert(LOOKALIKE), [_lookalike(number, lookalikes, chance) for number in numbers])
    connection.execute(
        text(
            "INSERT INTO observation (site_id, number, digest, first_at, last_at, count, consensus, summary_json) "
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :observations) "
            "SELECT site.id, n.i, 'd', site.admitted_at, site.admitted_at, 3, 'live', :summary FROM site, n"
        ),
        {"observations": observations, "summary": '{"consensus":"live","reason":"' + "x" * 300 + '"}'},
    )


def _site(number: int, of: int, chance: random.Random) -> dict[str, Any]:
    suffix = RARE_SUFFIX if number % 5_000 == 0 else SUFFIXES[min(int(chance.expovariate(0.7)), len(SUFFIXES) - 1)]
    host = f"name{number}-{chance.randrange(10**6)}.{suffix}"
    grades = [Availability.NXDOMAIN] * 6 + [Availability.LIVE] * 3 + [Availability.PARKED] * 2
    seized = number % 10_000 == 1
    known = chance.random() < 0.8
    return {
        "id": number,
        "host": host,
        "domain": host,
        "suffix": suffix,
        "source": "sweep:exact",
        "version": 3,
        "admitted_at": NOW - timedelta(minutes=5 * (of - number)),
        "due_at": NOW,
        "availability": Availability.SEIZED if seized else chance.choice(grades),
        "availability_reason": "as the bench has it",
        "registered_at": NOW - timedelta(minutes=5 * (of - number), days=chance.randrange(20)) if known else None,
        "observations": 20,
    }


def _lookalike(number: int, of: int, chance: random.Random) -> dict[str, Any]:
    verdict = chance.choices(list(Verdict), weights=(70, 18, 8, 4))[0]
    return {
        "id": number,
        "site_id": number,
        "outlet": f"outlet{int(chance.triangular(0, OUTLETS, 0))}",
        "technique": chance.choice(list(Technique)),
        "name_score": 0.9,
        "distance": 1,
        "discovered_at": NOW - timedelta(minutes=5 * (of - number)),
        "verdict": verdict,
        "flagged": verdict.flagged,
        "score": 0.5,
        "reason": "as the bench has it",
        "signals_json": "[]",
        "first_seen_as": "unknown",
        "announced": verdict.flagged,
        "predecessor": "",
    }


def databases(folder: Path, *, sqlite_only: bool) -> Iterator[tuple[str, str]]:
    """A name and a URL for each kind of database."""
    yield "SQLite", f"sqlite:///{folder / 'bench.db'}"
    if not sqlite_only:
        with new_postgres("bench_api") as url:
            yield "PostgreSQL", url


def milliseconds(step: Any, rounds: int) -> list[float]:
    """How long each of some rounds took."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        step()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def centile(values: list[float], share: float) -> float:
    """The value that this share of ``values`` does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(name: str, url: str, rounds: int, figures: Figures) -> None:
    """Ask each query often, both ways."""
    all_rest, all_extra = [], []
    with closing(open_store(url)) as store, asyncio.Runner() as runner:
        rest = Rest(runner, store)
        for words, where in queries().items():
            bare = BareSql(url, where)
            rest.ask(where)  # once before, so that statements are compiled and pages are in memory
            bare.ask()
            through, alone = [], []
            worked = time.process_time()
            for _ in range(rounds):  # in turn: others share the machine
                through += milliseconds(lambda where=where: rest.ask(where), 1)
                alone += milliseconds(bare.ask, 1)
            worked = (time.process_time() - worked) * 1000 / rounds
            bare.close()
            extra = statistics.median(through) - statistics.median(alone)
            all_rest += through
            all_extra.append(extra)
            print(
                f"      {words:40} REST p50 {statistics.median(through):6.1f} p99 {centile(through, 0.99):6.1f} ms,"
                f" SQL p50 {statistics.median(alone):6.1f} ms, processor {worked:4.1f} ms, {rest.rows(where)} rows",
                flush=True,
            )
    figures.at_most(f"{name}: the core query over REST, p50", statistics.median(all_rest), 10, "ms")
    figures.at_most(f"{name}: the core query over REST, p99", centile(all_rest, 0.99), 50, "ms")
    figures.at_most(f"{name}: more than the bare SQL, at most", max(all_extra), 8, "ms")


class Rest:
    """The application, asked in the process."""

    def __init__(self, runner: asyncio.Runner, store: SqlStore) -> None:
        self._runner = runner
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(ApiUnderTest(runner, store).app)), base_url="http://127.0.0.1"
        )
        made = new_token(random.Random(8).randbytes)  # noqa: S311 - opens nothing but this bench's database
        token = Token(id=made.id, digest=made.digest, scopes=frozenset(Scope), created_at=NOW)
        runner.run(store.write(lambda uow: uow.tokens.add(token)))
        self._headers = {"Authorization": f"Bearer {made.plain}"}

    def ask(self, where: dict[str, Any]) -> httpx.Response:
        """A page of lookalikes."""
        params = {key: _text(value) for key, value in where.items()} | {"limit": PAGE}
        asking = self._client.get("/v1/lookalikes", params=params, headers=self._headers)
        # Not by the runner, which puts a handler for Ctrl-C in place each time: that takes a millisecond.
        answer = self._runner.get_loop().run_until_complete(asking)
        answer.raise_for_status()
        return answer

    def rows(self, where: dict[str, Any]) -> int:
        """How many entries the page has."""
        return len(self.ask(where).json()["data"])


class BareSql:
    """The same query's SQL on a connection of the driver's own, rows fetched and thrown away.

    Where sites are looked for first, that is a part of it.
    """

    def __init__(self, url: str, where: dict[str, Any]) -> None:
        self._engine = engine_for(parse_url(url), writes=False)
        self._connection = self._engine.connect()
        self._statements: list[tuple[str, Any]] = []
        event.listen(self._engine, "before_cursor_execute", self._hear)
        page_rows(self._connection, where, None, PAGE)
        event.remove(self._engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        """Note a statement and its parameters, as the driver gets them."""
        self._statements.append((statement, parameters))

    def ask(self) -> None:
        """Run it."""
        driver = self._connection.connection.cursor()
        for sql, parameters in self._statements:
            driver.execute(sql, parameters)
            driver.fetchall()
        driver.close()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
        self._engine.dispose()


def _text(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def main(arguments: list[str]) -> int:
    """Run the bench; 1 where a figure was missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lookalikes", type=int, default=100_000)
    parser.add_argument("--observations", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--sqlite-only", action="store_true")
    asked = parser.parse_args(arguments)
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        for name, url in databases(Path(folder), sqlite_only=asked.sqlite_only):
            upgrade(url)
            engine = engine_for(parse_url(url), writes=True)
            with engine.begin() as connection:
                fill(connection, asked.lookalikes, asked.observations)
            with engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
            engine.dispose()
            print(f"{name}: {asked.lookalikes:,} lookalikes, {asked.lookalikes * asked.observations:,} observations")
            measure(name, url, asked.rounds, figures)
    return figures.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
