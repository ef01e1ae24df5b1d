"""Fourth step of a look, now and then: what robots.txt, sitemaps and feeds list, for sites that show nothing else.

Asked for once what answers may hold articles (at the first look, or when a site is no longer parked, dead or seized),
and once a week while a flagged site does not show what it is flagged for. Where a look shows the content anyway,
nothing is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from service.core.facts.page import FetchedPage
from service.core.facts.references import looks_like_article
from service.core.model import Judgement, Look, Outlet, Profile, Site, Target, Turn
from service.core.states import Availability
from service.pipeline.fetch import FetchPlan, full_turn, spoken
from service.ports import Fetcher

MOST_TARGETS = 5
"""Articles learnt from listings in one look; the newest stand first."""

_MOST_SITEMAPS, _MOST_FEEDS = 2, 1
_HIDES = frozenset(
    {
        Availability.LIVE,
        Availability.CONTENT_NOT_SEEN,
        Availability.CHALLENGED,
        Availability.REDIRECTS_TO_OUTLET,
    }
)
"""Grades behind which articles may lie; a parked, seized or sinkholed site's listings are not the site's own."""


async def listed(
    fetcher: Fetcher,
    *,
    plan: FetchPlan,
    site: Site,
    look: Look,
    judgements: tuple[Judgement, ...],
    outlets: list[Outlet],
) -> tuple[Target, ...]:
    """Articles on the site's own host that its listings name; nothing where there is no reason to ask now."""
    pages = look.pages
    if not _asked(site, look, judgements):
        return ()
    usual = (one for one in plan.profiles if one.articles and one.turn is Turn.ALWAYS)
    profile, languages = next(usual, plan.profiles[0]), spoken(outlets)
    by_source = {
        "feed": await _feeds(fetcher, site, pages, profile, languages),
        "sitemap": await _sitemaps(fetcher, site, pages, profile, languages),
    }
    found: dict[str, Target] = {}
    for source, named in by_source.items():
        for url in _on(site.host, named):
            found.setdefault(url, Target(url=url, source=source))
    articles = [target for target in found.values() if looks_like_article(urlsplit(target.url).path)]
    return tuple((articles or list(found.values()))[:MOST_TARGETS])


def _asked(site: Site, look: Look, judgements: tuple[Judgement, ...]) -> bool:
    if look.consensus not in _HIDES or any(judgement.shows_content for judgement in judgements):
        return False
    if not any(page.answered and urlsplit(page.final_url).hostname == site.host for page in look.pages):
        return False
    hidden = site.flagged and not any(lookalike.open_episode for lookalike in site.lookalikes)
    return site.observation is None or site.availability not in _HIDES or (hidden and full_turn(site, look.at))


async def _feeds(
    fetcher: Fetcher, site: Site, pages: tuple[FetchedPage, ...], profile: Profile, languages: tuple[str, ...]
) -> list[str]:
    named = (url for page in pages if page.page is not None for url in page.page.feeds)
    return [
        url
        for feed in list(_on(site.host, named))[:_MOST_FEEDS]
        for url in (await fetcher.listing(feed, profile, languages)).pages
    ]


async def _sitemaps(
    fetcher: Fetcher, site: Site, pages: tuple[FetchedPage, ...], profile: Profile, languages: tuple[str, ...]
) -> list[str]:
    """Those that robots.txt names, else the usual one; of an index its first."""
    root = _root(site, pages)
    named = (await fetcher.listing(f"{root}/robots.txt", profile, languages)).sitemaps
    waiting = list(_on(site.host, named))[:_MOST_SITEMAPS] or [f"{root}/sitemap.xml"]
    found: list[str] = []
    for turn in range(_MOST_SITEMAPS):
        if turn >= len(waiting):
            break
        one = await fetcher.listing(waiting[turn], profile, languages)
        found += one.pages
        waiting += list(_on(site.host, one.sitemaps))[:1]
    return found


def _root(site: Site, pages: tuple[FetchedPage, ...]) -> str:
    """With the scheme by which the site answered."""
    answered = (page for page in pages if page.answered and urlsplit(page.final_url).hostname == site.host)
    return f"{urlsplit(next(answered).final_url).scheme}://{site.host}"


def _on(host: str, references: Iterable[str]) -> Iterator[str]:
    return (url for url in dict.fromkeys(references) if urlsplit(url).hostname == host)
