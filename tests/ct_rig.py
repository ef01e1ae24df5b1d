"""The lab's certificate logs with everything that follows them, in one process and in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from service.adapters.dialer import Dialer
from service.adapters.downloads import HttpDownloads
from service.adapters.store import SqlStore, open_store
from service.core.facts.log_list import CtLog, read_log_list
from service.core.feed import FeedState
from service.core.model import Outlet, Site
from service.feeds.certificates import Folded, LogFeed, LogPlan
from service.feeds.follow import follow
from service.feeds.log_sources import Rfc6962Log, StaticLog
from service.lab.authority import Authority
from service.lab.ct_server import Behaviour, CtServer
from service.pipeline.watched import Watched
from tests.fakes import FakeClock

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def nowhere(_: str) -> tuple[str, ...]:
    return ()


@dataclass
class Rig:
    """``feed`` makes a follower of one log; ``round`` lets it read once and gives its state."""

    server: CtServer
    store: SqlStore
    clock: FakeClock
    stack: AsyncExitStack
    watched: Watched
    dialer: Dialer
    feeds: dict[str, LogFeed] = field(default_factory=dict)
    folded: Folded = field(default_factory=Folded)

    def log(self, name: str) -> CtLog:
        listed = read_log_list(json.dumps(self.server.log_list()))
        return next(one for one in listed if name in one.name)

    def behaviour(self, name: str) -> Behaviour:
        return self.server.behaviour[name]

    def follow(self, name: str, plan: LogPlan, *, name_tiles: bool = True, timeout: float = 5.0) -> LogFeed:
        log = self.log(name)
        downloads = HttpDownloads(self.dialer, timeout=timeout)
        self.stack.push_async_callback(downloads.close)
        source = StaticLog(log, downloads, name_tiles=name_tiles) if log.static else Rfc6962Log(log, downloads)
        feed = LogFeed(f"ct/{name}", log, source, clock=self.clock, plan=plan, folded=self.folded)
        self.feeds[name] = feed
        return feed

    async def round(self, name: str) -> FeedState:
        """One reading of a log; its state after that."""
        await follow(self.feeds[name], clock=self.clock, store=self.store, watched=self.watched)
        return await self.state(name)

    async def state(self, name: str) -> FeedState:
        found = await self.store.read(lambda uow: uow.feeds.get(f"ct/{name}"))
        assert found is not None
        return found

    async def site(self, host: str) -> Site | None:
        found = await self.store.read(lambda uow: uow.sites.get(host))
        return None if found is None else found[0]

    def grow(self, name: str, count: int) -> None:
        """``count`` entries that mean nothing to anybody."""
        for number in range(count // 2):
            self.server.issue((f"w{self.server.logs[name].size}-{number}.example",), name)


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    async with AsyncExitStack() as stack:
        clock = FakeClock(START)
        server = CtServer(Authority(folder), clock.now)
        stack.push_async_callback(server.close)
        server.listen_on("127.0.0.1")
        store = open_store("sqlite://")
        stack.callback(store.close)
        spiegel = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de")
        await store.write(lambda uow: uow.outlets.put(spiegel, START))
        dialer = Dialer(nowhere, {"feeds": ["127.0.0.0/8"]})
        yield Rig(server, store, clock, stack, Watched(store), dialer)
