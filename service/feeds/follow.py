"""The one loop of all sources: batches -> match -> admit, and how far the source was taken in, in ONE transaction.

A feed's state never runs ahead of what was admitted: a kill at any moment repeats at most the batch under way, and
admitting twice changes nothing. What a feed passes over is a gap in its state, never just missing.

A source's trouble is a value: ``FeedUnavailable`` ends this round, is kept in words, and the next round tries again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Protocol

from service.core import feed as feeds
from service.core.alerts import events
from service.core.errors import FeedUnavailable
from service.core.feed import FeedState, Listed
from service.core.model import Admission, Event, Target
from service.core.names import name as names
from service.core.watermark import Watermark
from service.pipeline.admit import admit_all, merge
from service.pipeline.watched import Watched
from service.ports import Clock, Store, UnitOfWork

log = logging.getLogger("spoofwatch.feeds")

_HEARTBEAT = timedelta(seconds=10)
"""A feed that answers and has nothing new is written down this often, not at each poll."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Names, and what is true of the source once they are admitted; None leaves what the state has.

    ``names`` are host names as ``name.parse`` gives them. ``together`` are groups of them that one certificate is for:
    a known site among them is due at once, and hosts below it become targets. ``cursor``, ``mark``, ``size``,
    ``newest_at`` and ``complaint`` are those of ``FeedState``; ``skipped`` counts entries that could not be read.

    ``listed_at``: when the source first had these names, and ``dates`` the same for each of them, in the source's own
    words (ISO 8601; what is none counts as unsaid). ``absent_at``: when it certainly did not have them yet. ``gone``:
    names that it has no more. ``news``: the source brought something, though there may be no name in it.
    """

    names: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    cursor: str | None = None
    mark: Watermark | None = None
    size: int | None = None
    newest_at: datetime | None = None
    complaint: str | None = None
    skipped: int = 0
    listed_at: datetime | None = None
    dates: tuple[str, ...] = ()
    absent_at: datetime | None = None
    gone: tuple[str, ...] = ()
    news: bool = False


class Feed(Protocol):
    """A source of names. ``patience`` and ``news_within`` as in ``FeedState``."""

    id: str
    kind: str
    patience: timedelta
    news_within: timedelta | None

    def batches(self, state: FeedState) -> AsyncGenerator[Batch, None]:
        """Everything after ``state``; ends when there is nothing more for now. The first state has no cursor.

        It is resumed after a batch only when that batch is committed. Raises FeedUnavailable where the source does not
        answer or cannot be read; what was yielded before stays taken in.
        """


async def follow(feed: Feed, *, clock: Clock, store: Store, watched: Watched) -> int:
    """Take in what a feed has; how many names were read."""
    state = await _state(feed, clock, store)
    before = state.read
    try:
        async with aclosing(feed.batches(state)) as batches:
            async for batch in batches:
                state = await _take(batch, state, clock=clock, store=store, watched=watched)
    except FeedUnavailable as error:
        if state.error != str(error):
            log.warning("feed %s: %s", feed.id, error)
        await _save(store, feeds.failed(state, str(error), clock.now()))
    else:
        now = clock.now()
        if state.error or state.answered_at is None or now - state.answered_at >= _HEARTBEAT:
            await _save(store, feeds.answered(state, now))
    return state.read - before


async def _state(feed: Feed, clock: Clock, store: Store) -> FeedState:
    known = await store.read(lambda uow: uow.feeds.get(feed.id))
    state = known or FeedState(id=feed.id, kind=feed.kind, begun_at=clock.now())
    return replace(state, kind=feed.kind, patience=feed.patience, news_within=feed.news_within)


async def _save(store: Store, state: FeedState) -> None:
    await store.write(lambda uow: uow.feeds.save(state))


async def _take(batch: Batch, state: FeedState, *, clock: Clock, store: Store, watched: Watched) -> FeedState:
    """One batch, whole or not at all; the state that was committed with it."""
    knowledge = await watched.now()
    # Off the loop: fifty thousand names are a quarter of a second in which nothing else would be answered.
    matches = await asyncio.to_thread(knowledge.index.match, batch.names)
    source = f"feed:{state.id}"
    admissions = _dated(merge(matches, source), batch, clock.now())
    told = _told(batch, state, len(matches), clock.now())

    def step(uow: UnitOfWork) -> FeedState:
        known = _renewed(uow, batch.together, source)
        admitted = admit_all(uow, (*admissions, *known, *_dropped(uow, batch, state.id, clock.now())), clock)
        after = replace(told, admitted=told.admitted + admitted)
        uow.feeds.save(after)
        return after

    return await store.write(step)


def _told(batch: Batch, state: FeedState, matched: int, now: datetime) -> FeedState:
    """The state as the batch leaves it."""
    brought = bool(batch.names or batch.news)
    counted = feeds.took(state, len(batch.names), now) if brought else feeds.answered(state, now)
    return replace(
        counted,
        cursor=state.cursor if batch.cursor is None else batch.cursor,
        mark=state.mark if batch.mark is None else batch.mark,
        size=state.size if batch.size is None else batch.size,
        newest_at=state.newest_at if batch.newest_at is None else batch.newest_at,
        complaint=state.complaint if batch.complaint is None else batch.complaint,
        matched=state.matched + matched,
        skipped=state.skipped + batch.skipped,
    )


def _dated(admissions: list[Admission], batch: Batch, now: datetime) -> list[Admission]:
    """Admissions with what the source says of their age; a date that is still to come dates nothing."""
    if not admissions or not (batch.dates or batch.listed_at or batch.absent_at):
        return admissions
    hosts = {one.host for one in admissions}
    # A few of fifty thousand: a table of them all would take longer than matching does.
    said = compress(zip(batch.names, batch.dates, strict=True), map(hosts.__contains__, batch.names))
    own = dict(said) if batch.dates else {}
    return [
        replace(
            one,
            listed_at=_earlier(_moment(own.get(one.host, "")) or batch.listed_at, now),
            absent_at=_earlier(batch.absent_at, now),
        )
        for one in admissions
    ]


def _earlier(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment <= now else None


def _moment(text: str) -> datetime | None:
    """A day or a time in ISO 8601, in UTC where it does not say."""
    try:
        moment = datetime.fromisoformat(text.strip(" \"'"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _dropped(uow: UnitOfWork, batch: Batch, feed_id: str, now: datetime) -> list[Admission]:
    """Known sites whose names the source has no more: kept as a dated fact, and to be looked at now."""
    if not batch.gone:
        return []
    known = uow.feeds.sites_under(batch.gone)
    at = _earlier(batch.listed_at, now) or now
    for hosts in known.values():
        for host in hosts:
            uow.listings.add(Listed(host=host, feed=feed_id, kind="dropped", at=at, known_from=now))
    source = f"feed:{feed_id}"
    return [
        Admission(host=host, domain=domain, source=source, again=True)
        for domain, hosts in known.items()
        for host in hosts
    ]


def _renewed(uow: UnitOfWork, together: Iterable[tuple[str, ...]], source: str) -> list[Admission]:
    """What new certificates say of sites that are known: look again now, and at these hosts."""
    domains = {domain for group in together for host in group if (domain := names.registrable(host)) is not None}
    if not domains:
        return []
    known = {host: domain for domain, hosts in uow.feeds.sites_under(domains).items() for host in hosts}
    if not known:
        return []
    hosts: dict[str, dict[str, None]] = {}
    for group in together:
        for host in group:
            site = _site_of(host, known)
            if site is not None:
                hosts.setdefault(site, {})[host] = None
    return [
        Admission(host=site, domain=known[site], source=source, targets=_targets(site, found), again=True)
        for site, found in hosts.items()
    ]


def _targets(site: str, hosts: Iterable[str]) -> tuple[Target, ...]:
    return tuple(Target(url=f"https://{host}/", source="certificate") for host in hosts if host != site)


def _site_of(host: str, known: dict[str, str]) -> str | None:
    """The known site that a host is, or is below; the nearest of them."""
    while host not in known:
        _, dot, host = host.partition(".")
        if not dot:
            return None
    return host


async def judge_feeds(clock: Clock, store: Store) -> int:
    """Say of each feed that it is in trouble, or no longer, once; how many were said."""

    def step(uow: UnitOfWork) -> list[tuple[FeedState, str]]:
        now = clock.now()
        turned = [
            (state, trouble) for state in uow.feeds.all() if bool(trouble := state.trouble(now)) != bool(state.told_at)
        ]
        for state, trouble in turned:
            uow.feeds.save(replace(state, told_at=now if trouble else None))
        if turned:
            uow.outbox.publish([_degraded(state, trouble, now) for state, trouble in turned], now)
        return turned

    turned = await store.write(step) if await _any_turned(clock, store) else []
    for state, trouble in turned:
        log.warning("feed %s %s", state.id, trouble or "is well again")
    return len(turned)


async def _any_turned(clock: Clock, store: Store) -> bool:
    """Looked at without a write first: nearly always nothing has turned."""
    states = await store.read(lambda uow: uow.feeds.all())
    return any(bool(state.trouble(clock.now())) != bool(state.told_at) for state in states)


def _degraded(state: FeedState, trouble: str, now: datetime) -> Event:
    return events.about_service(
        "monitor.degraded",
        now,
        key=f"feed:{state.id}:{bool(trouble)}",
        detail={"what": f"feed {state.id}", "detail": trouble or "is well again", "recovered": not trouble},
    )
