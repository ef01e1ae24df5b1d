"""Certificate logs: entries a second from download to admitted, and seconds from an entry to the webhook about it.

    python -m tests.bench certificates [--entries N] [--seconds S]

Logs are the lab's, in a process of its own, with real X.509 for two names each, one in a hundred of which resembles one
of a hundred outlets; the store is a file. Speed is entries by this process's own processor time, which is what one core
does. For the delay the real daemon follows a log that grows by 50 entries a second, and looks at what it finds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from service.adapters.clock import SystemClock
from service.adapters.dialer import Dialer
from service.adapters.downloads import HttpDownloads
from service.adapters.schema import upgrade
from service.adapters.store import open_store
from service.core.facts.log_list import CtLog, read_log_list
from service.core.feed import FeedState
from service.core.model import Outlet
from service.core.names.suffixes import sweepable
from service.feeds.certificates import Folded, LogFeed, LogPlan
from service.feeds.follow import follow
from service.feeds.log_sources import Rfc6962Log, StaticLog
from service.lab.authority import Authority
from service.lab.ct_log import Logged, logged
from service.lab.ct_server import OLDER, STATIC, CtServer
from service.lab.internet import Internet
from service.pipeline.watched import Watched
from tests.bench.figures import Figures
from tests.lab_worlds import OUTLET, clone, outlet, world

SPAWN = multiprocessing.get_context("spawn")
OUTLETS = [Outlet(id=f"o{number}", name="", domain=f"paper{number:03}daily.com") for number in range(99)]
OUTLETS.append(Outlet(id="kurier", name="", domain=OUTLET))
PLAN = LogPlan(wait_for_full=timedelta(0), begin_behind=1 << 30, backlog=1 << 30)
A_SECOND = 50
A_MATCH_IN = 100


def entries(authority: Authority, count: int) -> list[Logged]:
    """Certificates as they were issued, for two names each."""
    suffixes = sweepable()
    found = []
    for number in range(count):
        name = f"site{number}.example" if number % A_MATCH_IN else f"morgenkurier.{suffixes[number // A_MATCH_IN]}"
        found.append(logged(authority, (name, f"shop.{name}"), datetime.now(UTC))[1])
    return found


def serve_logs(count: int, said: Connection) -> None:
    """A process: both logs with the same entries, until somebody says something."""

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            server = CtServer(Authority(Path(folder)))
            server.listen_on("127.0.0.1")
            made = entries(server.authority, count)
            for log in server.logs.values():
                log.add(made)
            server.behaviour[OLDER].most = 256
            said.send(json.dumps(server.log_list()))
            await asyncio.to_thread(said.recv)
            await server.close()

    asyncio.run(run())


@contextmanager
def served(count: int) -> Iterator[tuple[CtLog, ...]]:
    """The list of the logs of such a process."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=serve_logs, args=(count, theirs))
    process.start()
    try:
        yield read_log_list(ours.recv())
    finally:
        ours.send("done")
        process.join()


async def nowhere(_: str) -> tuple[str, ...]:
    return ()


