"""What a look learns beside verdicts: articles that listings name, and other hosts that a site leads to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from service.core.facts.listings import Listing
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, TlsFacts
from service.core.model import Episode, Judgement, Outlet, Profile, Site, Target
from service.core.persistence.observations import observe
from service.core.states import Availability, Verdict
from service.pipeline.fetch import FetchPlan
from service.pipeline.listed import listed
from service.pipeline.onward import MOST, onward
from service.pipeline.watched import Knowledge
from tests.builders import START, at, judgement, look, lookalike, site
from tests.fakes import FakeFetcher, fetched

OUTLET = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", languages=("de",))
PLAN = FetchPlan(profiles=(Profile(name="desktop", headers={}, articles=False), Profile(name="social", headers={})))
ROOT = "https://spiegel.ltd"
PAGE = fetched(f"{ROOT}/", "social", PageFacts(title="x"))
ARTICLE = f"{ROOT}/politik/eine-lange-geschichte-ueber-etwas"


def learnt(
    listings: dict[str, Listing],
    of: Site | None = None,
    page: FetchedPage = PAGE,
    *,
    days: float = 0,
    grade: Availability = Availability.LIVE,
    judgements: tuple[Judgement, ...] = (),
) -> tuple[tuple[Target, ...], list[str]]:
    fetcher = FakeFetcher({})
    fetcher.listings = listings
    of = of or site()
    seen = look(at(days=days), grade, pages=(page,))
    found = asyncio.run(listed(fetcher, plan=PLAN, site=of, look=seen, judgements=judgements, outlets=[OUTLET]))
    return found, fetcher.listings_asked


def test_articles_are_learnt_from_the_sitemaps_that_robots_names() -> None:
    found, asked = learnt(
        {
            f"{ROOT}/robots.txt": Listing(sitemaps=(f"{ROOT}/index.xml", "https://elsewhere.example/s.xml")),
            f"{ROOT}/index.xml": Listing(sitemaps=(f"{ROOT}/posts.xml",)),
            f"{ROOT}/posts.xml": Listing(pages=("https://www.spiegel.de/echt", f"{ROOT}/", ARTICLE, ARTICLE)),
        }
    )
    assert found == (Target(url=ARTICLE, source="sitemap"),)
    assert asked == [f"{ROOT}/robots.txt", f"{ROOT}/index.xml", f"{ROOT}/posts.xml"]


def test_the_usual_sitemap_is_tried_where_none_is_named_and_feeds_come_first() -> None:
    page = fetched(f"{ROOT}/", "social", PageFacts(feeds=("https://www.spiegel.de/rss", f"{ROOT}/rss")))
    found, asked = learnt(
        {
            f"{ROOT}/rss": Listing(pages=(f"{ROOT}/a",)),
            f"{ROOT}/sitemap.xml": Listing(pages=(f"{ROOT}/b", f"{ROOT}/a")),
        },
        page=page,
    )
    assert [(target.url[19:], target.source) for target in found] == [("/a", "feed"), ("/b", "sitemap")]
    assert asked == [f"{ROOT}/rss", f"{ROOT}/robots.txt", f"{ROOT}/sitemap.xml"]


def test_listings_are_asked_for_at_first_and_weekly_while_content_is_hidden() -> None:
    seen = observe(None, look(START), (), None)
    looked = site(looked_at=START, observation=seen, availability=Availability.LIVE)
    flagged = replace(looked, lookalikes=(lookalike(verdict=Verdict.IMPERSONATION),))
    episode = Episode(number=1, began_at=START, last_seen_at=START)
    open_one = replace(flagged, lookalikes=(lookalike(verdict=Verdict.IMPERSONATION, episodes=(episode,)),))
    weeks = [sum(bool(learnt({}, of, days=day)[1]) for day in range(1, 8)) for of in (looked, flagged, open_one)]
    assert weeks == [0, 1, 0]
    assert learnt({}, page=fetched(f"{ROOT}/", "social", None))[1] == []


def test_listings_are_asked_for_when_a_site_that_could_not_have_any_comes_alive() -> None:
    seen = observe(None, look(START), (), None)
    for before in (Availability.PARKED, Availability.UNREACHABLE):
        waking = site(observation=seen, looked_at=START, availability=before)
        assert learnt({}, waking, days=1)[1]
        assert learnt({}, waking, days=1, grade=Availability.PARKED)[1] == []


@pytest.mark.parametrize("grade", [Availability.PARKED, Availability.SEIZED, Availability.SINKHOLED])
def test_listings_of_a_page_that_is_not_the_sites_own_are_not_asked_for(grade: Availability) -> None:
    assert learnt({}, grade=grade)[1] == []


def test_listings_are_not_asked_for_where_the_look_shows_the_content() -> None:
    assert learnt({}, judgements=(judgement(shows=True),))[1] == []
    assert learnt({}, judgements=(judgement(shows=False),))[1]


# --- other hosts


KNOWN = Knowledge.build((OUTLET,), (), ())


def led(*urls: str, names: tuple[str, ...] = (), verified: bool = True, target: str = f"{ROOT}/") -> FetchedPage:
    shown = TlsFacts(verified=verified, names=names)
    hops = [Hop(url=target, kind=HopKind.START, status=302, tls=shown)]
    hops += [Hop(url=url, kind=HopKind.HTTP, status=200) for url in urls]
    return FetchedPage(
        target=target, profile="social", outcome=FetchOutcome.OK, hops=tuple(hops), final_url=hops[-1].url, status=200
    )


def hosts(*pages: FetchedPage, **more: Any) -> dict[str, str]:
    return {one.host: one.source for one in onward(site(**more), pages, KNOWN)}


def test_a_hop_that_resembles_an_outlet_is_admitted_with_its_url() -> None:
    (found,) = onward(site(), (led("https://throwaway.example/x", "https://spiegel.today/artikel?a=b"),), KNOWN)
    assert (found.host, found.source) == ("spiegel.today", "redirect")
    assert [target.url for target in found.targets] == ["https://spiegel.today/artikel?a=b"]


def test_where_a_reported_link_ends_is_admitted_whatever_it_resembles() -> None:
    article = f"{ROOT}/abc"
    page = led("https://jiraboom.pro/x", target=article)
    assert hosts(page, targets=(Target(url=article, source="sighting"),)) == {"jiraboom.pro": "redirect"}
    assert hosts(page, targets=(Target(url=article, source="link"),)) == {}


def test_the_outlets_own_site_and_hosts_that_did_not_answer_are_not_admitted() -> None:
    assert hosts(led("https://www.spiegel.de/")) == {}
    silent = led("https://spiegel.today/")
    assert hosts(replace(silent, hops=(silent.hops[0], replace(silent.hops[1], status=None)))) == {}


def test_names_in_a_vouched_for_certificate_are_admitted_where_they_belong_together() -> None:
    names = ("spiegel.ltd", "www.spiegel.ltd", "*.spiegel.ltd", "video.spiegel.ltd", "spiegel.life", "other.example")
    assert hosts(led(names=names)) == {"video.spiegel.ltd": "certificate", "spiegel.life": "certificate"}
    assert hosts(led(names=names, verified=False)) == {}
    assert len(hosts(led(names=tuple(f"{i}.spiegel.ltd" for i in range(100))))) == MOST
