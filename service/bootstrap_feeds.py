"""The part of the composition root that builds feeds."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from service.adapters.downloads import HttpDownloads
from service.adapters.websocket import WebSocketStream
from service.daemon.scheduler import Tick
from service.feeds.certificates import LogPlan
from service.feeds.certstream import Certstream, StreamFollower
from service.feeds.follow import follow, judge_feeds
from service.feeds.log_follower import LogFollower, LogListPlan, retire
from service.feeds.log_sources import LogSource, Rfc6962Log, StaticLog
from service.feeds.name_lists import ListSource, LocalLists, NameLists, WebList, is_due
from service.feeds.rematch import Rematcher
from service.feeds.snapshots import SnapshotPlan, follow_snapshots
from service.pipeline.sightings import SightingDesk

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer
    from service.core.facts.log_list import CtLog
    from service.daemon.followers import Follower
    from service.daemon.space import Space
    from service.pipeline.watched import Watched
    from service.ports import Clock, Downloads, Store
    from service.settings import Settings
    from service.settings_feeds import Certificates, Feed

LARGEST_LIST = 16 << 30
"""Octets of one download. It goes to disk as it comes, so this bounds a server that never ends, and nothing else."""


def sighting_desk(settings: Settings, *, clock: Clock, store: Store, watched: Watched) -> SightingDesk:
    """Where reports are taken in."""
    daily = settings.service.sightings.daily
    return SightingDesk(clock=clock, store=store, watched=watched, token_bytes=secrets.token_bytes, daily=daily)


def followers(
    settings: Settings, *, dialer: Dialer, clock: Clock, store: Store, watched: Watched, space: Space
) -> tuple[Follower, ...]:
    """One for each ``[[certificates]]`` and ``[[certstream]]`` of the settings."""
    logs = [
        _log_follower(one, settings, dialer=dialer, clock=clock, store=store, watched=watched, space=space)
        for one in settings.feeds.certificates
    ]
    streams = [
        StreamFollower(
            Certstream(
                one.id, WebSocketStream(dialer, one.url), clock=clock, patience=one.patience, room=space.for_looks
            ),
            clock=clock,
            store=store,
            watched=watched,
        )
        for one in settings.feeds.certstream
    ]
    return (*logs, *streams)


def list_ticks(
    settings: Settings, *, dialer: Dialer, clock: Clock, store: Store, watched: Watched, space: Space
) -> tuple[Tick, ...]:
    """What reads ``[[feed]]`` and ``[[snapshots]]``, judges feeds, and looks for new outlets among what is known."""
    feeds = [(_name_lists(one, settings, dialer), one.every) for one in settings.feeds.feed]
    keep = settings.path(settings.feeds.keep)

    async def read() -> None:
        for feed, every in feeds:
            if await is_due(feed, every, clock, store):
                await follow(feed, clock=clock, store=store, watched=watched)
        for one in settings.feeds.snapshots:
            plan = SnapshotPlan(every=one.every, late_after=one.late_after, keep=keep)
            await follow_snapshots(one.id, settings.path(one.path), plan, clock=clock, store=store, watched=watched)

    async def judge() -> None:
        await judge_feeds(clock, store)

    minute = timedelta(minutes=1)
    rematch = Rematcher(keep, clock=clock, store=store, watched=watched)
    ticks = [Tick(name="rematch", every=minute, run=space.while_there_is_room(rematch.run))]
    if settings.feeds.feed or settings.feeds.snapshots:
        ticks.append(Tick(name="feeds", every=minute, run=space.while_there_is_room(read)))
    if settings.feeds.ids:
        ticks.append(Tick(name="feed-states", every=timedelta(seconds=10), run=judge))
    return tuple(ticks)


def _name_lists(given: Feed, settings: Settings, dialer: Dialer) -> NameLists:
    source: ListSource
    if given.url is None:
        source = LocalLists(settings.path(given.path or ""))
    else:
        downloads = HttpDownloads(
            dialer,
            timeout=given.timeout.total_seconds(),
            authorization=settings.authorization(given),
            budget=LARGEST_LIST,
        )
        source = WebList(given.url, downloads, settings.path(settings.feeds.keep) / given.id)
    return NameLists(given.id, source, every=given.every, late_after=given.late_after)


async def retire_others(store: Store, settings: Settings) -> None:
    """Feeds that the settings have no more: what is known of them stays, and nobody is told of their silence."""
    followed = set(settings.feeds.ids)
    for state in await store.read(lambda uow: uow.feeds.all()):
        if state.id.partition("/")[0] not in followed:
            await retire(store, state.id)


def _log_follower(
    given: Certificates,
    settings: Settings,
    *,
    dialer: Dialer,
    clock: Clock,
    store: Store,
    watched: Watched,
    space: Space,
) -> LogFollower:
    def sources(log: CtLog, downloads: Downloads) -> LogSource:
        if log.static:
            return StaticLog(log, downloads, name_tiles=given.name_tiles)
        return Rfc6962Log(log, downloads)

    listed = given.log_list if "://" in given.log_list else str(settings.path(given.log_list))
    return LogFollower(
        given.id,
        listing=LogListPlan(location=listed, every=given.list_every, only=given.only, without=given.without),
        plan=LogPlan(
            poll=given.poll,
            wait_for_full=given.wait_for_full,
            begin_behind=given.begin_behind,
            backlog=given.backlog,
            prove_every=given.prove_every,
            patience=given.patience,
        ),
        clock=clock,
        store=store,
        watched=watched,
        downloads=lambda: HttpDownloads(dialer, timeout=given.timeout.total_seconds(), contact=given.contact),
        sources=sources,
        room=space.for_looks,
    )