async def taken_in(log: CtLog, *, name_tiles: bool) -> tuple[float, float, FeedState]:
    """Seconds of processor time and of the clock to take a log in whole, and the state after that."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        upgrade(url)
        store, clock = open_store(url), SystemClock()
        await store.write(lambda uow: [uow.outlets.put(outlet, clock.now()) for outlet in OUTLETS])
        watched = Watched(store)
        await watched.now()
        downloads = HttpDownloads(Dialer(nowhere, {"feeds": ["127.0.0.0/8"]}))
        source = StaticLog(log, downloads, name_tiles=name_tiles) if log.static else Rfc6962Log(log, downloads)
        feed = LogFeed("bench", log, source, clock=clock, plan=PLAN, folded=Folded())
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(2):
            await follow(feed, clock=clock, store=store, watched=watched)
        spent = time.process_time() - cpu, time.perf_counter() - wall
        state = await store.read(lambda uow: uow.feeds.get("bench"))
        await downloads.close()
        store.close()
    assert state is not None
    assert state.mark.position == state.size
    return *spent, state


def speed(figures: Figures, count: int) -> None:
    """Entries and names a second, by protocol."""
    with served(count) as logs:
        by_name = {name: next(log for log in logs if name in log.name) for name in (STATIC, OLDER)}
        for what, name, tiles in (
            ("data tiles", STATIC, False),
            ("get-entries", OLDER, False),
            ("names tiles", STATIC, True),
        ):
            cpu, wall, state = asyncio.run(taken_in(by_name[name], name_tiles=tiles))
            print(f"      {what}: {count / wall:,.0f} certificates a second by the clock, {state.admitted} admitted")
            if tiles:
                figures.at_least(what, 2 * count / cpu, 20_000, "names a second")
            else:
                figures.at_least(what, count / cpu, 2_000, "certificates a second")


def play(seconds: int, said: Connection) -> None:
    """A process: a small internet with clones, whose certificates are logged one by one among others."""

    async def run() -> None:
        names = [f"morgenkurier.{suffix}" for suffix in sweepable()[: A_SECOND * seconds // A_MATCH_IN]]
        clones = [clone(name, f"127.0.2.{number % 200 + 1}") for number, name in enumerate(names)]
        async with Internet(world(outlet(), *clones, now=datetime.now(UTC))) as net:
            said.send((net.settings_toml(), net.feeds_toml(), net.webhook_url, net.certificates.log_list_url))
            await asyncio.to_thread(said.recv)
            fillers = entries(net.authority, A_SECOND * seconds)
            began, issued = asyncio.get_running_loop().time(), dict[str, datetime]()
            for number, filler in enumerate(fillers):
                await asyncio.sleep(max(0.0, began + number / A_SECOND - asyncio.get_running_loop().time()))
                name = "" if number % A_MATCH_IN else names[number // A_MATCH_IN]
                made = logged(net.authority, (name, f"shop.{name}"), datetime.now(UTC))[1] if name else filler
                issued |= {name: datetime.now(UTC)} if name else {}
                net.certificates.logs[STATIC].add([replace(made, at=datetime.now(UTC))])
            await asyncio.sleep(12)
            first: dict[str, datetime] = {}
            for one in net.receiver.deliveries:
                host = json.loads(one.body)["data"].get("site")
                if host in issued:
                    first.setdefault(host, one.at)
            said.send([(first[name] - at).total_seconds() if name in first else None for name, at in issued.items()])

    asyncio.run(run())


def delay(figures: Figures, seconds: int) -> None:
    """Seconds from an entry in the log to the webhook that was delivered about it."""
    ours, theirs = SPAWN.Pipe()
    internet = SPAWN.Process(target=play, args=(seconds, theirs))
    internet.start()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        settings, feeds, receiver, _ = ours.recv()
        (folder / "service.toml").write_text(
            # Sweeps and siblings would find names before their certificates are logged.
            f'{settings}\n[database]\nurl = "sqlite:///{folder}/bench.db"\n[api]\nport = 0\n'
            "[sweep]\ntiers = []\nsiblings_daily = 0\n"
        )
        (folder / "feeds.toml").write_text(feeds.replace("begin_behind = 1000000", "begin_behind = 0"))
        others = "".join(f'[[outlet]]\nid = "{one.id}"\ndomain = "{one.domain}"\n' for one in OUTLETS)
        (folder / "outlets.toml").write_text(others)
        command = [sys.executable, "-m", "service", "run", "--config", str(folder)]
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            subscribe(daemon, receiver)
            ours.send("go")
            found = ours.recv()
        finally:
            daemon.terminate()
            daemon.communicate(timeout=30)
            internet.join()
    told = sorted(one for one in found if one is not None)
    figures.at_least("matches told of", len(told) / len(found), 1.0)
    figures.at_most("from an entry to the webhook, median", statistics.median(told), 3, "s")
    figures.at_most("from an entry to the webhook, p99", told[min(len(told) - 1, len(told) * 99 // 100)], 10, "s")


def subscribe(daemon: subprocess.Popen[str], receiver: str) -> None:
    """Wait for the daemon, and have it tell the receiver; then give it time to see where its logs stand."""
    token = url = ""
    assert daemon.stdout is not None
    while not (token and url):
        line = daemon.stdout.readline()
        assert line, "the daemon ended"
        token = next((word for word in line.split() if word.startswith("sw_")), token)
        url = line.partition("API on ")[2].strip() or url
    headers = {"Authorization": f"Bearer {token}"}
    httpx.post(f"{url}/v1/webhooks", json={"url": receiver}, headers=headers, trust_env=False).raise_for_status()
    feeds: list[dict[str, object]] = []
    while len(feeds) < 3:
        time.sleep(0.5)
        feeds = httpx.get(f"{url}/v1/feeds", headers=headers, trust_env=False).json()["data"]
    time.sleep(2)


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench certificates")
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=40)
    options = parser.parse_args()
    figures = Figures()
    speed(figures, options.entries)
    delay(figures, options.seconds)
    return figures.exit_code


if __name__ == "__main__":
    sys.exit(main())
