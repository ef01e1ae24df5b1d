"""The part of the composition root that builds feeds which are followed all the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.adapters.downloads import HttpDownloads
from service.adapters.websocket import WebSocketStream
from service.feeds.certificates import LogPlan
from service.feeds.certstream import Certstream, StreamFollower
from service.feeds.log_follower import LogFollower, LogListPlan, retire
from service.feeds.log_sources import LogSource, Rfc6962Log, StaticLog

if TYPE_CHECKING:
    from service.adapters.dialer import Dialer
    from service.core.facts.log_list import CtLog
    from service.daemon.followers import Follower
    from service.pipeline.watched import Watched
    from service.ports import Clock, Downloads, Store
    from service.settings import Settings
    from service.settings_feeds import Certificates


def followers(
    settings: Settings, *, dialer: Dialer, clock: Clock, store: Store, watched: Watched
) -> tuple[Follower, ...]:
    """One for each ``[[certificates]]`` and ``[[certstream]]`` of the settings."""
    logs = [
        _log_follower(one, settings, dialer=dialer, clock=clock, store=store, watched=watched)
        for one in settings.feeds.certificates
    ]
    streams = [
        StreamFollower(
            Certstream(one.id, WebSocketStream(dialer, one.url), clock=clock, patience=one.patience),
            clock=clock,
            store=store,
            watched=watched,
        )
        for one in settings.feeds.certstream
    ]
    return (*logs, *streams)


async def retire_others(store: Store, settings: Settings) -> None:
    """Feeds that the settings have no more: what is known of them stays, and nobody is told of their silence."""
    followed = set(settings.feeds.ids)
    for state in await store.read(lambda uow: uow.feeds.all()):
        if state.id.partition("/")[0] not in followed:
            await retire(store, state.id)


def _log_follower(
    given: Certificates, settings: Settings, *, dialer: Dialer, clock: Clock, store: Store, watched: Watched
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
    )
