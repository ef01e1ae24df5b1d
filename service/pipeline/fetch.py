"""Third step of a look: pages, under at least two profiles, whose difference is itself evidence.

What showed the impersonation last is asked first and always. A young or flagged site is fetched at every look, others
when their DNS changed or on a slow rotation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from service.core.facts.dns import DnsFacts
from service.core.facts.page import FetchedPage, FetchOutcome
from service.core.model import Outlet, Profile, Site
from service.pipeline.resolve import changed
from service.ports import Fetcher

_OK = 200
_WEEK = 7
_FRESH = timedelta(days=1)
_NO_ANSWER = frozenset({FetchOutcome.UNREACHABLE, FetchOutcome.TIMEOUT, FetchOutcome.PROTOCOL_ERROR})


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchPlan:
    """``profiles`` in order of use; ``every`` is the slow rotation; ``budget`` bounds fetches a look."""

    profiles: tuple[Profile, ...]
    every: timedelta = timedelta(days=7)
    young_for: timedelta = timedelta(days=90)
    budget: int = 8


async def fetch(
    fetcher: Fetcher, *, plan: FetchPlan, site: Site, dns: DnsFacts, outlets: list[Outlet], now: datetime
) -> tuple[FetchedPage, ...]:
    """Fetch what ``asks`` lists; nothing where the name has no address or no reason to be fetched now."""
    if not dns.own.addresses or not wanted(plan, site, dns, now):
        return ()
    languages = tuple(dict.fromkeys(language for outlet in outlets for language in outlet.languages))
    pages = [_fetch_one(fetcher, url, profile, languages) for url, profile in asks(plan, site, now)]
    return tuple(await asyncio.gather(*pages))


async def with_icon(
    fetcher: Fetcher, plan: FetchPlan, site: Site, dns: DnsFacts, pages: tuple[FetchedPage, ...]
) -> tuple[FetchedPage, ...]:
    """The pages with the digest of the site's own icon, asked for when content is new or has moved, not always."""
    shown = next((page for page in pages if page.page is not None and page.status == _OK), None)
    if shown is None or shown.page is None:
        return pages
    titles = [page.get("title") for page in site.observation.summary.get("pages", ())] if site.observation else []
    if shown.page.title in titles and not changed(site.dns, dns):
        return pages
    url = shown.page.favicon_url or f"https://{site.host}/favicon.ico"
    if urlsplit(url).hostname != site.host:
        return pages
    profile = next((one for one in plan.profiles if one.name == shown.profile), plan.profiles[0])
    digest = await fetcher.favicon(url, profile, ())
    return tuple(replace(page, favicon_sha256=digest) if page.page is not None else page for page in pages)


def wanted(plan: FetchPlan, site: Site, dns: DnsFacts, now: datetime) -> bool:
    """Whether pages are worth fetching at this look."""
    if site.pages_fetched_at is None or site.flagged or changed(site.dns, dns):
        return True
    if now - site.admitted_at < plan.young_for or now - (site.active_at or site.admitted_at) < plan.young_for:
        return True
    return now - site.pages_fetched_at >= plan.every


def asks(plan: FetchPlan, site: Site, now: datetime) -> list[tuple[str, Profile]]:
    """The (URL, profile) pairs of this look, in order: what last showed the content, the root, then other targets.

    A site whose content is known gets that pair and the root under another profile. One whose content is not known gets
    the first and the last profile (from a social post: clones hide from all others) on its root and on two targets.
    Everything is asked for on the day after anything changed, and once a week.
    """
    profiles = {profile.name: profile for profile in plan.profiles}
    root = f"https://{site.host}/"
    shown = [
        (episode.url, profiles[episode.profile])
        for lookalike in site.lookalikes
        for episode in lookalike.episodes[-1:]
        if episode.profile in profiles
    ]
    if any(lookalike.open_episode for lookalike in site.lookalikes) and not _full_turn(site, now):
        other = next(profile for profile in plan.profiles if (root, profile) not in shown)
        found = [*shown, (root, other)]
    else:
        whole = _full_turn(site, now) or site.observation is None or now - (site.active_at or now) < _FRESH
        profiles_now = plan.profiles if whole else (plan.profiles[0], plan.profiles[-1])
        targets = site.targets if whole else site.targets[:2]
        roots = [(root, profile) for profile in profiles_now]
        found = [*shown, *roots, *((target.url, profile) for target in targets for profile in profiles_now[1:])]
    return _unique(found)[: plan.budget]


def _full_turn(site: Site, now: datetime) -> bool:
    """Whether this look is the week's first one of a site; sites have their turns on different days."""
    day = (now.toordinal() + sum(site.host.encode())) % _WEEK
    return day == 0 and (site.looked_at is None or site.looked_at.date() != now.date())


def _unique(pairs: list[tuple[str, Profile]]) -> list[tuple[str, Profile]]:
    seen: dict[tuple[str, str], tuple[str, Profile]] = {}
    for url, profile in pairs:
        seen.setdefault((url, profile.name), (url, profile))
    return list(seen.values())


async def _fetch_one(fetcher: Fetcher, url: str, profile: Profile, languages: tuple[str, ...]) -> FetchedPage:
    """Over TLS first; a site that offers none is asked without."""
    page = await fetcher.fetch(url, profile, languages)
    if page.outcome in _NO_ANSWER and url.startswith("https://") and all(hop.status is None for hop in page.hops):
        plain = await fetcher.fetch("http://" + url.removeprefix("https://"), profile, languages)
        return plain if plain.status is not None else page
    return page
