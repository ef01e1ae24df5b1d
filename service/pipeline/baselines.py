"""What the outlets' real sites look like: home page and a few articles, over verified TLS only, kept in versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from service.core.facts.page import FetchedPage, FetchOutcome, PageFacts
from service.core.model import Baseline, Outlet, Profile
from service.pipeline.watched import Watched
from service.ports import Clock, Fetcher, Parser, Store, UnitOfWork

_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselinePlan:
    """How often, how many articles, and under which profile."""

    profile: Profile
    every: timedelta = timedelta(days=7)
    articles: int = 4


class BaselineKeeper:
    """Takes baselines of every watched outlet."""

    def __init__(
        self, *, clock: Clock, store: Store, fetcher: Fetcher, parser: Parser, watched: Watched, plan: BaselinePlan
    ) -> None:
        self._clock, self._store, self._fetcher, self._parser = clock, store, fetcher, parser
        self._watched, self._plan = watched, plan

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
        """Fetch one outlet's home page and articles now; how many were new."""
        now = self._clock.now()
        home = await self._fetch(f"https://{outlet.domain}/", outlet)
        taken = []
        if home is not None and home.page is not None:
            icon = await self._fetcher.favicon(
                home.page.favicon_url or f"https://{outlet.domain}/favicon.ico", self._plan.profile, outlet.languages
            )
            first = _baseline(outlet, home, home.page, "home", now)
            if icon is not None:
                first = replace(first, favicon_sha256=icon.sha256, favicon_dhash=icon.picture.dhash)
            taken.append(first)
            for url in home.page.article_links[: self._plan.articles]:
                article = await self._fetch(url, outlet)
                if article is not None and article.page is not None:
                    taken.append(_baseline(outlet, article, article.page, "article", now))

        def step(uow: UnitOfWork) -> int:
            wait = self._plan.every if taken else min(self._plan.every, timedelta(hours=1))
            uow.actions.set_state(_key(outlet), (now + wait).isoformat())
            return sum(uow.outlets.add_baseline(baseline) for baseline in taken)

        return await self._store.write(step)

    async def add_archived(self, outlet: Outlet, body: bytes, source: str, taken_at: datetime) -> bool:
        """Keep an archived page of the outlet's (an older layout) as a baseline; False where it is kept already."""
        page = await self._parser.parse(body, "text/html", f"https://{outlet.domain}/")
        baseline = Baseline(
            outlet=outlet.id, url=source, kind="archived", taken_at=taken_at, page=page, digest=_digest(page)
        )
        return await self._store.write(lambda uow: uow.outlets.add_baseline(baseline))

    async def _is_due(self, outlet: Outlet) -> bool:
        kept = await self._store.read(lambda uow: uow.actions.get_state(_key(outlet)))
        return kept is None or datetime.fromisoformat(kept) <= self._clock.now()

    async def _fetch(self, url: str, outlet: Outlet) -> FetchedPage | None:
        fetched = await self._fetcher.fetch_verified(url, self._plan.profile, outlet.languages)
        usable = fetched.outcome is FetchOutcome.OK and fetched.status == _OK and fetched.page is not None
        return fetched if usable and _own(fetched.final_url, outlet) else None


def _own(url: str, outlet: Outlet) -> bool:
    """Whether a chain ended at home: a hijacked redirect must not become what the outlet looks like."""
    host = url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
    return any(host == domain or host.endswith("." + domain) for domain in outlet.confirmed_domains)


def _baseline(outlet: Outlet, fetched: FetchedPage, page: PageFacts, kind: str, now: datetime) -> Baseline:
    return Baseline(outlet=outlet.id, url=fetched.final_url, kind=kind, taken_at=now, page=page, digest=_digest(page))


def _digest(page: PageFacts) -> str:
    """Equal for pages of one layout: a new article in an old layout is no new baseline of structure, but of text."""
    mark = blake2b(digest_size=12)
    for part in (sorted(page.shingles), sorted(page.classes), sorted(page.text_shingles)[:64]):
        mark.update(repr(part).encode())
    return mark.hexdigest()


def _key(outlet: Outlet) -> str:
    return f"baseline.due:{outlet.id}"
