"""Third step of a look: pages, under at least two profiles, whose difference is itself evidence.

What showed the impersonation last is asked first and always. A young or flagged site is fetched at every look, others
when their DNS changed or on a slow rotation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from service.core.facts.dns import DnsFacts
from service.core.facts.page import FetchedPage, FetchOutcome
from service.core.model import DIRECT, Episode, Outlet, Profile, Site, Target, Turn
from service.core.persistence.egress import base_profile, from_second
from service.pipeline.resolve import changed
from service.ports import Fetcher

_OK = 200
_WEEK = 7
_FEW = 2
_FRESH = timedelta(days=1)
_NO_ANSWER = frozenset({FetchOutcome.UNREACHABLE, FetchOutcome.TIMEOUT, FetchOutcome.PROTOCOL_ERROR})

OWN_WORDS = frozenset({"link", "sitemap", "feed"})
"""Sources of targets that the site itself wrote; any other target was reported from outside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchPlan:
    """``profiles`` in order of use; ``every`` is the slow rotation; ``budget`` bounds fetches a look."""

    profiles: tuple[Profile, ...]
    every: timedelta = timedelta(days=7)
    young_for: timedelta = timedelta(days=90)
    budget: int = 15


async def fetch(
    fetcher: Fetcher, *, plan: FetchPlan, site: Site, dns: DnsFacts, outlets: list[Outlet], now: datetime
) -> tuple[FetchedPage, ...]:
    """Fetch what ``asks`` lists; nothing where the name has no address or no reason to be fetched now."""
    if not dns.own.addresses or not wanted(plan, site, dns, now):
        return ()
    languages = spoken(outlets)
    pages = [
        _fetch_one(fetcher, url, profile, languages) for url, profile in asks(plan, site, now, _countries(outlets))
    ]
    return tuple(await asyncio.gather(*pages))


def spoken(outlets: list[Outlet]) -> tuple[str, ...]:
    """Languages that the outlets' readers have their browsers ask for, the country's form of each before the bare one.

    English comes last, as browsers put it there; a site of no outlet is asked in English alone.
    """
    found = [
        tag
        for outlet in outlets
        for language in outlet.languages
        for tag in ((f"{language}-{outlet.country.upper()}",) if outlet.country and "-" not in language else ())
        + (language,)
    ]
    return tuple(dict.fromkeys([*found, "en"]))


