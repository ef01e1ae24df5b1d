"""What the outlets' real sites look like: home page and articles, over verified TLS only, kept in versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import islice, zip_longest
from urllib.parse import urlsplit

from service.core.alerts.events import about_service
from service.core.errors import InvalidInput, NotFound
from service.core.facts.page import FetchedPage, FetchOutcome, PageFacts
from service.core.facts.references import looks_like_article
from service.core.model import Baseline, BaselineVersion, Event, Outlet, Profile
from service.core.states import BaselineState
from service.core.verdict.versions import Decision, decide
from service.pipeline.watched import Watched
from service.ports import Clock, Fetcher, Parser, Resolver, Store, UnitOfWork

_OK = 200
_LOOKED_AT = 1024
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselinePlan:
    """How often, how many articles, and under which profile."""

    profile: Profile
    every: timedelta = timedelta(days=7)
    articles: int = 4


class BaselineKeeper:
    """Takes baselines of every watched outlet, and keeps what a person says of them."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        resolver: Resolver,
        fetcher: Fetcher,
        parser: Parser,
        watched: Watched,
        plan: BaselinePlan,
    ) -> None:
        self._clock, self._store, self._fetcher, self._parser = clock, store, fetcher, parser
        self._resolver, self._watched, self._plan = resolver, watched, plan

    async def take_due(self) -> int:
        """Take baselines of outlets whose turn it is; how many were new. A silent site is asked again in an hour."""
        kept = 0
        for outlet in (await self._watched.now()).outlets.values():
            if await self._is_due(outlet):
                kept += await self.take(outlet)
        if kept:
            await self._watched.refresh()
        return kept

    async def take(self, outlet: Outlet) -> int:
        """Fetch one outlet's home page and articles now; how many versions came into use."""
        now = self._clock.now()
        taken = await self._taken(outlet, now)

        def step(uow: UnitOfWork) -> int:
            decision = decide(taken, uow.baselines.of(outlet.id))
            wait = self._plan.every if taken else min(self._plan.every, _HOUR)
            if decision.held:
                wait = min(wait, _DAY)
            uow.actions.set_state(_key(outlet), (now + wait).isoformat())
            return _carry_out(uow, decision, now)

        return await self._store.write(step)

    async def add_archived(self, outlet: Outlet, body: bytes, source: str, taken_at: datetime) -> bool:
        """Keep an archived page of the outlet's (an older layout) as a baseline; False where it is kept already.

        InvalidInput where there is no page in ``body``: nothing could be judged by it.
        """
        if b"\0" in body[:_LOOKED_AT] and not body.startswith(_UTF_16):
            raise InvalidInput(f"{source}: binary data, no HTML page")
        page = await self._parser.parse(body, "text/html", f"https://{outlet.domain}/")
        if page.unparseable or not (page.title or page.links or page.classes):
            raise InvalidInput(f"{source}: {page.unparseable or 'no HTML page: no title, no links, no class names'}")
        baseline = Baseline(
            outlet=outlet.id, url=source, kind="archived", taken_at=taken_at, page=page, digest=_digest(page)
        )
        added = await self._store.write(lambda uow: uow.outlets.add_baseline(baseline))
        if added:
            await self._watched.refresh()
        return added

    async def versions(self, outlet_id: str) -> tuple[BaselineVersion, ...]:
        """Every version of one outlet, oldest first. NotFound where it is not watched."""

        def step(uow: UnitOfWork) -> tuple[BaselineVersion, ...]:
            _watched(uow, outlet_id)
            return uow.baselines.of(outlet_id)

        return await self._store.read(step)

    async def put_state(
        self, outlet_id: str, ids: tuple[str, ...], state: BaselineState, *, by: str, note: str
    ) -> tuple[BaselineVersion, ...]:
        """A person takes versions of one outlet into use, or revokes them; the versions as they then are.

        NotFound for an id that is not one of this outlet's, and nothing is changed then.
        """

        def step(uow: UnitOfWork) -> tuple[BaselineVersion, ...]:
            _watched(uow, outlet_id)
            own = {version.id for version in uow.baselines.of(outlet_id)}
            missing = [one for one in ids if one not in own]
            if missing:
                raise NotFound(f"{outlet_id} has no baseline {', '.join(missing)}")
            uow.baselines.put_state(ids, state, by, note)
            return tuple(version for version in uow.baselines.of(outlet_id) if version.id in ids)

        changed = await self._store.write(step)
        await self._watched.refresh()
        return changed

    async def _taken(self, outlet: Outlet, now: datetime) -> list[Baseline]:
        home = await self._fetch(f"https://{outlet.domain}/", outlet)
        if home is None or home.page is None:
            return []
        servers = (await self._resolver.facts(outlet.domain, outlet.domain)).own.nameservers
        icon = await self._fetcher.favicon(
            home.page.favicon_url or f"https://{outlet.domain}/favicon.ico", self._plan.profile, outlet.languages
        )
        first = _baseline(outlet, home, home.page, "home", now)
        first = replace(first, nameservers=servers)
        if icon is not None:
            first = replace(first, favicon_sha256=icon.sha256, favicon_dhash=icon.picture.dhash)
        taken = [first]
        for url in await self._articles(home.page, outlet):
            article = await self._fetch(url, outlet)
            if article is not None and article.page is not None:
                taken.append(_baseline(outlet, article, article.page, "article", now))
        return taken

    async def _articles(self, home: PageFacts, outlet: Outlet) -> list[str]:
        """Articles to keep beside the home page: by turns the newest of its feed and what it links to, each once.

        Clones copy the day's articles, and a feed names those that a home page of pictures and scripts does not. An
        address that the feed names on another host is nobody's own, whatever it says.
        """
        feeds = [url for url in home.feeds if _own(url, outlet)][:1]
        fed = [
            url
            for feed in feeds
            for url in (await self._fetcher.listing(feed, self._plan.profile, outlet.languages)).pages
            if _own(url, outlet) and looks_like_article(urlsplit(url).path)
        ]
        turns = (url for pair in zip_longest(fed, home.article_links) for url in pair if url is not None)
        return list(islice(dict.fromkeys(turns), self._plan.articles))

    async def _is_due(self, outlet: Outlet) -> bool:
        kept = await self._store.read(lambda uow: uow.actions.get_state(_key(outlet)))
        return kept is None or datetime.fromisoformat(kept) <= self._clock.now()

    async def _fetch(self, url: str, outlet: Outlet) -> FetchedPage | None:
        fetched = await self._fetcher.fetch_verified(url, self._plan.profile, outlet.languages)
        usable = fetched.outcome is FetchOutcome.OK and fetched.status == _OK and fetched.page is not None
        return fetched if usable and _own(fetched.final_url, outlet) else None


