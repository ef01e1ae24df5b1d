"""Follows the logs of a log list: one loop a log, started and ended as the list says.

The list is read once a day. A log that cannot be read, or a fault of our own in one log, never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from service.core.errors import AnswerTooLarge, FeedUnavailable, StoreUnavailable
from service.core.facts.log_list import BadLogList, CtLog, read_log_list
from service.core.feed import RETIRED, FeedState
from service.feeds.certificates import Folded, LogFeed, LogPlan
from service.feeds.follow import Batch, follow
from service.feeds.log_sources import LogSource
from service.pipeline.watched import Watched
from service.ports import Clock, Downloads, Store

log = logging.getLogger("spoofwatch.feeds")

_MOST_LIST = 8 << 20
_RETRY_SECONDS = 60.0
Sources = Callable[[CtLog, Downloads], LogSource]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogListPlan:
    """Where the list of logs is (path or URL), how often it is read, and which of its logs are followed.

    ``only`` and ``without`` are parts of a log's name, operator or address; ``only`` empty means all.
    """

    location: str
    every: timedelta = timedelta(days=1)
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def wants(self, one: CtLog) -> bool:
        """Whether the operator wants this log."""
        words = f"{one.name}\n{one.operator}\n{one.url}".lower()
        named = not self.only or any(part.lower() in words for part in self.only)
        return named and not any(part.lower() in words for part in self.without)


class LogList:
    """The list as a feed without names, so that its own trouble is on record like any other's."""

    kind = "log-list"

    def __init__(self, feed_id: str, plan: LogListPlan, downloads: Downloads) -> None:
        self.id = feed_id
        self.patience = 2 * plan.every + timedelta(hours=1)
        self.news_within: timedelta | None = None
        self.logs: tuple[CtLog, ...] = ()
        self._location, self._downloads = plan.location, downloads

    async def batches(self, _state: FeedState) -> AsyncGenerator[Batch, None]:
        """Read it; FeedUnavailable where that cannot be done, and then the logs stay those of before."""
        try:
            self.logs = read_log_list((await self._text()).decode("utf-8", "replace"))
        except (BadLogList, AnswerTooLarge, OSError) as error:
            raise FeedUnavailable(f"{self._location}: {error}") from error
        yield Batch(size=len(self.logs))

    async def _text(self) -> bytes:
        if "://" not in self._location:
            return await asyncio.to_thread(Path(self._location).read_bytes)
        answer = await self._downloads.get(self._location, _MOST_LIST)
        if answer.status != HTTPStatus.OK:
            raise FeedUnavailable(f"{self._location} answers {answer.status}", answer.retry_after)
        return answer.body


class LogFollower:
    """Everything that one ``[[certificates]]`` table asks for. ``run`` returns only when it is cancelled.

    ``downloads`` makes a connection, one for each log; ``sources`` the protocol that a log speaks over it. ``room``
    says whether anything may be taken in.
    """

    def __init__(
        self,
        feed_id: str,
        *,
        listing: LogListPlan,
        plan: LogPlan,
        clock: Clock,
        store: Store,
        watched: Watched,
        downloads: Callable[[], Downloads],
        sources: Sources,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = feed_id
        self._listing, self._plan = listing, plan
        self._clock, self._store, self._watched = clock, store, watched
        self._downloads, self._sources, self._room = downloads, sources, room
        self._folded = Folded()

    async def run(self) -> None:
        """Read the list, follow its logs, and read it again when its time has come."""
        connection = self._downloads()
        listed = LogList(self.name, self._listing, connection)
        running: dict[str, asyncio.Task[None]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._take_in(listed)
                    wanted = self._wanted(listed.logs)
                    await self._end(running, wanted)
                    for feed_id in wanted.keys() - running.keys():
                        running[feed_id] = group.create_task(self._follow(feed_id, wanted[feed_id]), name=feed_id)
                    known = self._listing.every.total_seconds()
                    await self._clock.sleep(known if listed.logs else min(known, _RETRY_SECONDS))
        finally:
            await connection.close()

    def _wanted(self, logs: tuple[CtLog, ...]) -> dict[str, CtLog]:
        now = self._clock.real_now()
        return {f"{self.name}/{one.id}": one for one in logs if one.followed(now) and self._listing.wants(one)}

    async def _end(self, running: dict[str, asyncio.Task[None]], wanted: Mapping[str, CtLog]) -> None:
        """Logs that left the list, whose interval is over, or that went into another state."""
        for feed_id in running.keys() - wanted.keys():
            running.pop(feed_id).cancel()
            await retire(self._store, feed_id)
            log.info("feed %s: the log is followed no more", feed_id)

    async def _follow(self, feed_id: str, one: CtLog) -> None:
        connection = self._downloads()
        try:
            feed = LogFeed(
                feed_id,
                one,
                self._sources(one, connection),
                clock=self._clock,
                plan=self._plan,
                folded=self._folded,
            )
            while True:
                await self._take_in(feed)
                await self._clock.sleep(feed.pause)
        finally:
            await connection.close()

    async def _take_in(self, feed: LogFeed | LogList) -> None:
        """One round, whatever comes of it; none while the disk is full: the log keeps what is not read yet."""
        if not self._room():
            return
        try:
            await follow(feed, clock=self._clock, store=self._store, watched=self._watched)
        except StoreUnavailable as error:
            log.warning("feed %s waits for the database: %s", feed.id, error)
        except Exception:
            log.exception("feed %s failed for a fault of our own; it is tried again", feed.id)
            await self._clock.sleep(_RETRY_SECONDS)


async def retire(store: Store, feed_id: str) -> None:
    """Keep what is known of a feed that is followed no more, and never alert for its silence."""
    state = await store.read(lambda uow: uow.feeds.get(feed_id))
    if state is not None and not state.retired:
        quiet = replace(state, patience=RETIRED, news_within=None, complaint="", error="")
        await store.write(lambda uow: uow.feeds.save(quiet))