async def with_icon(
    fetcher: Fetcher, plan: FetchPlan, site: Site, dns: DnsFacts, pages: tuple[FetchedPage, ...], *, now: datetime
) -> tuple[FetchedPage, ...]:
    """The pages with the hashes of the site's own icon, asked for when content is new or has moved, not always.

    The icon's own exchange goes to the page that named it. On the day after a change and once a
    week it is asked for again: one that did not come is not missed for ever.
    """
    shown = next((page for page in pages if page.page is not None and page.status == _OK), None)
    if shown is None or shown.page is None:
        return pages
    titles = [page.get("title") for page in site.observation.summary.get("pages", ())] if site.observation else []
    asked = shown.page.title in titles and not changed(site.dns, dns)
    if asked and not full_turn(site, now) and now - (site.active_at or now) >= _FRESH:
        return pages
    url = shown.page.favicon_url or f"https://{site.host}/favicon.ico"
    if urlsplit(url).hostname != site.host:
        return pages
    profile = next((one for one in plan.profiles if one.name == shown.profile), plan.profiles[0])
    icon = await fetcher.favicon(url, profile, ())
    if icon is None:
        return pages
    hashes: dict[str, Any] = {
        "favicon_sha256": icon.sha256,
        "favicon_mmh3": icon.mmh3,
        "favicon_dhash": icon.picture.dhash,
    }
    with_hashes = (replace(page, **hashes) if page.page is not None else page for page in pages)
    named_by = (shown.target, shown.profile)
    return tuple(
        replace(page, exchanges=(*page.exchanges, *icon.exchanges)) if (page.target, page.profile) == named_by else page
        for page in with_hashes
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondEgress:
    """Another way out. ``egress``: the country whose proxy ``fetcher`` uses; direct where it leaves from elsewhere."""

    fetcher: Fetcher
    egress: str = DIRECT


async def ask_otherwise(
    fetcher: Fetcher, plan: FetchPlan, site: Site, pages: tuple[FetchedPage, ...], outlets: list[Outlet]
) -> tuple[FetchedPage, ...]:
    """Fetch what ``asks_otherwise`` lists; nothing where the site answered none of this look's ``pages``."""
    if not any(page.answered for page in pages):
        return ()
    asked = {(page.target, page.profile) for page in pages}
    languages = spoken(outlets)
    further = asks_otherwise(plan, site, asked, _countries(outlets))
    return tuple(await asyncio.gather(*(_fetch_one(fetcher, url, profile, languages) for url, profile in further)))


async def ask_again(
    second: SecondEgress, plan: FetchPlan, episodes: tuple[Episode, ...], outlets: list[Outlet]
) -> tuple[FetchedPage, ...]:
    """Fetch from a second egress what the first sees no more, with the URL and the profile that showed it last."""
    profiles = {profile.name: profile for profile in plan.profiles}
    found = []
    for url, name in dict.fromkeys((episode.url, base_profile(episode.profile)) for episode in episodes):
        if url and name in profiles:
            profile = replace(profiles[name], egress=second.egress)
            page = await _fetch_one(second.fetcher, url, profile, spoken(outlets))
            found.append(replace(page, profile=from_second(name)))
    return tuple(found)


def wanted(plan: FetchPlan, site: Site, dns: DnsFacts, now: datetime) -> bool:
    """Whether pages are worth fetching at this look."""
    if site.pages_fetched_at is None or site.flagged or changed(site.dns, dns):
        return True
    if now - site.admitted_at < plan.young_for or now - (site.active_at or site.admitted_at) < plan.young_for:
        return True
    return now - site.pages_fetched_at >= plan.every


def asks(
    plan: FetchPlan, site: Site, now: datetime, countries: frozenset[str] = frozenset()
) -> list[tuple[str, Profile]]:
    """The (URL, profile) pairs of this look, in order: what last showed the content, the root, then other targets.

    A site whose content is known gets that pair and the same URL under another profile, whose difference shows
    cloaking; its root as well on the day after anything changed and where the last look did not see the content. One
    whose content is not known gets the profiles of every look on its root and on two targets (from a social post above
    all: clones hide from others). At its first look, on the day after anything changed and once a week it gets all
    targets, and those profiles more that have their turn then; at the first look and once a week every profile asks for
    one of the targets, as there are sites without a home page that no reader of articles is shown. ``countries`` are
    those of the site's outlets: whose proxies are of use.
    """
    usable = _usable(plan, countries)
    profiles = {profile.name: profile for profile in usable}
    root = _root(site)
    shown = [
        (episode.url, profiles[base_profile(episode.profile)])
        for lookalike in site.lookalikes
        for episode in lookalike.episodes[-1:]
        if base_profile(episode.profile) in profiles
    ]
    weekly = full_turn(site, now)
    news = now - (site.active_at or now) < _FRESH
    if shown and not weekly and any(lookalike.open_episode for lookalike in site.lookalikes):
        beside = [(url, _another(usable, profile)) for url, profile in shown]
        roots = [(root, _another(usable, shown[0][1]))] if news or _lost(site) else []
        return _unique([*shown, *beside, *roots])[: plan.budget]
    weekly = weekly or site.observation is None
    news = news or weekly
    turns = {Turn.ALWAYS} | ({Turn.NEWS} if news else set()) | ({Turn.WEEKLY} if weekly else set())
    asking = [profile for profile in usable if profile.turn in turns]
    targets = _by_worth(site.targets)[: None if news else _FEW]
    found = [
        *shown,
        *((root, profile) for profile in asking),
        *(
            (target.url, profile)
            for target in targets
            for profile in asking
            if profile.articles or (weekly and target is targets[0])
        ),
    ]
    return _unique(found)[: plan.budget]


def asks_otherwise(
    plan: FetchPlan, site: Site, asked: Collection[tuple[str, str]], countries: frozenset[str] = frozenset()
) -> list[tuple[str, Profile]]:
    """The (URL, profile) pairs to ask for where a look lost sight of an open episode, but for those ``asked`` already.

    A site that narrows its audience, or takes its home page off and keeps its articles, is not gone: the URL that
    showed the content, the root and two targets are asked for under every profile, then what else is known as whoever
    was shown the content last. Twice the usual budget: an episode's end rests on it, and it is not spent at every look.
    """
    usable = _usable(plan, countries)
    shown = [one.open_episode for one in site.lookalikes if one.open_episode is not None]
    saw = {base_profile(episode.profile) for episode in shown}
    targets = [target.url for target in _by_worth(site.targets)]
    found = [
        *((url, profile) for url in (*(one.url for one in shown), _root(site), *targets[:_FEW]) for profile in usable),
        *((url, profile) for url in targets for profile in usable if profile.name in saw),
    ]
    return [pair for pair in _unique(found) if (pair[0], pair[1].name) not in asked][: 2 * plan.budget]


def _usable(plan: FetchPlan, countries: frozenset[str]) -> list[Profile]:
    return [profile for profile in plan.profiles if profile.egress == DIRECT or profile.egress in countries]


def _countries(outlets: list[Outlet]) -> frozenset[str]:
    return frozenset(outlet.country.upper() for outlet in outlets if outlet.country)


def _root(site: Site) -> str:
    return f"https://{site.host}/"


def _another(usable: list[Profile], profile: Profile) -> Profile:
    """A profile of every look that goes out directly and is not this one; the settings see to it that there are two."""
    others = [one for one in usable if one.name != profile.name and one.egress == DIRECT]
    return min(others, key=lambda one: one.turn is not Turn.ALWAYS, default=profile)


def _lost(site: Site) -> bool:
    """Whether the last look did not see content that an open episode had shown."""
    looked = site.looked_at
    open_episodes = (one.open_episode for one in site.lookalikes)
    return looked is not None and any(one.last_seen_at < looked for one in open_episodes if one is not None)


def _by_worth(targets: tuple[Target, ...]) -> list[Target]:
    """What was reported from outside first, the latest report before all others; then what the site itself wrote."""
    reported = [target for target in targets if target.source not in OWN_WORDS]
    return [*reversed(reported), *(target for target in targets if target.source in OWN_WORDS)]


def full_turn(site: Site, now: datetime) -> bool:
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