def _carry_out(uow: UnitOfWork, decision: Decision, now: datetime) -> int:
    """Store what was decided and tell of large changes; how many versions came into use."""
    added = sum(uow.outlets.add_baseline(baseline) for baseline in decision.accepted)
    for baseline in decision.held:
        uow.outlets.add_baseline(baseline, BaselineState.HELD)
    uow.baselines.seen(decision.seen, now)
    uow.baselines.put_state([version.id for version in decision.confirmed], BaselineState.IN_USE)
    uow.baselines.put_state(decision.superseded, BaselineState.SUPERSEDED)
    # One event for each kind of page, however many articles look otherwise.
    held = {baseline.kind: baseline for baseline in reversed(decision.held)}
    confirmed = {version.baseline.kind: version.baseline for version in reversed(decision.confirmed)}
    told = [_changed(baseline, now, accepted=False) for baseline in held.values()]
    told += [_changed(baseline, now, accepted=True) for baseline in confirmed.values()]
    uow.outbox.publish(told, now)
    return added + len(decision.confirmed)


def _changed(baseline: Baseline, now: datetime, *, accepted: bool) -> Event:
    detail = {
        "outlet": baseline.outlet,
        "url": baseline.url,
        "kind": baseline.kind,
        "digest": baseline.digest,
        "accepted": accepted,
    }
    key = f"{baseline.outlet} {baseline.url} {baseline.digest}"
    return about_service("outlet.baseline_changed", now, key=key, detail=detail)


def _watched(uow: UnitOfWork, outlet_id: str) -> None:
    if all(outlet.id != outlet_id for outlet in uow.outlets.all()):
        raise NotFound(f"no outlet {outlet_id!r} on the watch list")


def _own(url: str, outlet: Outlet) -> bool:
    """Whether a chain ended at home: a hijacked redirect must not become what the outlet looks like."""
    host = url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
    return any(host == domain or host.endswith("." + domain) for domain in outlet.confirmed_domains)


def _baseline(outlet: Outlet, fetched: FetchedPage, page: PageFacts, kind: str, now: datetime) -> Baseline:
    return Baseline(
        outlet=outlet.id,
        url=fetched.final_url,
        kind=kind,
        taken_at=now,
        page=page,
        digest=_digest(page),
        certificate=fetched.tls,
    )


def _digest(page: PageFacts) -> str:
    """Equal for pages of one layout: a new article in an old layout is no new baseline of structure, but of text."""
    mark = blake2b(digest_size=12)
    for part in (sorted(page.shingles), sorted(page.classes), sorted(page.text_shingles)[:64]):
        mark.update(repr(part).encode())
    return mark.hexdigest()


def _key(outlet: Outlet) -> str:
    return f"baseline.due:{outlet.id}"
