"""The service's numbers for monitoring: the database's, the feeds', the ticks' and the process's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.daemon.health import Health
from service.ports import Clock, Store, UnitOfWork

Labels = tuple[tuple[str, str], ...]
Numbers = Mapping[str, Mapping[Labels, float]]

_FRESH_SECONDS = 5
"""The database is not asked more often, however many ask."""


@dataclass
class Monitor:
    """Collects them. ``parser_kills`` tells how many parsers were killed since the start."""

    clock: Clock
    store: Store
    health: Health
    parser_kills: Callable[[], int]
    _kept: tuple[datetime, Numbers] | None = None

    async def numbers(self) -> Numbers:
        """Numbers by name and labels."""
        return {**await self._stored(), **self._own(), "loop_lag_seconds": {(): await self._loop_lag()}}

    async def _stored(self) -> Numbers:
        now = self.clock.now()
        if self._kept is None or not 0 <= (now - self._kept[0]).total_seconds() < _FRESH_SECONDS:
            self._kept = (
                now,
                await self.store.read(lambda uow: {**uow.gauges.numbers(now), **_feeds(uow, now), **_deleted(uow)}),
            )
        return self._kept[1]

    def _own(self) -> Numbers:
        now = self.clock.now()
        ticks = self.health.ticks.items()
        done = [(name, tick.done_at) for name, tick in ticks if tick.done_at is not None]
        return {
            "tick_failed": {(("tick", name),): float(bool(tick.error)) for name, tick in ticks},
            "tick_age_seconds": {(("tick", name),): max(0.0, (now - at).total_seconds()) for name, at in done},
            "vantage_ok": {(("vantage", one.vantage),): float(one.ok) for one in self.health.vantages},
            "parser_kills": {(): float(self.parser_kills())},
        }

    async def _loop_lag(self) -> float:
        """How long what is ready waits for its turn."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await self.clock.sleep(0)
        return loop.time() - begun


def _deleted(uow: UnitOfWork) -> Numbers:
    return {"deleted_rows": {(("kind", kind.value),): float(n) for kind, n in uow.retention.forgotten().items()}}


def _feeds(uow: UnitOfWork, now: datetime) -> Numbers:
    feeds = uow.feeds.all()
    lags = {feed.id: feed.lag(now) for feed in feeds}
    return {
        "feed_lag_seconds": {(("feed", name),): lag.total_seconds() for name, lag in lags.items() if lag is not None},
        "feed_names_read": {(("feed", feed.id),): float(feed.read) for feed in feeds},
        "feed_failures": {(("feed", feed.id),): float(feed.failures) for feed in feeds},
        "feed_gaps": {(("feed", feed.id),): float(len(feed.mark.gaps)) for feed in feeds},
    }
